import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { signedIn } from '../../contract/api/auth-api.ts';
import type { listedUser, openLink, PEOPLE_API, userList } from '../../contract/api/people-api.ts';
import { formatDollars } from '../../contract/money.ts';
import type { Accounts, OpenLink, User } from '../accounts/accounts.ts';
import type { Administration } from '../administration/administration.ts';
import { isoTime } from '../clock.ts';
import { Failure } from '../failure.ts';
import type { AskedFor } from './answering.ts';
import type { AuthSettings, Desk } from './auth-routes.ts';
import { personOf } from './reception.ts';

export interface PeopleDeps {
  readonly accounts: Pick<Accounts, 'people' | 'entrance' | 'members' | 'keys'>;
  readonly administration: Pick<Administration, 'balanceOf'>;
}

/** Ways in other than the front door. */
export function linkHandlers(deps: PeopleDeps, desk: Desk, settings: AuthSettings) {
  const { entrance } = deps.accounts;
  const { reception, throttle } = desk;
  return {
    async setUp({
      body,
      ...at
    }: AskedFor<typeof PEOPLE_API.setUp>): Promise<z.output<typeof signedIn>> {
      const { token, email, password, name = null } = body;
      const { ip } = at.request;
      const user = await throttle.attempt({ account: `set-up ${ip}`, address: ip }, () =>
        entrance.setUp({ email, password, name }, token),
      );
      return await reception.admit(at, user);
    },

    async resetPassword({
      body,
      request,
    }: AskedFor<typeof PEOPLE_API.resetPassword>): Promise<void> {
      await throttle.attempt({ account: `reset ${request.ip}`, address: request.ip }, () =>
        entrance.resetPassword(body.token, body.new_password),
      );
    },

    async signInByName({
      body,
      ...at
    }: AskedFor<typeof PEOPLE_API.signInByName>): Promise<z.output<typeof signedIn>> {
      if (!settings.intranetLogin) {
        const sentence =
          'Signing in by name is switched off on this installation (INTRANET_LOGIN).';
        throw new Failure('switched_off', { sentence });
      }
      const user = await entrance.signInByName(body.username);
      return await reception.admit(at, user, 'intranet');
    },
  };
}

/** People in the operator's hands. */
export function peopleHandlers(deps: PeopleDeps, settings: AuthSettings) {
  const { people, entrance, members } = deps.accounts;
  const known = (id: string): User => {
    const user = people.find(id);
    // A name is no id, and who has deleted their account is not there any more.
    if (user === null || user.id !== id || user.erasedAt !== null) throw new Failure('not_found');
    return user;
  };
  return {
    async invite({
      body,
      request,
    }: AskedFor<typeof PEOPLE_API.invite>): Promise<z.output<typeof openLink>> {
      const { email = null, role = 'member' } = body;
      if (settings.registration === 'closed') {
        const sentence = 'Registration is closed on this installation (REGISTRATION).';
        throw new Failure('switched_off', { sentence });
      }
      return linkTo(request, '/register#invitation=', await entrance.invite({ email, role }));
    },

    async resetLink({
      params,
      request,
    }: AskedFor<typeof PEOPLE_API.resetLink>): Promise<z.output<typeof openLink>> {
      return linkTo(request, '/login#reset=', await entrance.resetLink(known(params.id)));
    },

    users({ query }: AskedFor<typeof PEOPLE_API.users>): z.output<typeof userList> {
      const { q = '', limit, cursor = '' } = query;
      const part = q.toLowerCase();
      const names = ({ username, email, name }: User) => [username, email ?? '', name ?? ''];
      const found = people
        .all()
        .filter((user) => user.erasedAt === null && user.id > cursor)
        .filter((user) => names(user).some((text) => text.toLowerCase().includes(part)));
      const page = found.slice(0, limit);
      const hasMore = found.length > limit;
      const next_cursor = hasMore ? (page.at(-1)?.id ?? null) : null;
      return {
        data: page.map((user) => listed(deps, user)),
        pagination: { limit, has_more: hasMore, next_cursor },
      };
    },

    async changeUser({
      params,
      body,
    }: AskedFor<typeof PEOPLE_API.changeUser>): Promise<z.output<typeof listedUser>> {
      const { role, is_active: isActive } = body;
      const user = await members.change(known(params.id), {
        ...(role !== undefined && { role }),
        ...(isActive !== undefined && { isActive }),
      });
      return listed(deps, user);
    },
  };
}

function listed({ accounts, administration }: PeopleDeps, user: User): z.output<typeof listedUser> {
  const { balance, credits, isPrepaid } = administration.balanceOf(user);
  return {
    ...personOf(user),
    is_active: user.isActive,
    has_password: user.hasPassword,
    is_prepaid: isPrepaid,
    balance_usd: formatDollars(balance),
    credits,
    keys: accounts.keys.ofUser(user.id).filter(({ revokedAt }) => revokedAt === null).length,
    last_seen_at: user.lastSeenAt === null ? null : isoTime(user.lastSeenAt),
  };
}

/** The token stands behind the `#`, which no browser sends and no log of a proxy sees. */
function linkTo(
  request: FastifyRequest,
  page: string,
  { token, expiresAt }: OpenLink,
): z.output<typeof openLink> {
  const url = `${request.protocol}://${request.host}${page}${token}`;
  return { url, token, expires_at: isoTime(expiresAt) };
}
