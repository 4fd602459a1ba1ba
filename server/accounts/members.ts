/** What becomes of people who are in: their names, passwords and roles. */
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import type { Storage } from '../storage/storage.ts';
import type { ApiTokenBook } from './api-tokens.ts';
import type { AuditLog } from './audit-log.ts';
import type { LinkBook } from './invitations.ts';
import type { Passwords } from './passwords.ts';
import type { Erasure, Role, User, UserBook, UserChange } from './people.ts';
import type { PreferenceBook } from './preferences.ts';
import type { SessionBook } from './sessions.ts';
import type { KeyBook } from './virtual-keys.ts';

export interface Members {
  /**
   * Asks for the password once more, before what a stolen session must not do.
   *
   * @throws Failure `forbidden`, `overloaded`
   */
  confirm(user: User, password: string): Promise<void>;
  /**
   * Ends all other sessions.
   *
   * @param keep the session that asks
   * @throws Failure `forbidden` (the current password is wrong), `conflict` (it was set anew meanwhile, or the
   *   account deleted), `overloaded`, `storage_unavailable`
   */
  changePassword(of: {
    readonly user: User;
    readonly current: string;
    readonly next: string;
    readonly keep: string;
  }): Promise<void>;
  /** @throws Failure `conflict` (the account is being deleted), `storage_unavailable` */
  rename(user: User, name: string | null): Promise<User>;
  /**
   * Role and switch, in the operator's hands. Whoever is switched off has no session, key or token any more.
   *
   * @throws Failure `conflict` if nobody could act as the operator afterwards, or the account is being deleted;
   *   `storage_unavailable`
   */
  change(user: User, change: { readonly role?: Role; readonly isActive?: boolean }): Promise<User>;
  /**
   * Does the work that takes somebody's rights. While it runs they count as gone already, so that of two admins only one can go.
   *
   * @throws Failure `conflict` if nobody could act as the operator afterwards; whatever the work throws
   */
  letGo<Result>(user: User, work: () => Promise<Result>): Promise<Result>;
  /**
   * What deletes an account: sessions, tokens, password, name and address go, keys end; what is left is a pseudonym,
   * under which the books still add up. To be made inside {@link letGo}.
   */
  erasureOf(user: User): Erasure;
}

export interface MembersDeps {
  readonly people: UserBook;
  readonly passwords: Passwords;
  readonly sessions: SessionBook;
  readonly tokens: ApiTokenBook;
  readonly keys: KeyBook;
  readonly links: LinkBook;
  readonly audit: AuditLog;
  readonly preferences: PreferenceBook;
  readonly storage: Pick<Storage, 'commit'>;
  readonly clock: Clock;
}

export function createMembers(deps: MembersDeps): Members {
  const { people, passwords, sessions, storage, clock } = deps;

  /** Whose leave is on its way to the disk. They count as gone, so that the last two admins cannot go at once. */
  const leaving = new Set<string>();

  async function write(user: User, change: UserChange, confirmed?: string | null): Promise<User> {
    const { write: statement, apply } = people.change(user, change, clock.now(), confirmed);
    await storage.commit([statement]);
    return apply();
  }

  const members: Members = {
    async confirm(user, password) {
      if (await passwords.matches(password, people.passwordOf(user.id))) return;
      throw new Failure('forbidden', { param: 'password', sentence: 'The password is wrong.' });
    },

    async changePassword({ user, current, next, keep }) {
      const confirmed = people.passwordOf(user.id);
      await members.confirm(user, current);
      const passwordHash = await passwords.hash(next);
      // It may be set anew meanwhile, to shut out whoever knew the one before.
      await write(user, { passwordHash }, confirmed);
      await sessions.endAll(user.id, keep);
    },

    rename: (user, name) => write(user, { name }),

    async change(user, change) {
      const isLeaving = change.role === 'member' || change.isActive === false;
      const make = () => write(user, change);
      const changed = await (isLeaving ? members.letGo(user, make) : make());
      if (!changed.isActive) await sessions.endAll(user.id);
      return changed;
    },

    async letGo(user, work) {
      mustNotBeTheLastAdmin(people, user, leaving);
      leaving.add(user.id);
      try {
        return await work();
      } finally {
        leaving.delete(user.id);
      }
    },

    erasureOf: (user) => erasedAccount(deps, user),
  };
  return members;
}

/** @throws Failure `conflict` */
function mustNotBeTheLastAdmin(people: UserBook, user: User, leaving: ReadonlySet<string>): void {
  const admins = people.admins();
  if (!admins.some(({ id }) => id === user.id)) return;
  if (admins.some(({ id }) => id !== user.id && !leaving.has(id))) return;
  const sentence = 'This is the only admin; make somebody else an admin first.';
  throw new Failure('conflict', { sentence });
}

/** All that has to go, in every book, ready to be committed together. */
function erasedAccount(deps: MembersDeps, user: User): Erasure {
  const { people, sessions, tokens, keys, links, audit, preferences, clock } = deps;
  const now = clock.now();
  const username = `deleted_${user.id.slice('usr_'.length)}`;
  const gone = { username, email: null, name: null, role: 'member', passwordHash: null } as const;
  const person = people.change(user, { ...gone, isActive: false, erasedAt: now }, now);
  const others = [
    sessions.erasureOf(user.id),
    tokens.erasureOf(user.id),
    preferences.erasureOf(user.id),
    keys.erasureOf(user.id, username),
  ];
  const addressed = user.email === null ? [] : [links.forget(user.email)];
  return {
    writes: [
      person.write,
      ...others.flatMap(({ writes }) => writes),
      ...[links.closeAll(user.id), ...addressed, audit.forget(user.id)],
    ],
    apply: () => {
      person.apply();
      for (const other of others) other.apply();
    },
  };
}
