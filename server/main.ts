/** The command line. `serve` is what `npm start` runs. */
import { existsSync, readFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { Command } from 'commander';
import { startApp } from './app.ts';
import { checkOnce } from './check.ts';
import { systemClock } from './clock.ts';
import { ConfigError, environment, type LoadedConfig, loadConfig, secretsOf } from './config.ts';
import { backupFolder } from './data-folder.ts';
import { Failure } from './failure.ts';
import { audit } from './ledger/ledger.ts';
import { createLog, type Log } from './log.ts';
import { providers } from './providers/providers.ts';
import { rollUpsAgree } from './records/records.ts';
import { createBackups, DatabaseUnusable, isInUse, openToRead } from './storage/storage.ts';
import { everySecretOpens, type Rotation, rotateRootKey } from './vault/vault.ts';

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

interface ServeFlags {
  readonly host?: string;
  readonly port?: string;
  readonly dataDir?: string;
}

async function serve(flags: ServeFlags): Promise<void> {
  const { config, notices } = settingsFrom(flags);
  const { level, file } = config.log;
  const log = createLog({ level, file, secrets: secretsOf(config) });
  for (const notice of notices) log.warn(notice);
  const app = await startApp({ config, log, version });
  stopOnSignals(app.close, log);
  const isEverywhere = ['0.0.0.0', '::'].includes(config.server.host);
  const others = isEverywhere ? ' and on every other address of this machine' : '';
  process.stdout.write(`Tollkeeper listens on ${app.address}${others}\n`);
  // Node writes down what it compiled when the process ends well; one that is killed should start as fast the next time.
  flushCompileCache();
  if (app.setUpLink === null) return;
  // The link makes an owner of whoever opens it, and a log is kept and read by others: it says only where to look.
  log.warn(
    'nobody owns this installation yet: the link to become its owner stands on standard output',
  );
  process.stdout.write(`Nobody owns it yet. Open this link once: ${app.setUpLink}\n`);
}

async function demo({ host, port, dataDir }: ServeFlags): Promise<void> {
  const flags = { HOST: host, PORT: port, DATA_DIR: dataDir };
  // What the demo alone needs would cost every other start its time.
  const { startDemo } = await import('./demo/demo.ts');
  const started = await startDemo({ cwd: process.cwd(), version, env: environment(), flags });
  stopOnSignals(started.close, started.log);
  process.stdout.write(started.greeting);
}

/** Ctrl-C reaches the server itself and npm, which hands it on: one wish is heard twice. */
const SIGNALS_OF_ONE_WISH = 2;

function stopOnSignals(close: () => Promise<void>, log: Log): void {
  let heard = 0;
  const stop = (): void => {
    heard += 1;
    // Whoever asks again does not want to wait.
    if (heard > SIGNALS_OF_ONE_WISH) process.exit(1);
    if (heard > 1) return;
    log.info('what is under way ends first; whoever asks again ends it at once');
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the shutdown failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** Copies the database, live or stopped, and prints where the copy is. */
async function backup(flags: ServeFlags): Promise<void> {
  const { dataDir, databaseFile: file } = settingsFrom(flags).config.storage;
  if (!existsSync(file)) throw new ConfigError([`There is no database at ${file}.`]);
  const backups = createBackups({ file, folder: backupFolder(dataDir), clock: systemClock });
  const { name } = await backups.make('manual');
  process.stdout.write(`${join(backups.folder, name)}\n`);
}

/** Checks the books of a database, live or stopped; exits with 1 on a breach. */
async function verify(flags: ServeFlags): Promise<void> {
  const { config } = settingsFrom(flags);
  const { databaseFile: file, dataDir } = config.storage;
  if (!existsSync(file)) throw new ConfigError([`There is no database at ${file}.`]);
  const isServed = isInUse(file);
  const storage = openToRead(file);
  const now = systemClock.now();
  const books = await audit(storage, { now, isServed });
  const key = { set: config.vault.encryptionKey ?? null, dataDir };
  const findings = [
    ...[...books, await everySecretOpens(storage, key)].toSorted((one, other) =>
      one.id.localeCompare(other.id, 'en', { numeric: true }),
    ),
    ...(await rollUpsAgree(storage)),
  ];
  await storage.close();
  for (const { id, name, ok, figure } of findings) {
    process.stdout.write(`${ok ? 'ok    ' : 'BREACH'} ${id.padEnd(3)} ${name}: ${figure}\n`);
  }
  if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
}

interface RotateFlags extends ServeFlags {
  readonly newKeyFile?: string;
}

/** The new key comes from a file or standard input: what stands on the command line is seen by every user. */
async function rotateKey({ newKeyFile, ...flags }: RotateFlags): Promise<void> {
  const { config } = settingsFrom(flags);
  const { databaseFile, dataDir } = config.storage;
  const isProduction = config.server.env === 'production';
  const set = config.vault.encryptionKey ?? null;
  const newKey = readKey(newKeyFile ?? STANDARD_INPUT);
  const from = { set, dataDir, isProduction, databaseFile, clock: systemClock };
  const done = await rotateRootKey(from, newKey);
  const told = done === null ? ALREADY_ROTATED : reportOf(done);
  process.stdout.write(`${told}\n`);
}

function readKey(file: string | number): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([`The new key cannot be read: ${(error as Error).message}.`]);
  }
}

const STANDARD_INPUT = 0;
const ALREADY_ROTATED = 'Everything lies under this key already; nothing was changed.';

function reportOf({ dataKeys, secrets, from, to, file }: Rotation): string {
  const next =
    file === null
      ? 'Set it as ENCRYPTION_KEY before the next start.'
      : `It lies in ${file}, the old one beside it.`;
  return `${secrets} secrets under ${dataKeys} data keys went from ${from} to ${to}. ${next}\nBackups from before still need the old key: keep it as long as them.`;
}

/** One pass over the provider keys; `--once` says that it is one, for there is no other kind from here. */
async function check(flags: ServeFlags): Promise<void> {
  const { config } = settingsFrom(flags);
  const log = createLog({ level: 'warn', file: config.log.file, secrets: secretsOf(config) });
  process.stdout.write(await checkOnce(config, log));
}

function settingsFrom(flags: ServeFlags): LoadedConfig {
  return loadConfig({
    cwd: process.cwd(),
    providerIds: providers.map(({ id }) => id),
    flags: { HOST: flags.host, PORT: flags.port, DATA_DIR: flags.dataDir },
  });
}

const program = new Command('tollkeeper')
  .description('Self-hosted gateway and monitor for LLM keys.')
  .version(version);
program
  .command('serve')
  .description('start the server')
  .option('--host <address>', 'address to listen on (HOST)')
  .option('--port <number>', 'port to listen on, 0 for any (PORT)')
  .option('--data-dir <folder>', 'folder of the database and generated secrets (DATA_DIR)')
  .action(serve);
program
  .command('demo')
  .description(
    'start a demo: a scripted provider and a month of invented usage, in a folder of its own',
  )
  .option('--host <address>', 'address to listen on (HOST)')
  .option('--port <number>', 'port to listen on, 0 for any (PORT)')
  .option('--data-dir <folder>', 'folder of the demo, ./demo-data unless given (DATA_DIR)')
  .action(demo);
program
  .command('backup')
  .description('copy the database of a live or stopped server into the folder of the backups')
  .option('--data-dir <folder>', 'folder of the database (DATA_DIR)')
  .action(backup);
program
  .command('rotate-key')
  .description('put the stored secrets under a new encryption key, with the server stopped')
  .option('--new-key-file <file>', 'file that holds the new key; without it, standard input')
  .option('--data-dir <folder>', 'folder of the database (DATA_DIR)')
  .action(rotateKey);
program
  .command('verify')
  .description('check that the books balance, on a live or stopped database')
  .option('--data-dir <folder>', 'folder of the database (DATA_DIR)')
  .action(verify);
program
  .command('check')
  .description('check all watched provider keys and print a table, beside a server or without one')
  .requiredOption('--once', 'one pass')
  .option('--host <address>', 'where the server listens (HOST)')
  .option('--port <number>', 'where the server listens (PORT)')
  .option('--data-dir <folder>', 'folder of the database (DATA_DIR)')
  .action(check);

function placeOf(error: Error & { readonly address?: unknown; readonly port?: unknown }): string {
  return `${error.address}:${error.port}`;
}

/** What the operator can mend is told in a sentence; anything else with its whole story. */
function toldOf(error: unknown): string {
  if (error instanceof Failure && error.code !== 'internal') {
    const { detail } = error.details;
    return detail === undefined ? error.message : `${error.message} (${detail})`;
  }
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return `${placeOf(error)} is taken by another program: end that, or name another port with PORT or --port.`;
  }
  const isRefused = error instanceof ConfigError || error instanceof DatabaseUnusable;
  // The system's own words name the call and the address or file: "listen EACCES", "open EACCES".
  const isPlain = isRefused || (error instanceof Error && 'syscall' in error);
  return isPlain ? error.message : String((error as Error).stack);
}

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${toldOf(error)}\n`);
  process.exit(1);
}
