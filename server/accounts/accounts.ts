/**
 * The door of `accounts`: who may call, and with what. Each kind of thing has a book of its own behind it, held in
 * memory: the database is read at the start and written on change.
 */
import type { Clock } from '../clock.ts';
import type { Storage } from '../storage/storage.ts';
import { ApiTokenBook, type ApiTokens } from './api-tokens.ts';
import { type AuditLog, createAuditLog } from './audit-log.ts';
import { createEntrance, type Entrance } from './entrance.ts';
import { LinkBook } from './invitations.ts';
import { createMembers, type Members } from './members.ts';
import { createPasswords } from './passwords.ts';
import { type People, UserBook } from './people.ts';
import { createPreferences, type Preferences } from './preferences.ts';
import { SessionBook, type Sessions } from './sessions.ts';
import { KeyBook, type VirtualKeys } from './virtual-keys.ts';

export type { ApiToken, ApiTokens } from './api-tokens.ts';
export type { Act, Actor, AuditEntry, AuditFilter, AuditLog } from './audit-log.ts';
export type { Entrance, Registration } from './entrance.ts';
export type { OpenLink } from './invitations.ts';
export {
  type KeyOrigin,
  type KeyRules,
  type KeyState,
  mayUse,
  stateOf,
  type VirtualKey,
} from './key-rules.ts';
export type { Members } from './members.ts';
export type { Erasure, People, Role, User } from './people.ts';
export type { Preferences } from './preferences.ts';
export { SESSION_MS, type Session, type SessionKind, type Sessions } from './sessions.ts';
export type {
  IssuedKey,
  KeyChange,
  KeyRequest,
  KeyUse,
  Preparation,
  VirtualKeys,
} from './virtual-keys.ts';

export interface Accounts {
  readonly people: People;
  readonly keys: VirtualKeys;
  readonly sessions: Sessions;
  readonly tokens: ApiTokens;
  readonly entrance: Entrance;
  readonly members: Members;
  readonly audit: AuditLog;
  readonly preferences: Preferences;
}

/** @throws Failure `storage_unavailable` */
export async function createAccounts(deps: { storage: Storage; clock: Clock }): Promise<Accounts> {
  const people = new UserBook(deps.storage);
  await people.load();
  const keys = new KeyBook({ ...deps, people });
  await keys.load();
  const sessions = new SessionBook({ ...deps, people });
  await sessions.load();
  const tokens = new ApiTokenBook({ ...deps, people });
  await tokens.load();
  const audit = createAuditLog(deps);
  const [links, preferences] = [new LinkBook(deps), createPreferences(deps)];
  const books = { ...deps, people, keys, sessions, tokens, links, audit, preferences };
  const inside = { ...books, passwords: createPasswords() };
  const [entrance, members] = [createEntrance(inside), createMembers(inside)];
  return { people, keys, sessions, tokens, audit, preferences, entrance, members };
}
