import type { z } from 'zod';
import type { issuedToken, TOKENS_API, tokenList } from '../../../contract/api/tokens-api.ts';
import type { Accounts, ApiToken } from '../../accounts/accounts.ts';
import { type Clock, isoTime } from '../../clock.ts';
import { Failure, wrongField } from '../../failure.ts';
import type { AskedFor } from '../answering.ts';
import type { Caller } from '../callers.ts';
import { momentOf } from '../formats/moments.ts';

export interface TokenDeps {
  readonly accounts: Pick<Accounts, 'tokens'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** API tokens: whose they are is whose figures they read. */
export function tokenHandlers({ accounts: { tokens }, clock }: TokenDeps) {
  return {
    list({ caller }: AskedFor<typeof TOKENS_API.list>): z.output<typeof tokenList> {
      const seen = tokens.all().filter((token) => maySee(caller, token));
      return {
        data: seen.map((token) => ({
          ...shown(token),
          masked: `${token.prefix}...${token.last4}`,
          user_id: token.userId,
          last_used_at: momentOf(token.lastUsedAt),
        })),
      };
    },

    async issue({
      body,
      caller,
    }: AskedFor<typeof TOKENS_API.issue>): Promise<z.output<typeof issuedToken>> {
      const { name, expires_at = null } = body;
      const expiresAt = expires_at === null ? null : Date.parse(expires_at);
      if (expiresAt !== null && expiresAt <= clock.now()) {
        const sentence = 'expires_at: this instant has passed.';
        throw wrongField('expires_at', sentence);
      }
      // An admin's token is their own and not the installation's: it ends with their account and with their role.
      const { apiToken, token } = await tokens.issue({ userId: personIn(caller), name, expiresAt });
      return { ...shown(apiToken), token };
    },

    async revoke({ params, caller }: AskedFor<typeof TOKENS_API.revoke>): Promise<void> {
      const token = tokens.all().find(({ id }) => id === params.id);
      if (token === undefined || !maySee(caller, token)) throw new Failure('not_found');
      await tokens.revoke(token.id);
    },
  };
}

function maySee(caller: Caller, token: ApiToken): boolean {
  return caller.kind === 'operator' || personIn(caller) === token.userId;
}

/** Null for the admin token. */
function personIn(caller: Caller): string | null {
  if (caller.kind === 'member' || caller.kind === 'operator') return caller.userId;
  throw new Failure('internal', { detail: `a ${caller.kind} has no API tokens` });
}

function shown({ id, name, expiresAt, createdAt }: ApiToken) {
  return { id, name, expires_at: momentOf(expiresAt), created_at: isoTime(createdAt) };
}
