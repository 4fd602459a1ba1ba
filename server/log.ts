import { openSync } from 'node:fs';
import { dirname } from 'node:path';
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { type Clock, isoTime, systemClock } from './clock.ts';
import { prepareFolder } from './data-folder.ts';
import { Failure } from './failure.ts';

export type Log = Logger;

export interface LogOptions {
  readonly level: string;
  /** Where the lines go; standard error unless given. */
  readonly destination?: DestinationStream;
  /** A file that gets every line as well. */
  readonly file?: string | undefined;
  /** Values that must never appear, whatever they look like (the secrets among the settings). */
  readonly secrets?: readonly string[];
  readonly clock?: Clock;
}

/**
 * A log of JSON lines. An error is written as an explicit list of fields, and every finished line passes the
 * scrubber, so that a credential inside any string, message or stack is masked wherever it came from.
 *
 * @throws Error if the file cannot be opened
 */
export function createLog(options: LogOptions): Log {
  const { level, file, secrets = [], clock = systemClock } = options;
  const main = options.destination ?? standardError();
  const copy = file === undefined ? undefined : fileAt(file, main);
  const scrub = createScrubber(secrets);
  const write = (line: string) => {
    const clean = scrub(line);
    main.write(clean);
    copy?.write(clean);
  };
  const settings = {
    level,
    base: null,
    timestamp: () => `,"time":"${isoTime(clock.now())}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
  };
  return pino(settings, { write });
}

/**
 * Masks credentials in a line of JSON: by the shape of the known kinds, by the name of the field, and the given
 * values themselves. Values of less than eight characters are left, because they would mask ordinary words.
 */
export function createScrubber(secrets: readonly string[] = []): (line: string) => string {
  const exact = secrets
    .filter((secret) => secret.length >= 8)
    .sort((left, right) => right.length - left.length)
    .map((secret) => JSON.stringify(secret).slice(1, -1));
  return (line) => {
    let clean = line;
    for (const secret of exact) clean = clean.replaceAll(secret, MASK);
    return clean
      .replace(NAMED_FIELD, `"$1":"${MASK}"`)
      .replace(NAMED_FIELD_IN_TEXT, `$1${MASK}`)
      .replace(AFTER_SCHEME, `$1 ${MASK}`)
      .replace(IN_ADDRESS, `$1${MASK}@`)
      .replace(KNOWN_PREFIX, `$1${MASK}`);
  };
}

const MASK = '[masked]';

/** `sk-` also covers `sk-or-` and `sk-ant-`. The look-behind keeps words such as `task-force` whole. */
const KNOWN_PREFIX = /(?<![A-Za-z0-9])(sk-|gsk_|xai-|AIza|tkr?_|eyJ)[A-Za-z0-9_-]{4,}/g;
const AFTER_SCHEME = /\b(Bearer|Basic)\s+[^\s"\\,;]+/gi;
const IN_ADDRESS = /(\/\/)[^\s/"\\@]+@/g;
const SECRET_NAMES =
  'authorization|proxy-authorization|cookie|set-cookie|x-api-key|x-admin-token|x-goog-api-key|api[-_]?key|admin_?token|password|secret|token';
const NAMED_FIELD = new RegExp(`"(${SECRET_NAMES})":"(?:[^"\\\\]|\\\\.)*"`, 'gi');
/** The same inside a string that is itself JSON, where quotes are escaped. */
const NAMED_FIELD_IN_TEXT = new RegExp(
  `((?<!\\\\)\\\\{1,7}"(?:${SECRET_NAMES})\\\\{1,7}"\\s*:\\s*\\\\{1,7}")[^"\\\\]*`,
  'gi',
);

/** How deep a chain of causes is followed; a chain may even be a circle. */
const CAUSES_MAX = 4;

interface DescribedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly detail?: string;
  readonly stack?: string;
  readonly cause?: DescribedError;
}

/** Only what is listed here: other fields of an error may hold requests, headers and bodies. */
function describeError(thrown: unknown, depth: unknown = 0): DescribedError {
  const level = typeof depth === 'number' ? depth : 0;
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: String(thrown) };
  const code = 'code' in thrown ? { code: String(thrown.code) } : {};
  const detail =
    thrown instanceof Failure && thrown.details.detail !== undefined
      ? { detail: thrown.details.detail }
      : {};
  const stack = thrown.stack === undefined ? {} : { stack: thrown.stack };
  const cause =
    thrown.cause === undefined || level >= CAUSES_MAX
      ? {}
      : { cause: describeError(thrown.cause, level + 1) };
  return { type: thrown.name, message: thrown.message, ...code, ...detail, ...stack, ...cause };
}

/** Written without waiting, so that a terminal or pipe that nobody reads cannot stop the gateway; beyond this, lines are dropped. */
const UNREAD_MAX_BYTES = 16 * 1024 * 1024;

function standardError(): DestinationStream {
  return destination({ dest: 2, sync: false, maxLength: UNREAD_MAX_BYTES });
}

/**
 * A disk that is full or gone later costs the second copy, never the server: the first copy says so, and the
 * file is given up, since a stream that cannot be written would try again for ever and keep the process alive.
 */
function fileAt(path: string, main: DestinationStream): DestinationStream {
  prepareFolder(dirname(path));
  const fd = openSync(path, 'a', 0o600);
  const stream = destination({ dest: fd, sync: false, maxLength: UNREAD_MAX_BYTES });
  let isOpen = true;
  stream.on('error', (error: Error) => {
    if (!isOpen) return;
    isOpen = false;
    stream.destroy();
    const msg = 'the log file cannot be written and gets no more lines';
    main.write(`${JSON.stringify({ level: 'error', err: describeError(error), msg })}\n`);
  });
  return { write: (line) => void (isOpen && stream.write(line)) };
}
