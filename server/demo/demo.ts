/**
 * The door of `demo`: the whole product for somebody without an account anywhere. It starts in a data folder of its
 * own, with a scripted provider on the loopback and a month of invented usage. Nothing of the operator's real
 * installation is read: no settings file, no provider key, no database.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Accounts } from '../accounts/accounts.ts';
import { type Rooms, startApp } from '../app.ts';
import { type Clock, systemClock } from '../clock.ts';
import { type Config, ConfigError, loadConfig, secretsOf } from '../config.ts';
import { prepareFolder } from '../data-folder.ts';
import { createLog, type Log } from '../log.ts';
import type { Metering } from '../metering/metering.ts';
import { createReadings } from '../monitoring/monitoring.ts';
import { providers } from '../providers/providers.ts';
import type { Records } from '../records/records.ts';
import type { Storage } from '../storage/storage.ts';
import { type Holder, imagineMonth, type Person, readScript, type Script } from './month.ts';
import { pastBalances } from './past-balances.ts';
import { type ScriptedProvider, startScriptedProvider } from './scripted-provider.ts';
import { storeKeys } from './stored-keys.ts';

export interface DemoOptions {
  /** A folder that is not named from the root is found from here. */
  readonly cwd: string;
  readonly version: string;
  /** Only HOST, PORT, LOG_LEVEL and DATA_DIR are read; flags of these names win. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  /** In place of the one on standard error. */
  readonly log?: Log;
}

export interface Demo {
  readonly address: string;
  readonly log: Log;
  readonly dataDir: string;
  /** A virtual key that was issued just now. */
  readonly token: string;
  /** The id of that key. */
  readonly keyId: string;
  /** What a newcomer wants to read on the terminal. */
  readonly greeting: string;
  close(): Promise<void>;
}

/** Says to us and to whoever finds the folder that it may be deleted. */
const MARK = 'DEMO.txt';
const MARK_TEXT =
  'This folder belongs to a demo of Tollkeeper: the users and figures in it are invented. It may be deleted.\n';

/** @throws ConfigError if the folder holds anything but a demo; Error as `startApp` does */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { version, clock = systemClock } = options;
  const picked = pick(options);
  const dataDir = resolve(options.cwd, picked['DATA_DIR'] ?? 'demo-data');
  claimFolder(dataDir);
  const provider = await startDemoProvider(clock);
  try {
    const config = demoConfig(dataDir, picked, provider.origin);
    const log = options.log ?? createLog({ level: config.log.level, secrets: secretsOf(config) });
    log.warn({ dataDir }, 'this is a demo: answers are scripted and the figures are invented');
    let issued = { keyId: '', token: '' };
    const app = await startApp({
      config,
      log,
      version,
      clock,
      async beforeListening(rooms) {
        const count = await furnish(rooms, clock.now());
        if (count > 0) log.info({ records: count }, 'a month of usage was invented');
        issued = await issueVisitorKey(rooms.accounts);
      },
    });
    const close = async (): Promise<void> => {
      await app.close();
      await provider.close();
    };
    const told = { address: app.address, setUpLink: app.setUpLink, dataDir, ...issued };
    return { ...told, log, greeting: greetingOf(told), close };
  } catch (error) {
    await provider.close();
    throw error;
  }
}

function pick({ env, flags }: DemoOptions): Readonly<Record<string, string>> {
  const picked: Record<string, string> = {};
  for (const name of ['HOST', 'PORT', 'LOG_LEVEL', 'DATA_DIR']) {
    const value = (flags[name] ?? env[name] ?? '').trim();
    if (value !== '') picked[name] = value;
  }
  return picked;
}

function claimFolder(folder: string): void {
  if (existsSync(join(folder, MARK))) return;
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    const problem = `DATA_DIR names ${folder}, which holds something other than a demo; name another folder or leave it unset`;
    throw new ConfigError([problem]);
  }
  prepareFolder(folder);
  writeFileSync(join(folder, MARK), MARK_TEXT);
}

/** The demo's folder is where settings files are looked for, and there are none in it. */
function demoConfig(
  dataDir: string,
  picked: Readonly<Record<string, string>>,
  origin: string,
): Config {
  const env = {
    ...picked,
    DATA_DIR: dataDir,
    ...settingsAt(origin),
  };
  return loadConfig({ cwd: dataDir, providerIds: providers.map(({ id }) => id), env }).config;
}

/** The scripted provider; it answers for every model of the invented month. */
export function startDemoProvider(clock: Clock): Promise<ScriptedProvider> {
  const models = Object.entries(readScript().models);
  return startScriptedProvider({
    clock,
    models: models.map(([id, { provider }]) => ({ id, provider })),
  });
}

const ANY_KEY = 'the-scripted-provider-takes-any-key';

/** Every provider lives at the scripted one, so that no key that a visitor types in leaves this machine. */
export function settingsAt(origin: string): Readonly<Record<string, string>> {
  const addresses = providers.map(({ id, base }) => [
    `${id.toUpperCase()}_API_URL`,
    `${origin}/${id}${new URL(base).pathname}`,
  ]);
  // Through their keys the invented month went; what they do not have is the custom server's.
  const vendors = Object.values(readScript().models)
    .map(({ provider }) => provider)
    .filter((id) => id !== 'custom');
  return {
    ...Object.fromEntries(addresses),
    UPSTREAM_BASE: `${origin}/v1`,
    UPSTREAM_API_KEY: ANY_KEY,
    ...Object.fromEntries(vendors.map((id) => [`${id.toUpperCase()}_API_KEY`, ANY_KEY])),
  };
}

/**
 * Puts the invented month and the watched provider keys into an installation, each unless it is there already.
 *
 * @returns how many records were written
 */
export async function furnish(rooms: Rooms, now: number): Promise<number> {
  const script = readScript();
  const count = await inventMonth({ ...rooms, script, now });
  const added = await storeKeys(rooms.providerKeys, script.providerKeys, now);
  const { append } = createReadings(rooms.storage);
  const readings = [...added].flatMap(([id, key]) => pastBalances(id, key, now));
  await rooms.storage.commit(readings.map(append));
  return count;
}

interface MonthRooms {
  readonly accounts: Accounts;
  readonly records: Records;
  readonly metering: Metering;
  readonly storage: Storage;
  readonly script: Script;
  readonly now: number;
}

/**
 * Writes the month, unless there is a record already. It is one commit, so that a demo that is killed meanwhile
 * has either all of it or nothing, and the next start knows which.
 *
 * @returns how many records were written
 */
async function inventMonth(rooms: MonthRooms): Promise<number> {
  const { accounts, records, storage, script } = rooms;
  const found = await storage.db.selectFrom('usage_records').select('id').limit(1).execute();
  if (found.length > 0) return 0;
  const holders: Holder[] = [];
  for (const person of script.people) holders.push(await holderFor(accounts, person));
  const month = imagineMonth({ ...rooms, holders });
  const writes = month.flatMap(({ record, price }) => records.finish(record, price));
  await storage.commit(writes);
  return month.length;
}

/** The keys may be there from a first start that was cut short. */
async function holderFor(accounts: Accounts, person: Person): Promise<Holder> {
  const label = person.name;
  const missing = person.keys.slice(accounts.keys.activeOf(label)?.length ?? 0);
  for (const note of missing) {
    const asked = { label, note, origin: 'operator', allowUnmetered: true } as const;
    const { token } = await accounts.keys.issue(asked);
    // Its month follows: a key that spent money and was never used would puzzle a newcomer.
    accounts.keys.authenticate(token);
  }
  const keys = accounts.keys.activeOf(label) ?? [];
  return { person, userId: keys[0]?.userId ?? '', keyIds: keys.map(({ id }) => id) };
}

async function issueVisitorKey(accounts: Accounts): Promise<{ keyId: string; token: string }> {
  const { key, token } = await accounts.keys.issue({
    label: 'visitor',
    note: 'issued by the demo when it started',
    origin: 'operator',
    allowUnmetered: true,
  });
  return { keyId: key.id, token };
}

/** Lines to paste into a shell as they are. The model is one that the price list knows. */
function greetingOf(to: {
  readonly address: string;
  readonly setUpLink: string | null;
  readonly dataDir: string;
  readonly keyId: string;
  readonly token: string;
}): string {
  const { address, setUpLink, dataDir, keyId, token } = to;
  const admin = `-H "x-admin-token: $(cat '${join(dataDir, 'admin-token')}')"`;
  const owner =
    setUpLink === null ? '' : `\nTo look at it in a browser, become its owner: ${setUpLink}\n`;
  return `Tollkeeper listens on ${address} (demo: scripted answers, invented figures)
${owner}
A first metered request, with a key made for you just now:

  curl ${address}/v1/chat/completions \\
    -H 'authorization: Bearer ${token}' -H 'content-type: application/json' \\
    -d '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"What does this cost me?"}]}'

What it cost, and what a month of five users cost:

  curl ${admin} ${address}/admin/usage/${keyId}
  curl ${admin} ${address}/reports/data

Every call: ${address}/docs    To start again from nothing, delete ${dataDir}
`;
}
