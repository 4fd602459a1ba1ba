/** Users: persons and programs by name, all of them in memory. */
import { Failure } from '../failure.ts';
import { newId } from '../id.ts';
import type { Storage, Write } from '../storage/storage.ts';

/** Whoever keys are issued to. */
export interface User {
  readonly id: string;
  readonly username: string;
  /** Lower case; null where none was given. */
  readonly email: string | null;
  readonly createdAt: number;
}

export interface People {
  /** In the order in which they came. */
  all(): readonly User[];
  /** By id, else by name. */
  find(idOrName: string): User | null;
}

/** The book of users. A new one has the name from the first moment and is there for good when it is on disk. */
export class UserBook implements People {
  readonly #storage: Storage;
  readonly #byName = new Map<string, User>();
  readonly #byId = new Map<string, User>();
  /** Ids of users who are not on disk yet, with the number of acts that are about to write them. */
  readonly #arriving = new Map<string, number>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async load(): Promise<void> {
    const users = this.#storage.db.selectFrom('users').selectAll().orderBy('id');
    for (const { id, username, email, created_at: createdAt } of await users.execute()) {
      this.#enter({ id, username, email, createdAt });
    }
  }

  all(): readonly User[] {
    return [...this.#byId.values()];
  }

  find(idOrName: string): User | null {
    return this.#byId.get(idOrName) ?? this.#byName.get(idOrName) ?? null;
  }

  /**
   * The user of a name, made if nobody has it. Two acts may claim one new name at once: both mean the same user.
   * Whoever claims either commits {@link write} and says {@link arrived}, or says {@link calledOff}.
   *
   * @param mustBeNew refuses a name that somebody has. @throws Failure `conflict` (the name or the e-mail is taken)
   */
  claim(
    of: { readonly username: string; readonly email: string | null; readonly createdAt: number },
    mustBeNew: boolean,
  ): User {
    const known = this.#byName.get(of.username);
    if (known !== undefined) {
      if (mustBeNew) throw taken('username');
      const claims = this.#arriving.get(known.id);
      if (claims !== undefined) this.#arriving.set(known.id, claims + 1);
      return known;
    }
    const email = of.email?.toLowerCase() ?? null;
    if (email !== null && this.all().some((user) => user.email === email)) throw taken('email');
    const user = { ...of, email, id: newId('usr') };
    this.#enter(user);
    this.#arriving.set(user.id, 1);
    return user;
  }

  /** Puts a user on disk; one who is there already stays. */
  write({ id, username, email, createdAt }: User): Write {
    return this.#storage.db
      .insertInto('users')
      .values({ id, username, email, created_at: createdAt })
      .onConflict((c) => c.doNothing())
      .compile();
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
    this.#byName.delete(user.username);
    this.#byId.delete(user.id);
  }

  #enter(user: User): void {
    this.#byName.set(user.username, user);
    this.#byId.set(user.id, user);
  }
}

function taken(param: 'username' | 'email'): Failure {
  const what = param === 'email' ? 'e-mail address' : param;
  return new Failure('conflict', { param, sentence: `This ${what} is taken.` });
}
