/**
 * Passwords: argon2id in a queue of its own. A hash takes 19 MiB and tens of milliseconds of a processor, so few run at
 * once and few wait; whoever comes after them is told to come back, and the gateway does not notice.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { Failure } from '../failure.ts';

/** What OWASP recommends for argon2id; 19,456 KiB is 19 MiB. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const LANES = 1;
const SALT_BYTES = 16;
const TAG_BYTES = 32;

/** The thread pool has four threads, and files and names are looked up there too. */
const AT_ONCE = 2;
const WAITING_MAX = 20;
/** A full queue is worked off in about that time. */
const COME_BACK_MS = 1_000;

export interface Passwords {
  /** @returns the hash with its parameters and salt, as it is stored. @throws Failure `overloaded` */
  hash(password: string): Promise<string>;
  /**
   * Takes the same time whether or not there is a hash to compare with.
   *
   * @param stored null where nobody has this name, or has no password
   * @throws Failure `overloaded`
   */
  matches(password: string, stored: string | null): Promise<boolean>;
}

interface Parameters {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

const PARAMETERS: Parameters = { memory: MEMORY_KIB, passes: PASSES, parallelism: LANES };
const FORM = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/;

export function createPasswords(): Passwords {
  const queue = new Queue();
  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES);
      const tag = await queue.run(() => derive(password, salt, PARAMETERS));
      const { memory, passes, parallelism } = PARAMETERS;
      return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${text(salt)}$${text(tag)}`;
    },
    async matches(password, stored) {
      const known = stored === null ? null : read(stored);
      const { salt, parameters } = known ?? {
        salt: Buffer.alloc(SALT_BYTES),
        parameters: PARAMETERS,
      };
      const tag = await queue.run(() => derive(password, salt, parameters));
      return known !== null && known.tag.length === tag.length && timingSafeEqual(known.tag, tag);
    },
  };
}

function derive(password: string, nonce: Buffer, parameters: Parameters): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  // One password can be typed in several ways, such as an accent on its own; they all mean the same.
  const message = password.normalize('NFKC');
  argon2('argon2id', { message, nonce, tagLength: TAG_BYTES, ...parameters }, (error, tag) => {
    if (error === null) resolve(tag);
    else reject(error);
  });
  return promise;
}

function read(stored: string): { tag: Buffer; salt: Buffer; parameters: Parameters } {
  const [, memory, passes, parallelism, salt = '', tag = ''] = FORM.exec(stored) ?? [];
  if (tag === '') throw new Failure('internal', { detail: 'a stored password is not readable' });
  return {
    tag: Buffer.from(tag, 'base64'),
    salt: Buffer.from(salt, 'base64'),
    parameters: {
      memory: Number(memory),
      passes: Number(passes),
      parallelism: Number(parallelism),
    },
  };
}

function text(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

class Queue {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= WAITING_MAX) {
        throw new Failure('overloaded', { retryAfterMs: COME_BACK_MS });
      }
      // Whoever wakes us hands over its place, so the count stays as it is.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
