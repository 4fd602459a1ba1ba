import type { z } from 'zod';
import type {
  keyList,
  keyRequest,
  keyWithSecret,
  VIRTUAL_KEYS_API,
  virtualKey,
} from '../../../contract/api/virtual-keys-api.ts';
import { formatDollars, ZERO } from '../../../contract/money.ts';
import type { Accounts, VirtualKey } from '../../accounts/accounts.ts';
import type {
  Actor,
  Administration,
  KeyFacts,
  KeyOrder,
} from '../../administration/administration.ts';
import { HOUR_MS, isoTime } from '../../clock.ts';
import { Failure, wrongField } from '../../failure.ts';
import type { RateLimits, Standing } from '../../limits/limits.ts';
import type { AskedFor } from '../answering.ts';
import { type Caller, ownerOf } from '../callers.ts';
import { sendExport } from '../formats/export.ts';
import { momentOf } from '../formats/moments.ts';
import { budgetIn } from './admin-routes.ts';
import { virtualKeyFile } from './virtual-key-file.ts';

export interface VirtualKeysDeps {
  readonly administration: Pick<Administration, 'keys'>;
  readonly accounts: Pick<Accounts, 'keys' | 'people'>;
}

/** A member's own keys, or everybody's in the operator's hands. */
export function virtualKeyHandlers({ administration, accounts }: VirtualKeysDeps) {
  const office = administration.keys;
  const shown = (key: VirtualKey) => keyOf(office.facts(key));
  /** @throws Failure `not_found`, also for a key of somebody else */
  const named = (name: string, caller: Caller): VirtualKey => {
    const key = accounts.keys.find(name);
    const owner = ownerOf(caller);
    if (key !== null && (owner === null || owner === key.userId)) return key;
    throw new Failure('not_found', { sentence: 'There is no such key.' });
  };
  return {
    list({
      query,
      caller,
      reply,
    }: AskedFor<typeof VIRTUAL_KEYS_API.list>): z.output<typeof keyList> {
      const { q: search = null, state = null, user_id = null, sort } = query;
      const { limit, cursor = null } = query;
      const filter = { userId: ownerOf(caller) ?? user_id, search, state };
      if (query.format !== undefined) {
        const file = virtualKeyFile(office.all(filter, sort), shown);
        // The file goes past the schema of the reply, which describes a page.
        return sendExport(reply, query.format, file);
      }
      const found = office.list(filter, { sort, limit, cursor });
      const { total, nextCursor } = found;
      return {
        data: found.keys.map(keyOf),
        pagination: { limit, has_more: nextCursor !== null, next_cursor: nextCursor, total },
      };
    },

    async issue({
      body,
      caller,
    }: AskedFor<typeof VIRTUAL_KEYS_API.issue>): Promise<z.output<typeof keyWithSecret>> {
      const label = holderOf(accounts, body, caller);
      const { key, token } = await office.issue(label, actorOf(caller), orderIn(body));
      return { ...shown(key), secret: token };
    },

    show({ params, caller }: AskedFor<typeof VIRTUAL_KEYS_API.show>): z.output<typeof virtualKey> {
      return shown(named(params.id, caller));
    },

    async change({
      params,
      body,
      caller,
    }: AskedFor<typeof VIRTUAL_KEYS_API.change>): Promise<z.output<typeof virtualKey>> {
      const { is_active: isActive, ...rules } = body;
      const order = { ...orderIn(rules), ...(isActive !== undefined && { isActive }) };
      return shown(await office.change(named(params.id, caller), actorOf(caller), order));
    },

    async revoke({ params, caller }: AskedFor<typeof VIRTUAL_KEYS_API.revoke>): Promise<void> {
      await accounts.keys.revoke(named(params.id, caller).id);
    },

    async rotate({
      params,
      body,
      caller,
    }: AskedFor<typeof VIRTUAL_KEYS_API.rotate>): Promise<z.output<typeof keyWithSecret>> {
      const graceMs = Math.round((body?.grace_hours ?? 0) * HOUR_MS);
      const { key, token } = await accounts.keys.rotate(named(params.id, caller), graceMs);
      return { ...shown(key), secret: token };
    },
  };
}

function actorOf({ kind }: Caller): Actor {
  return kind === 'operator' ? 'operator' : 'member';
}

/** The name of the user who gets a new key. @throws Failure `not_found`, `validation_failed` */
function holderOf(
  { people }: Pick<Accounts, 'people'>,
  { user_id = null, username = null, name }: z.output<typeof keyRequest>,
  caller: Caller,
): string {
  const own = caller.kind === 'operator' || caller.kind === 'member' ? caller.userId : null;
  const id = user_id ?? (caller.kind === 'member' || username === null ? own : null);
  if (id !== null) {
    const user = people.find(id);
    const isMeant = user?.id === id && (username === null || username === user.username);
    if (user !== null && isMeant && (caller.kind === 'operator' || id === own))
      return user.username;
    throw new Failure('not_found', { sentence: 'There is no such user.' });
  }
  // What the operator issues to nobody in particular belongs to its name, as the label of POST /admin/keys does.
  const label = username ?? name ?? null;
  if (label !== null) return label;
  const sentence = 'Say whose key it is: user_id or username.';
  throw wrongField('username', sentence);
}

function orderIn(rules: Omit<z.output<typeof keyRequest>, 'user_id' | 'username'>): KeyOrder {
  const { name, note, models, limits, budget, expires_at, provider_key_id, allow_unmetered } =
    rules;
  return {
    ...(name !== undefined && { name }),
    ...(note !== undefined && { note }),
    ...(models !== undefined && { models }),
    ...(limits !== undefined && { limits: limits === null ? null : givenLimits(limits) }),
    ...(budget !== undefined && { budget: budget === null ? null : budgetIn(budget) }),
    ...(expires_at !== undefined && {
      expiresAt: expires_at === null ? null : Date.parse(expires_at),
    }),
    ...(provider_key_id !== undefined && { pin: provider_key_id }),
    ...(typeof allow_unmetered === 'boolean' && { allowUnmetered: allow_unmetered }),
  };
}

/** Without what was left out, which would otherwise stand for "no limit". */
export function givenLimits(
  limits: NonNullable<z.output<typeof keyRequest>['limits']>,
): Partial<RateLimits> {
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined));
}

function keyOf({
  key,
  state,
  use,
  limits,
  standing,
  budget,
}: KeyFacts): z.output<typeof virtualKey> {
  const { previous } = use;
  return {
    id: key.id,
    name: key.name ?? key.label,
    masked: maskedWhole(key),
    user_id: key.userId,
    username: key.label,
    note: key.note,
    state,
    is_active: key.revokedAt === null && !key.isDisabled,
    limits,
    limit_use: limitUseOf(standing),
    budget: budget === null ? null : budgetShown(budget),
    models: key.models === null ? null : [...key.models],
    allow_unmetered: key.allowUnmetered,
    expires_at: momentOf(key.expiresAt),
    provider_key_id: key.pin,
    origin: key.origin,
    ruled_by: key.ruledBy,
    last_used_at: momentOf(use.lastUsedAt),
    previous: previous && {
      masked: maskedWhole(previous),
      valid_until: isoTime(previous.validUntil),
      last_used_at: momentOf(previous.lastUsedAt),
    },
    created_at: isoTime(key.createdAt),
    revoked_at: momentOf(key.revokedAt),
  };
}

export function limitUseOf(standing: Standing): z.output<typeof virtualKey>['limit_use'] {
  const { used, remaining, resets, concurrent } = standing;
  return { used, remaining, resets, running: concurrent.running };
}

export function budgetShown({
  definition,
  balance,
}: NonNullable<KeyFacts['budget']>): NonNullable<z.output<typeof virtualKey>['budget']> {
  const { spent, held, available, limit, resetsAt } = balance;
  return {
    amount_usd: formatDollars(limit ?? ZERO),
    period: definition.period,
    zone: definition.zone,
    spent_usd: formatDollars(spent ?? ZERO),
    held_usd: formatDollars(held),
    remaining_usd: formatDollars(available ?? ZERO),
    resets_at: momentOf(resetsAt),
  };
}

/** Enough of a secret to tell it from others. */
function maskedWhole({ prefix, last4 }: Pick<VirtualKey, 'prefix' | 'last4'>): string {
  return `${prefix}...${last4}`;
}
