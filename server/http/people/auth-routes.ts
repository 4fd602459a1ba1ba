import type { z } from 'zod';
import type {
  AUTH_API,
  person,
  sessionList,
  signedIn,
  visit,
} from '../../../contract/api/auth-api.ts';
import type { Accounts, User } from '../../accounts/accounts.ts';
import type { Administration } from '../../administration/administration.ts';
import { isoTime } from '../../clock.ts';
import { Failure, wrongField } from '../../failure.ts';
import type { AskedFor } from '../answering.ts';
import { type Caller, sessionOf } from '../callers.ts';
import { personOf, type Reception } from './reception.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';

export interface AuthDeps {
  readonly administration: Pick<Administration, 'eraseAccount'>;
  readonly accounts: Pick<Accounts, 'people' | 'entrance' | 'members' | 'sessions'>;
  readonly version: string;
}

export interface AuthSettings {
  readonly registration: 'open' | 'invite' | 'closed';
  readonly intranetLogin: boolean;
  readonly selfServiceKeys: boolean;
  /** Whether anyone may read the totals of the dashboard. */
  readonly publicDashboard: boolean;
}

/** What stands at the edge for people to come in. */
export interface Desk {
  readonly reception: Reception;
  readonly throttle: SignInThrottle;
}

/** People: how they come in and who they are. */
export function authHandlers(deps: AuthDeps, desk: Desk, settings: AuthSettings) {
  const { entrance, people } = deps.accounts;
  const { reception, throttle } = desk;
  return {
    async register({
      body,
      ...at
    }: AskedFor<typeof AUTH_API.register>): Promise<z.output<typeof signedIn>> {
      const { email, password, name = null, invitation = null } = body;
      const isInvited = settings.registration === 'invite' && invitation !== null;
      if (settings.registration !== 'open' && !isInvited) throw registrationClosed(settings);
      const user = await entrance.register({ email, password, name }, invitation);
      return await reception.admit(at, user);
    },

    async signIn({
      body,
      ...at
    }: AskedFor<typeof AUTH_API.signIn>): Promise<z.output<typeof signedIn>> {
      const { email: account, password } = body;
      const id = (people.findByEmail(account) ?? people.find(account))?.id ?? null;
      at.request.subject = id;
      // However it is named: address, username and id are no three times as many attempts.
      const user = await throttle.attempt({ account: id ?? account, address: at.request.ip }, () =>
        entrance.signIn(account, password),
      );
      return await reception.admit(at, user);
    },

    async signOut({ caller, ...at }: AskedFor<typeof AUTH_API.signOut>): Promise<void> {
      await reception.dismiss(at, sessionOf(caller));
    },

    async visit({ request }: AskedFor<typeof AUTH_API.visit>): Promise<z.output<typeof visit>> {
      const user = await reception.visitor(request);
      return {
        signed_in: user !== null,
        user: user === null ? null : personOf(user),
        registration: settings.registration,
        intranet_login: settings.intranetLogin,
        self_service_keys: settings.selfServiceKeys,
        dashboard_public: settings.publicDashboard,
        needs_setup: entrance.setUpToken() !== null,
        version: deps.version,
      };
    },
  };
}

/** What somebody may do with their own account. */
export function profileHandlers(deps: AuthDeps, { throttle, reception }: Desk) {
  const { people, members, sessions } = deps.accounts;
  return {
    me({ caller }: AskedFor<typeof AUTH_API.me>): z.output<typeof person> {
      return personOf(userOf(people, caller));
    },

    async changeProfile({
      body,
      caller,
    }: AskedFor<typeof AUTH_API.changeProfile>): Promise<z.output<typeof person>> {
      return personOf(await members.rename(userOf(people, caller), body.name));
    },

    async deleteAccount({
      body,
      caller,
      ...at
    }: AskedFor<typeof AUTH_API.deleteAccount>): Promise<void> {
      const user = userOf(people, caller);
      if (body.confirm.trim().toLowerCase() !== (user.email ?? user.username).toLowerCase()) {
        const sentence = 'confirm: this is not the e-mail address of the account.';
        throw wrongField('confirm', sentence);
      }
      await throttle.attempt({ account: user.id, address: at.request.ip }, () =>
        members.confirm(user, body.password),
      );
      await deps.administration.eraseAccount(user);
      await reception.dismiss(at, sessionOf(caller));
    },

    async changePassword({
      body,
      caller,
      request,
    }: AskedFor<typeof AUTH_API.changePassword>): Promise<void> {
      const user = userOf(people, caller);
      const { current_password: current, new_password: next } = body;
      await throttle.attempt({ account: user.id, address: request.ip }, () =>
        members.changePassword({ user, current, next, keep: sessionOf(caller).id }),
      );
    },

    sessions({ caller }: AskedFor<typeof AUTH_API.sessions>): z.output<typeof sessionList> {
      const { id: current, userId } = sessionOf(caller);
      return sessions.ofUser(userId).map((session) => ({
        id: session.id,
        created_at: isoTime(session.createdAt),
        last_seen_at: isoTime(session.lastSeenAt),
        ip: session.ip,
        user_agent: session.userAgent,
        current: session.id === current,
      }));
    },

    async endSession({ params, caller }: AskedFor<typeof AUTH_API.endSession>): Promise<void> {
      const session = sessions.find(params.id);
      if (session?.userId !== sessionOf(caller).userId) throw new Failure('not_found');
      await sessions.end(session.id);
    },
  };
}

function registrationClosed({ registration }: AuthSettings): Failure {
  const sentence =
    registration === 'invite'
      ? 'Registration is by invitation on this installation.'
      : 'Registration is closed on this installation.';
  return new Failure('switched_off', { sentence });
}

/** The person behind a session. */
export function userOf(people: Pick<Accounts['people'], 'find'>, caller: Caller): User {
  const user = people.find(sessionOf(caller).userId);
  if (user === null) throw new Failure('internal', { detail: 'a session belongs to nobody' });
  return user;
}
