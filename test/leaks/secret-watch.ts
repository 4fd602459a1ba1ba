/**
 * Looks, whenever a product that a test started has ended, for secrets in its database and whatever else lies in its
 * folder, in its log, and in its answers. Every test that starts one so asks whether a secret got out, whatever it is
 * about; {@link addToTally} tells the test command how much was looked at.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { addToTally } from '../../scripts/leak-tally.ts';
import { isWellFormed } from '../../server/accounts/token.ts';
import { issuedTokensIn, Needles, SECRET_LETTERS_MIN } from './needles.ts';
import { listenIn, type Overhearing } from './wire-tap.ts';

/** Answers are searched when there are so many bytes of them on one connection. */
const ANSWER_BYTES = 64 * 1024;
/** What the first start puts beside the database because it must be found there, and what an operator lays there. */
const HOLDS_SECRETS = /^(admin-token|secret-key|encryption-key.*|\.env.*|config\.yaml)$/;
const GENERATED = ['admin-token', 'secret-key', 'encryption-key'];
/** What a caller hands over to be kept from everybody; a body that is no JSON counts too. */
const HANDED_OVER = /"(\w*password|key)"\s*:\s*("(?:[^"\\]|\\.)*")/g;
const ID = /^[a-z]{2,3}_[0-9a-f]{32}$/;
/** Tokens of links and of cookies have no shape; they are secret once they were answered. */
const ISSUED = /#token=([\w-]{43})|set-cookie: \w+=([^;\s]{20,})/g;

export class SecretWatch {
  readonly #dataDir: string;
  readonly #logged: readonly string[];
  /** Nobody is told them again. */
  readonly #kept = new Needles();
  /** They were answered once; where they are kept there is only a hash of them. */
  readonly #issued = new Needles();
  readonly #answers = new Set<Answers>();
  readonly #leaks = new Set<string>();
  #printed = '';
  #hasShownLink = false;
  #deafen: () => void = () => undefined;
  readonly #origin = startedAt();

  /** @param of.logged every line of the log, which may grow until the end */
  constructor(of: {
    readonly dataDir: string;
    readonly secrets: readonly string[];
    readonly logged: readonly string[];
  }) {
    this.#dataDir = of.dataDir;
    this.#logged = of.logged;
    for (const secret of of.secrets) this.#keep(secret);
    open.add(this);
  }

  /** Overhears what is said to this address and answered from it. */
  listenTo(url: string): void {
    this.#deafen = listenIn(Number(new URL(url).port), () => this.#overhear());
  }

  /** By which somebody becomes the owner. It is told on standard output, once, and nowhere else. */
  setUpLink(link: string): void {
    this.#issued.add(link.slice(link.indexOf('#token=') + 7));
  }

  /** A line on standard output. */
  printed(line: string): void {
    if (line.includes('#token=') && !this.#hasShownLink) {
      this.#hasShownLink = true;
      this.setUpLink(line);
    } else this.#printed += `${line}\n`;
  }

  /**
   * Searches everything, once. What it finds fails the process and the run at their end, and not the test at once:
   * what the test would have closed next would keep its process running for ever.
   */
  end(): void {
    if (!open.delete(this)) return;
    this.#deafen();
    for (const answers of this.#answers) answers.flush();
    this.#searchFolder();
    const log = Buffer.from(this.#logged.join('\n'));
    this.#search(log, 'the log');
    this.#search(Buffer.from(this.#printed), 'standard output');
    if (log.length > 0) seen.logs++;
    seen.secrets += this.#kept.count + this.#issued.count;
    for (const leak of this.#leaks)
      seen.leaks.push(`${leak} of what was started at ${this.#origin}`);
  }

  #keep(secret: string): void {
    if (secret.length < SECRET_LETTERS_MIN) {
      throw new Error(`a secret of ${secret.length} letters cannot be told from ordinary text`);
    }
    this.#kept.add(secret);
  }

  #searchFolder(): void {
    if (!existsSync(this.#dataDir)) return;
    const names = readdirSync(this.#dataDir, { recursive: true, encoding: 'utf8' });
    const files = names
      .map((name) => join(this.#dataDir, name))
      .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
    for (const name of GENERATED) {
      const path = join(this.#dataDir, name);
      if (files.includes(path)) this.#kept.add(readFileSync(path, 'utf8').trim());
    }
    for (const path of files) {
      const name = relative(this.#dataDir, path);
      if (HOLDS_SECRETS.test(name)) continue;
      this.#search(readFileSync(path), name);
      if (name.endsWith('.db')) seen.databases++;
    }
  }

  #search(bytes: Buffer, place: string): void {
    const found = [
      ...this.#kept.findIn(bytes),
      ...this.#issued.findIn(bytes),
      ...issuedTokensIn(bytes),
    ];
    for (const title of found) this.#leaks.add(`${title}, in ${place}`);
  }

  #overhear(): Overhearing {
    const answers = new Answers(this.#kept, (bytes) => this.#searchAnswer(bytes));
    this.#answers.add(answers);
    return {
      sent: (bytes) => this.#noteHandedOver(bytes),
      answered: (bytes) => answers.add(bytes),
    };
  }

  #searchAnswer(bytes: Buffer): void {
    for (const title of this.#kept.findIn(bytes)) this.#leaks.add(`${title}, in an answer`);
    if (!bytes.includes('#token=') && !bytes.includes('set-cookie: ')) return;
    for (const [, link, cookie] of bytes.toString('latin1').matchAll(ISSUED)) {
      this.#issued.add(link ?? cookie ?? '');
    }
  }

  #noteHandedOver(bytes: Buffer): void {
    if (!bytes.includes('password"') && !bytes.includes('"key"')) return;
    for (const [, name, quoted = ''] of bytes.toString().matchAll(HANDED_OVER)) {
      const secret = textIn(quoted);
      // A virtual key may be named by itself, and it has a shape; its id is none.
      const isNamed = name === 'key' && (isWellFormed(secret) || ID.test(secret));
      if (!isNamed) this.#kept.add(secret);
    }
  }
}

function textIn(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    // Not JSON after all; what stands between the quotes was said all the same.
    return quoted.slice(1, -1);
  }
}

/** The answers on one connection, searched piece by piece. */
class Answers {
  readonly #needles: Needles;
  readonly #search: (bytes: Buffer) => void;
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(needles: Needles, search: (bytes: Buffer) => void) {
    this.#needles = needles;
    this.#search = search;
  }

  add(bytes: Buffer): void {
    if (bytes.includes('HTTP/1.1 ')) seen.answers++;
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    if (this.#length < ANSWER_BYTES) return;
    const end = this.flush().subarray(-this.#needles.longest);
    // What a piece cuts in two is found with the next one; a copy, because the rest need not stay.
    this.#pieces = [Buffer.from(end)];
    this.#length = end.length;
  }

  flush(): Buffer {
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    this.#search(bytes);
    return bytes;
  }
}

/** The line of a test that has the product started. */
function startedAt(): string {
  const lines = new Error('only for its stack').stack?.split('\n') ?? [];
  const inTest = lines.find((text) => text.includes('.test.ts'));
  const line = inTest ?? lines.findLast((text) => text.includes('/test/')) ?? '';
  return line.replace(/^.*\/(test|server)\//, '$1/').replace(/\)$/, '');
}

const seen = { secrets: 0, databases: 0, logs: 0, answers: 0, leaks: [] as string[] };
/** Those that no test ended. */
const open = new Set<SecretWatch>();

process.on('exit', () => {
  for (const watch of open) watch.end();
  addToTally(seen);
  if (seen.leaks.length === 0) return;
  console.error(`A secret got out:\n${seen.leaks.join('\n')}`);
  process.exitCode = 1;
});
