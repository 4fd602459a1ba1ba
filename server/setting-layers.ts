import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type * as Yaml from 'yaml';
import type { Setting } from './setting-kinds.ts';

export interface ConfigSources {
  /** By setting name in any spelling (`port`, `dataDir`, `DATA_DIR`); `config` names the file to read instead of `config.yaml`. */
  readonly flags?: Readonly<Record<string, string | undefined>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The ids of the registry: each gives `<ID>_API_KEY` and `<ID>_API_URL`. */
  readonly providerIds: readonly string[];
}

interface Layer {
  /** As the operator knows it: "environment", "config.yaml". */
  readonly source: string;
  /** By setting name. Empty values are left out. */
  readonly values: ReadonlyMap<string, string>;
}

interface Found {
  readonly name: string;
  readonly text: string;
  /** The name with its source. */
  readonly place: string;
}

/** Collects what is wrong and what was passed over while settings are read from their layers. */
export class Reading {
  readonly problems: string[] = [];
  readonly notices: string[] = [];
  layers: readonly Layer[] = [];
  readonly #cwd: string;

  constructor(cwd: string) {
    this.#cwd = cwd;
  }

  valueOf(entry: Setting<unknown>, seen: ReadonlyMap<string, unknown>): unknown {
    const found = this.layers.flatMap(({ source, values }) =>
      namesOf(entry).flatMap((name) => {
        const text = values.get(name);
        return text === undefined ? [] : [{ name, text, place: `${name} (${source})` }];
      }),
    );
    const [winner, ...others] = found;
    if (winner === undefined) {
      return typeof entry.fallback === 'function' ? entry.fallback(seen) : entry.fallback;
    }
    const value = this.#parse(entry, winner);
    for (const other of others.filter(({ name }) => name !== winner.name)) {
      if (entry.mustAgree && this.#parse(entry, other) !== value) {
        this.problems.push(`${winner.place} and ${other.place} differ: set one of them.`);
      } else this.notices.push(`${other.place} is passed over, because ${winner.place} is set.`);
    }
    return value;
  }

  #parse(entry: Setting<unknown>, found: Found): unknown {
    const text = found.name.endsWith(FILE_SUFFIX) ? this.#secretFrom(found) : found.text;
    if (text === undefined) return undefined;
    const parsed = entry.schema.safeParse(text);
    if (parsed.success) return parsed.data;
    this.problems.push(`${found.place} ${parsed.error.issues[0]?.message}.`);
    return undefined;
  }

  #secretFrom({ text, place }: { text: string; place: string }): string | undefined {
    const content = this.read(resolve(this.#cwd, text), place)?.trim();
    if (content === '') this.problems.push(`${place} names an empty file.`);
    return content === '' ? undefined : content;
  }

  /** The content of a file that has to be there. */
  read(file: string, place: string): string | undefined {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      this.problems.push(`${place} names a file that cannot be read (${codeOf(error)}).`);
      return undefined;
    }
  }
}

const FILE_SUFFIX = '_FILE';

function namesOf({ name, aliases, secret }: Setting<unknown>): string[] {
  return [name, ...aliases].flatMap((one) => (secret ? [one, one + FILE_SUFFIX] : [one]));
}

export function readLayers(
  { flags = {}, env = {}, cwd }: ConfigSources,
  settings: readonly Setting<unknown>[],
  reading: Reading,
): Layer[] {
  const names = new Set(settings.flatMap(namesOf));
  const { config: configFlag, ...rest } = flags;
  const configFile = join(cwd, 'config.yaml');
  const yaml =
    configFlag === undefined
      ? readIfThere(configFile, reading)
      : reading.read(resolve(cwd, configFlag), 'config (command line)');
  const fromYaml = yaml === undefined ? [] : yamlEntries(yaml, reading);
  const dotenv = (file: string): Layer => {
    const text = readIfThere(join(cwd, file), reading);
    return layer(file, Object.entries(text === undefined ? {} : parseEnv(text)));
  };
  return [
    layer(
      'command line',
      knownEntries(Object.entries(rest), { names, source: 'command line' }, reading),
    ),
    layer('config.yaml', knownEntries(fromYaml, { names, source: 'config.yaml' }, reading)),
    layer('environment', Object.entries(env)),
    dotenv('.env.local'),
    dotenv('.env'),
  ];
}

/** What operators may know from the programs that this one replaces. Whoever sets one expects something of it. */
const WITHOUT_EFFECT = [
  { names: ['REDIS_URL'], why: 'this version runs as one process' },
  {
    names: ['SMTP_SERVER', 'SMTP_PORT', 'SMTP_USER', 'SMTP_PASSWORD', 'SMTP_FROM'],
    why: 'this version sends no mail',
  },
];

/** Sentences on what is set and does nothing: silence would be taken for yes. */
export function withoutEffect(layers: readonly Layer[]): string[] {
  return WITHOUT_EFFECT.flatMap(({ names, why }) => {
    const set = layers.flatMap(({ source, values }) =>
      names.filter((name) => values.has(name)).map((name) => `${name} (${source})`),
    );
    return set.length === 0 ? [] : [`${set.join(', ')} without effect: ${why}.`];
  });
}

type Entry = readonly [name: string, text: string | undefined];

function layer(source: string, entries: readonly Entry[]): Layer {
  const values = new Map<string, string>();
  for (const [name, text] of entries) {
    if (text !== undefined && text.trim() !== '') values.set(name, text.trim());
  }
  return { source, values };
}

/** Brings names to their canonical spelling; what no setting is called is a problem. */
function knownEntries(
  entries: readonly Entry[],
  { names, source }: { names: ReadonlySet<string>; source: string },
  reading: Reading,
): Entry[] {
  const taken = new Map<string, string>();
  return entries.flatMap(([spelled, text]): Entry[] => {
    const name = canonical(spelled);
    if (!names.has(name)) {
      const nearest = nearestName(name, names);
      const hint = nearest === undefined ? '' : ` Did you mean ${nearest.toLowerCase()}?`;
      reading.problems.push(`"${spelled.slice(0, 60)}" (${source}) is not a setting.${hint}`);
      return [];
    }
    const twin = taken.get(name);
    if (twin !== undefined)
      reading.problems.push(`${twin} and ${spelled} (${source}) are the same.`);
    taken.set(name, spelled);
    return [[name, text]];
  });
}

/** `dataDir`, `data-dir` and `data_dir` all name DATA_DIR. */
export function canonical(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase();
}

/** Every scalar is read as text: YAML would otherwise turn the token `0123` into the number 83 or 123. */
function yamlEntries(text: string, reading: Reading): Entry[] {
  // Seventy modules, which a start without such a file does not wait for.
  const { parseDocument } = createRequire(import.meta.url)('yaml') as typeof Yaml;
  const document = parseDocument(text, { schema: 'failsafe', prettyErrors: true });
  const [fault] = document.errors;
  if (fault !== undefined) {
    // Its message would quote the line, which may hold a secret.
    const line = fault.linePos?.[0].line ?? 1;
    reading.problems.push(`config.yaml is not valid YAML at line ${line} (${fault.code}).`);
    return [];
  }
  const content: unknown = document.toJS();
  if (content === null || content === '') return [];
  if (typeof content !== 'object' || Array.isArray(content)) {
    reading.problems.push('config.yaml must be a list of "name: value" lines.');
    return [];
  }
  return Object.entries(content).map(([name, value]): Entry => {
    if (Array.isArray(value)) return [name, value.join(',')];
    if (typeof value === 'object' && value !== null) return [name, JSON.stringify(value)];
    return [name, value === null ? undefined : String(value)];
  });
}

function readIfThere(file: string, reading: Reading): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ENOENT') reading.problems.push(`${file} cannot be read (${code}).`);
    return undefined;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

/** The name with the fewest differing letters, if it is near enough to be a slip. */
function nearestName(wrong: string, names: ReadonlySet<string>): string | undefined {
  let nearest: string | undefined;
  let least = Math.max(2, Math.floor(wrong.length / 3)) + 1;
  for (const name of names) {
    const distance = lettersApart(wrong, name);
    if (distance < least) [nearest, least] = [name, distance];
  }
  return nearest;
}

/** Levenshtein distance. */
function lettersApart(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const swap = left[row - 1] === right[column - 1] ? 0 : 1;
      current[column] = Math.min(
        (current[column - 1] ?? 0) + 1,
        (previous[column] ?? 0) + 1,
        (previous[column - 1] ?? 0) + swap,
      );
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
