/** Users: persons and programs by name, all of them in memory. */
import type { Insertable, Selectable } from 'kysely';
import { Failure } from '../failure.ts';
import { newId } from '../id.ts';
import type { Storage, Write } from '../storage/storage.ts';
import type { UsersTable } from '../storage/tables/accounts-tables.ts';

/** An admin is an operator; a member sees what is theirs. */
export type Role = 'admin' | 'member';

/** Whoever keys are issued to, and whoever signs in. */
export interface User {
  readonly id: string;
  readonly username: string;
  /** Lower case; null where none was given. */
  readonly email: string | null;
  /** How they want to be called; null where nobody said so. */
  readonly name: string | null;
  readonly role: Role;
  /** False opens nothing any more: no session, no key, no token. */
  readonly isActive: boolean;
  readonly hasPassword: boolean;
  readonly createdAt: number;
  /** When their last session was in use, to the minute; null if never. */
  readonly lastSeenAt: number | null;
  /** When the account was deleted; what is left is a pseudonym for the books. */
  readonly erasedAt: number | null;
}

/** A user as somebody wants to have them. */
export interface NewUser {
  readonly username: string;
  readonly email: string | null;
  readonly createdAt: number;
  readonly name?: string | null;
  readonly role?: Role;
  readonly passwordHash?: string;
}

/** What can change of a user. */
export interface UserChange {
  readonly username?: string;
  readonly email?: null;
  readonly name?: string | null;
  readonly role?: Role;
  readonly isActive?: boolean;
  readonly passwordHash?: string | null;
  readonly erasedAt?: number;
}

/** What takes somebody's traces away: on disk together with others, and then in memory. */
export interface Erasure {
  readonly writes: readonly Write[];
  apply(): void;
}

export interface People {
  /** In the order in which they came; who deleted their account is not among them. */
  all(): readonly User[];
  /** By id, else by name. */
  find(idOrName: string): User | null;
  /** By e-mail in any case. */
  findByEmail(email: string): User | null;
  /** Whether whoever is called so signs in with a password, be it their username or their e-mail in any case. */
  hasPasswordBehind(name: string): boolean;
}

/** The book of users. A new one has the name from the first moment and is there for good when it is on disk. */
export class UserBook implements People {
  readonly #storage: Storage;
  readonly #byName = new Map<string, User>();
  readonly #byId = new Map<string, User>();
  readonly #byEmail = new Map<string, User>();
  /** Kept apart from the users, so that no log and no reply meets one. */
  readonly #passwords = new Map<string, string>();
  /** Ids of users who are not on disk yet, with the number of acts that are about to write them. */
  readonly #arriving = new Map<string, number>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async load(): Promise<void> {
    const users = this.#storage.db.selectFrom('users').selectAll().orderBy('id');
    for (const row of await users.execute()) {
      this.#enter(fromRow(row));
      if (row.password_hash !== null) this.#passwords.set(row.id, row.password_hash);
    }
  }

  all(): readonly User[] {
    return [...this.#byId.values()].filter(({ erasedAt }) => erasedAt === null);
  }

  find(idOrName: string): User | null {
    return this.#byId.get(idOrName) ?? this.#byName.get(idOrName) ?? null;
  }

  findByEmail(email: string): User | null {
    return this.#byEmail.get(email.toLowerCase()) ?? null;
  }

  hasPasswordBehind(name: string): boolean {
    return [this.#byName.get(name), this.findByEmail(name)].some((user) => user?.hasPassword);
  }

  /** The stored hash; null where there is none. */
  passwordOf(userId: string): string | null {
    return this.#passwords.get(userId) ?? null;
  }

  /** People who can act as the operator. */
  admins(): readonly User[] {
    return this.all().filter(({ role, isActive, hasPassword }) => {
      return role === 'admin' && isActive && hasPassword;
    });
  }

  /**
   * Whether somebody's word for the name is enough: never for whoever has a password, and never for an admin, whose
   * name anybody could say.
   */
  isOpenByName(userId: string): boolean {
    const user = this.#byId.get(userId);
    return user?.isActive === true && !user.hasPassword && user.role !== 'admin';
  }

  isActive(userId: string): boolean {
    return this.#byId.get(userId)?.isActive === true;
  }

  /**
   * The user of a name, made if nobody has it. Two acts may claim one new name at once: both mean the same user.
   * Whoever claims either commits {@link write} and says {@link arrived}, or says {@link calledOff}.
   *
   * @param mustBeNew refuses a name that somebody has
   * @throws Failure `conflict` (the name or the e-mail is taken, or the name is all that a deleted account left)
   */
  claim(of: NewUser, mustBeNew: boolean): User {
    const known = this.#byName.get(of.username);
    if (known !== undefined) {
      if (mustBeNew || known.erasedAt !== null) throw taken('username');
      const claims = this.#arriving.get(known.id);
      if (claims !== undefined) this.#arriving.set(known.id, claims + 1);
      return known;
    }
    const email = of.email?.toLowerCase() ?? null;
    if (email !== null && this.#byEmail.has(email)) throw taken('email');
    const { passwordHash, name = null, role = 'member', ...rest } = of;
    const user = {
      ...rest,
      ...{ email, name, role },
      id: newId('usr'),
      isActive: true,
      hasPassword: passwordHash !== undefined,
      lastSeenAt: null,
      erasedAt: null,
    };
    this.#enter(user);
    if (passwordHash !== undefined) this.#passwords.set(user.id, passwordHash);
    this.#arriving.set(user.id, 1);
    return user;
  }

  /** Puts a user on disk; one who is there already stays. */
  write(user: User): Write {
    return this.#storage.db
      .insertInto('users')
      .values(toRow(user, this.passwordOf(user.id)))
      .onConflict((c) => c.column('id').doNothing())
      .compile();
  }

  /**
   * What changes a user on disk, and then in memory. Of whoever deleted their account, the disk takes no change any more.
   *
   * @param confirmed the stored hash of the password that must be theirs still
   */
  change(
    user: User,
    change: UserChange,
    at: number,
    confirmed?: string | null,
  ): { readonly write: Write; readonly apply: () => User } {
    const { passwordHash, isActive, erasedAt, ...plain } = change;
    const row = {
      ...plain,
      ...(isActive !== undefined && { is_active: isActive ? 1 : 0 }),
      ...(erasedAt !== undefined && { erased_at: erasedAt }),
      ...(passwordHash !== undefined && { password_hash: passwordHash }),
      updated_at: at,
    };
    const update = this.#storage.db
      .updateTable('users')
      .set(row)
      .where('id', '=', user.id)
      .$if(confirmed !== undefined, (query) =>
        query.where('password_hash', 'is', confirmed ?? null),
      );
    return { write: { ...update.compile(), rows: 1 }, apply: () => this.#apply(user.id, change) };
  }

  #apply(id: string, { passwordHash, ...change }: UserChange): User {
    const known = this.#byId.get(id);
    if (known === undefined) throw new Failure('internal', { detail: 'a user is gone' });
    if (passwordHash === null) this.#passwords.delete(id);
    else if (passwordHash !== undefined) this.#passwords.set(id, passwordHash);
    this.#leave(known);
    const changed = { ...known, ...change, hasPassword: this.#passwords.has(id) };
    this.#enter(changed);
    return changed;
  }

  /** Noted in memory; the disk is told with the session. */
  seen(id: string, at: number): void {
    const known = this.#byId.get(id);
    if (known !== undefined) this.#enter({ ...known, lastSeenAt: at });
  }

  arrived(user: User): void {
    this.#arriving.delete(user.id);
  }

  /** The name is free again once every act that claimed it came to nothing. */
  calledOff(user: User): void {
    const claims = this.#arriving.get(user.id);
    if (claims === undefined) return;
    if (claims > 1) {
      this.#arriving.set(user.id, claims - 1);
      return;
    }
    this.#arriving.delete(user.id);
    this.#passwords.delete(user.id);
    this.#leave(user);
    this.#byId.delete(user.id);
  }

  #enter(user: User): void {
    this.#byName.set(user.username, user);
    this.#byId.set(user.id, user);
    if (user.email !== null) this.#byEmail.set(user.email, user);
  }

  /** Gives up name and e-mail; the id keeps its place in the order. */
  #leave(user: User): void {
    this.#byName.delete(user.username);
    if (user.email !== null) this.#byEmail.delete(user.email);
  }
}

function toRow(user: User, passwordHash: string | null): Insertable<UsersTable> {
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    name: user.name,
    role: user.role,
    is_active: user.isActive ? 1 : 0,
    password_hash: passwordHash,
    created_at: user.createdAt,
    updated_at: user.createdAt,
    last_seen_at: user.lastSeenAt,
    erased_at: user.erasedAt,
  };
}

function fromRow(row: Selectable<UsersTable>): User {
  return {
    id: row.id,
    username: row.username,
    email: row.email,
    name: row.name,
    role: row.role === 'admin' ? 'admin' : 'member',
    isActive: row.is_active === 1,
    hasPassword: row.password_hash !== null,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    erasedAt: row.erased_at,
  };
}

function taken(param: 'username' | 'email'): Failure {
  const what = param === 'email' ? 'e-mail address' : param;
  return new Failure('conflict', { param, sentence: `This ${what} is taken.` });
}
