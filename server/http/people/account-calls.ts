/** The calls of people: how they come in, what is theirs, and the tokens of their programs. */
import { AUDIT_API } from '../../../contract/api/audit-api.ts';
import { AUTH_API } from '../../../contract/api/auth-api.ts';
import { PEOPLE_API } from '../../../contract/api/people-api.ts';
import { PREFERENCES_API } from '../../../contract/api/preferences-api.ts';
import { TOKENS_API } from '../../../contract/api/tokens-api.ts';
import { type BoundCall, bind } from '../answering.ts';
import { type AuditDeps, auditHandlers } from './audit-routes.ts';
import {
  type AuthDeps,
  type AuthSettings,
  authHandlers,
  type Desk,
  profileHandlers,
} from './auth-routes.ts';
import { linkHandlers, type PeopleDeps, peopleHandlers } from './people-routes.ts';
import { type PreferencesDeps, preferencesHandlers } from './preferences-routes.ts';
import { type TokenDeps, tokenHandlers } from './token-routes.ts';

export type AccountDeps = AuditDeps & AuthDeps & PeopleDeps & PreferencesDeps & TokenDeps;

export function accountCalls(
  deps: AccountDeps,
  edge: Desk & { readonly settings: AuthSettings },
): readonly BoundCall[] {
  const auth = authHandlers(deps, edge, edge.settings);
  const own = profileHandlers(deps, edge);
  const tokens = tokenHandlers(deps);
  const links = linkHandlers(deps, edge, edge.settings);
  const people = peopleHandlers(deps, edge.settings);
  const preferences = preferencesHandlers(deps);
  const audit = auditHandlers(deps);
  return [
    bind(AUTH_API.register, auth.register),
    bind(AUTH_API.signIn, auth.signIn),
    bind(AUTH_API.signOut, auth.signOut),
    bind(AUTH_API.visit, auth.visit),
    bind(AUTH_API.me, own.me),
    bind(AUTH_API.changeProfile, own.changeProfile),
    bind(AUTH_API.deleteAccount, own.deleteAccount),
    bind(AUTH_API.changePassword, own.changePassword),
    bind(AUTH_API.sessions, own.sessions),
    bind(AUTH_API.endSession, own.endSession),
    bind(PREFERENCES_API.read, preferences.read),
    bind(PREFERENCES_API.write, preferences.write),
    bind(TOKENS_API.list, tokens.list),
    bind(TOKENS_API.issue, tokens.issue),
    bind(TOKENS_API.revoke, tokens.revoke),
    bind(PEOPLE_API.setUp, links.setUp),
    bind(PEOPLE_API.resetPassword, links.resetPassword),
    bind(PEOPLE_API.signInByName, links.signInByName),
    bind(PEOPLE_API.invite, people.invite),
    bind(PEOPLE_API.resetLink, people.resetLink),
    bind(PEOPLE_API.users, people.users),
    bind(PEOPLE_API.changeUser, people.changeUser),
    bind(PEOPLE_API.deleteUser, people.deleteUser),
    bind(AUDIT_API.list, audit.list),
    bind(AUDIT_API.actions, audit.actions),
  ];
}
