import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { signedIn } from '../../../contract/api/auth-api.ts';
import type {
  listedUser,
  openLink,
  PEOPLE_API,
  userList,
} from '../../../contract/api/people-api.ts';
import type { Accounts, OpenLink, User } from '../../accounts/accounts.ts';
import type { Administration } from '../../administration/administration.ts';
import { isoTime } from '../../clock.ts';
import { Failure } from '../../failure.ts';
import type { AskedFor } from '../answering.ts';
import { sendExport } from '../formats/export.ts';
import type { AuthSettings, Desk } from './auth-routes.ts';
import { listedUserOf, listUsers, type UserListDeps, userFile } from './user-list.ts';

export interface PeopleDeps extends UserListDeps {
  readonly accounts: Pick<Accounts, 'people' | 'entrance' | 'members' | 'keys'>;
  readonly administration: Pick<Administration, 'balanceOf' | 'eraseAccount'>;
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
      const { email = null, role } = body ?? {};
      if (settings.registration === 'closed') {
        const sentence = 'Registration is closed on this installation (REGISTRATION).';
        throw new Failure('switched_off', { sentence });
      }
      return linkTo(
        request,
        '/register#invitation=',
        await entrance.invite({ email, role: role ?? 'member' }),
      );
    },

    async resetLink({
      params,
      request,
    }: AskedFor<typeof PEOPLE_API.resetLink>): Promise<z.output<typeof openLink>> {
      return linkTo(request, '/login#reset=', await entrance.resetLink(known(params.id)));
    },

    async users({
      query,
      reply,
    }: AskedFor<typeof PEOPLE_API.users>): Promise<z.output<typeof userList>> {
      const { format } = query;
      if (format === undefined) return await listUsers(deps, query);
      // The file goes past the schema of the reply, which describes a page.
      return sendExport(reply, format, await userFile(deps, query));
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
      return listedUserOf(deps, user);
    },

    async deleteUser({ params, caller }: AskedFor<typeof PEOPLE_API.deleteUser>): Promise<void> {
      const user = known(params.id);
      if (caller.kind === 'operator' && caller.userId === user.id) {
        const sentence = 'This is your own account; delete it in your profile, with your password.';
        throw new Failure('conflict', { sentence });
      }
      await deps.administration.eraseAccount(user);
    },
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
