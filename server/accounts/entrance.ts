/** How people come in: they register, they follow a link that was made for them, and they prove who they are. */
import type { Clock } from '../clock.ts';
import { Failure, wrongField } from '../failure.ts';
import type { Storage, Write } from '../storage/storage.ts';
import { deadLink, type Link, type LinkBook, type OpenLink } from './invitations.ts';
import type { Passwords } from './passwords.ts';
import type { NewUser, Role, User, UserBook } from './people.ts';
import type { Sessions } from './sessions.ts';
import { newOpaqueToken, tokenHash } from './token.ts';

export interface Registration {
  readonly email: string;
  readonly password: string;
  readonly name: string | null;
}

export interface Entrance {
  /**
   * @param invitation the token of an invitation, which also says what the new user becomes
   * @throws Failure `conflict` (the e-mail is taken), `not_found` (the invitation is not good any more),
   *   `validation_failed` (it is somebody else's), `overloaded`, `storage_unavailable`
   */
  register(of: Registration, invitation: string | null): Promise<User>;
  /** What the first owner comes in with; null once there is an admin. */
  setUpToken(): string | null;
  /**
   * Makes the first admin: a new account, or the one that has this e-mail and this password.
   *
   * @throws Failure `not_found` (the link is not good any more), `invalid_credentials`, `overloaded`, `storage_unavailable`
   */
  setUp(of: Registration, token: string): Promise<User>;
  /**
   * Takes the same time and says the same for somebody unknown as for a wrong password.
   *
   * @param name an e-mail address or a username
   * @throws Failure `invalid_credentials`, `overloaded`
   */
  signIn(name: string, password: string): Promise<User>;
  /**
   * Takes somebody's word for a name, which becomes a user if it is new.
   *
   * @throws Failure `forbidden` for whoever has a password, is an admin or is switched off; `storage_unavailable`
   */
  signInByName(username: string): Promise<User>;
  /** @returns a link for one registration. @throws Failure `storage_unavailable` */
  invite(of: { readonly email: string | null; readonly role: Role }): Promise<OpenLink>;
  /** @returns a link for one new password. @throws Failure `storage_unavailable` */
  resetLink(user: User): Promise<OpenLink>;
  /**
   * Sets a password by a link, and ends all sessions of its user.
   *
   * @throws Failure `not_found` (the link is not good any more), `conflict` (it is being used, or the account deleted),
   *   `overloaded`, `storage_unavailable`
   */
  resetPassword(token: string, password: string): Promise<User>;
}

export interface EntranceDeps {
  readonly people: UserBook;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly links: LinkBook;
  readonly storage: Pick<Storage, 'commit'>;
  readonly clock: Clock;
}

export function createEntrance(deps: EntranceDeps): Entrance {
  return new Gate(deps);
}

class Gate implements Entrance {
  readonly #deps: EntranceDeps;
  /** In memory only: each start makes another, so an old one is worth nothing. */
  #setUpToken: string | null = newOpaqueToken();

  constructor(deps: EntranceDeps) {
    this.#deps = deps;
  }

  async register(of: Registration, invitation: string | null): Promise<User> {
    if (invitation === null) return await this.#enrol(of, 'member');
    const link = await this.#deps.links.find(invitation, 'invitation');
    if (link.email !== null && link.email !== of.email.toLowerCase()) {
      const sentence = 'This invitation is for another e-mail address.';
      throw wrongField('email', sentence);
    }
    return await this.#enrol(of, link.role, link);
  }

  setUpToken(): string | null {
    return this.#deps.people.admins().length > 0 ? null : this.#setUpToken;
  }

  async setUp(of: Registration, token: string): Promise<User> {
    const good = this.setUpToken();
    if (good === null || tokenHash(good) !== tokenHash(token)) {
      throw deadLink();
    }
    // Taken before anything is waited for: of two who come at once, one gets in.
    this.#setUpToken = null;
    try {
      const { people } = this.#deps;
      if (people.findByEmail(of.email) === null) return await this.#enrol(of, 'admin');
      const known = await this.signIn(of.email, of.password);
      return await this.#change(known, { role: 'admin' });
    } catch (error) {
      this.#setUpToken = good;
      throw error;
    }
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

  async signInByName(username: string): Promise<User> {
    const { people, clock } = this.#deps;
    const known = people.find(username);
    const refused = (sentence: string) => new Failure('forbidden', { param: 'username', sentence });
    if (people.hasPasswordBehind(username)) {
      throw refused('This name has a password: sign in with it.');
    }
    // An id is no name.
    if (known?.username !== username) {
      return await this.#add({ username, email: null, createdAt: clock.now() }, []);
    }
    if (!people.isOpenByName(known.id)) {
      throw refused('This account is not opened by its name alone.');
    }
    return known;
  }

  async invite(of: { readonly email: string | null; readonly role: Role }): Promise<OpenLink> {
    return await this.#deps.links.make({ purpose: 'invitation', ...of });
  }

  async resetLink(user: User): Promise<OpenLink> {
    return await this.#deps.links.make({ purpose: 'reset', userId: user.id });
  }

  async resetPassword(token: string, password: string): Promise<User> {
    const { people, passwords, links, sessions } = this.#deps;
    const link = await links.find(token, 'reset');
    const user = people.find(link.userId ?? '');
    if (user?.isActive !== true) throw new Failure('not_found');
    const passwordHash = await passwords.hash(password);
    const uses = [links.use(link), links.closeAll(user.id)];
    const changed = await this.#change(user, { passwordHash }, uses);
    await sessions.endAll(user.id);
    return changed;
  }

  async #change(
    user: User,
    change: { role?: Role; passwordHash?: string },
    others: readonly Write[] = [],
  ): Promise<User> {
    const { people, storage, clock } = this.#deps;
    const { write, apply } = people.change(user, change, clock.now());
    await storage.commit([write, ...others]);
    return apply();
  }

  async #enrol({ email, password, name }: Registration, role: Role, link?: Link): Promise<User> {
    const { people, passwords, links, clock } = this.#deps;
    if (people.findByEmail(email) !== null) {
      throw new Failure('conflict', { param: 'email', sentence: 'This e-mail address is taken.' });
    }
    const passwordHash = await passwords.hash(password);
    const username = this.#freeName(email.toLowerCase());
    const person = { username, email, name, role, passwordHash, createdAt: clock.now() };
    return await this.#add(person, link === undefined ? [] : [links.use(link)]);
  }

  async #add(person: NewUser, others: readonly Write[]): Promise<User> {
    const { people, storage } = this.#deps;
    const user = people.claim(person, true);
    try {
      await storage.commit([people.write(user), ...others]);
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
