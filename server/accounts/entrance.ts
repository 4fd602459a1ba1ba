/** How people come in: they register, and they prove who they are. */
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import type { Storage } from '../storage/storage.ts';
import type { Passwords } from './passwords.ts';
import type { Role, User, UserBook, UserChange } from './people.ts';
import type { Sessions } from './sessions.ts';

export interface Registration {
  readonly email: string;
  readonly password: string;
  readonly name: string | null;
}

export interface Entrance {
  /** @throws Failure `conflict` (the e-mail is taken), `overloaded`, `storage_unavailable` */
  register(of: Registration): Promise<User>;
  /**
   * Takes the same time and says the same for somebody unknown as for a wrong password.
   *
   * @param name an e-mail address or a username
   * @throws Failure `invalid_credentials`, `overloaded`
   */
  signIn(name: string, password: string): Promise<User>;
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
   * @throws Failure `forbidden` (the current password is wrong), `overloaded`, `storage_unavailable`
   */
  changePassword(of: {
    readonly user: User;
    readonly current: string;
    readonly next: string;
    readonly keep: string;
  }): Promise<void>;
  /** @throws Failure `storage_unavailable` */
  rename(user: User, name: string | null): Promise<User>;
}

export interface EntranceDeps {
  readonly people: UserBook;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly storage: Pick<Storage, 'commit'>;
  readonly clock: Clock;
}

export function createEntrance(deps: EntranceDeps): Entrance {
  return new Gate(deps);
}

class Gate implements Entrance {
  readonly #deps: EntranceDeps;

  constructor(deps: EntranceDeps) {
    this.#deps = deps;
  }

  async register(of: Registration): Promise<User> {
    return await this.#enrol(of, 'member');
  }

  async signIn(name: string, password: string): Promise<User> {
    const { people, passwords } = this.#deps;
    const user = people.findByEmail(name) ?? people.find(name);
    const stored = user?.isActive === true ? people.passwordOf(user.id) : null;
    const matches = await passwords.matches(password, stored);
    // While the password was being hashed, it may have been changed, or the account closed.
    const now = user === null ? null : people.find(user.id);
    if (!matches || now?.isActive !== true || people.passwordOf(now.id) !== stored) {
      throw new Failure('invalid_credentials');
    }
    return now;
  }

  async confirm(user: User, password: string): Promise<void> {
    const { people, passwords } = this.#deps;
    if (await passwords.matches(password, people.passwordOf(user.id))) return;
    throw new Failure('forbidden', { param: 'password', sentence: 'The password is wrong.' });
  }

  async changePassword(of: {
    readonly user: User;
    readonly current: string;
    readonly next: string;
    readonly keep: string;
  }): Promise<void> {
    const { passwords, sessions } = this.#deps;
    await this.confirm(of.user, of.current);
    const passwordHash = await passwords.hash(of.next);
    await this.#change(of.user, { passwordHash });
    await sessions.endAll(of.user.id, of.keep);
  }

  async rename(user: User, name: string | null): Promise<User> {
    return await this.#change(user, { name });
  }

  async #change(user: User, change: UserChange): Promise<User> {
    const { people, storage, clock } = this.#deps;
    const { write, apply } = people.change(user, change, clock.now());
    await storage.commit([write]);
    return apply();
  }

  async #enrol({ email, password, name }: Registration, role: Role): Promise<User> {
    const { people, passwords, storage, clock } = this.#deps;
    if (people.findByEmail(email) !== null) throw emailTaken();
    const passwordHash = await passwords.hash(password);
    const username = this.#freeName(email.toLowerCase());
    const createdAt = clock.now();
    const user = people.claim({ username, email, name, role, passwordHash, createdAt }, true);
    try {
      await storage.commit([people.write(user)]);
    } catch (error) {
      people.calledOff(user);
      throw error;
    }
    people.arrived(user);
    return user;
  }

  /** The e-mail address, unless it is the label of keys that were issued to somebody who may be another. */
  #freeName(email: string): string {
    const { people } = this.#deps;
    let name = email;
    for (let number = 2; people.find(name) !== null; number++) name = `${email} (${number})`;
    return name;
  }
}

function emailTaken(): Failure {
  return new Failure('conflict', { param: 'email', sentence: 'This e-mail address is taken.' });
}
