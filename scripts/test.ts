/**
 * The test command. `npm test` runs the tests, several files in a process, and tells how much of the code those beside it
 * run through; of the browser's it runs one journey, and `npm run test:web` all. `npm test -- server/log.test.ts` runs the
 * named files, each in a process of its own, and `npm test -- server/ledger` a folder. LONG=1 asks for everything with its
 * full cycle counts, SEED= replays a printed seed: tests read both themselves.
 *
 * The last lines are always the runner's own summary, whatever else was printed before.
 */
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { readTally, sentenceOn, TALLY_FILE, type Tally } from './leak-tally.ts';
import { type TestGroup, writeGroups } from './test-groups.ts';
import { buildWeb } from './web-build.ts';

/**
 * A pattern that matches nothing is a green run for Node, so a broken pattern must not pass. Raise it as tests
 * are added; the variable is for trying this script on a small project.
 */
const TEST_FILES_MIN = Number(process.env['TEST_FILES_MIN'] ?? 25);

/** So many secrets, databases, logs and answers a whole run looks at, or something came loose. As the one above. */
const LOOKED_AT_MIN = Number(process.env['LOOKED_AT_MIN'] ?? 100);

const COVERAGE = [
  '--experimental-test-coverage',
  '--test-coverage-include-all',
  '--test-coverage-include=server/**/*.ts',
  '--test-coverage-include=contract/**/*.ts',
  '--test-coverage-exclude=server/main.ts',
  '--test-coverage-exclude=**/*.contract.ts',
  '--test-coverage-exclude=**/*-for-tests.ts',
  '--test-coverage-exclude=**/*.test.ts',
  '--test-coverage-lines=90',
  '--test-coverage-branches=80',
  '--test-coverage-functions=80',
];

/** Processes side by side. Each takes a core and, with a browser, some hundreds of megabytes. */
const AT_ONCE = Math.min(4, Math.max(2, availableParallelism()));

/** Where a start keeps what it compiled, too. */
const COMPILED = join(import.meta.dirname, '../node_modules/.cache/compiled');

/** What drives a browser, and the one journey of it that stands for the rest in a short run. */
const WEB = 'test/web';
const WEB_JOURNEY = `${WEB}/journey.test.ts`;

/** The last line of the coverage; a run that cannot tell it has not kept to it. */
const COVERED = /^ℹ all files +\|/;

const SUMMARY = /^ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/;

/** Files for one call of the runner, each of which is a process. */
interface Part {
  readonly files: readonly string[];
  readonly options: readonly string[];
}

interface Ran {
  readonly code: number;
  readonly isCovered: boolean;
}

interface Run extends Ran {
  /** What was looked for in all of its processes. */
  readonly tally: Tally;
}

/** The runner's closing figures, added up over its calls, in its order. */
type Summary = Map<string, number>;

/** Part after part; what fails in one keeps the next from nothing. */
async function runTests(parts: readonly Part[]): Promise<Run> {
  const tallyFolder = mkdtempSync(join(tmpdir(), 'tollkeeper-leak-tally-'));
  const tallyFile = join(tallyFolder, 'tally.jsonl');
  const summary: Summary = new Map();
  let code = 0;
  let isCovered = false;
  for (const part of parts.filter(({ files }) => files.length > 0)) {
    const ran = await runPart(part, { tallyFile, summary });
    code = Math.max(code, ran.code);
    isCovered ||= ran.isCovered;
  }
  const tally = readTally(tallyFile);
  rmSync(tallyFolder, { recursive: true, force: true });
  const figures = [...summary].map(([name, figure]) => `ℹ ${name} ${figure}`);
  process.stdout.write(`${sentenceOn(tally)}\n${figures.join('\n')}\n`);
  return { code, tally, isCovered };
}

async function runPart(
  { files, options }: Part,
  { tallyFile, summary }: { readonly tallyFile: string; readonly summary: Summary },
): Promise<Ran> {
  // Inside another test run these two would make the runner report to that run instead of its own output.
  const { NODE_TEST_CONTEXT: _context, NODE_V8_COVERAGE: _coverage, ...env } = process.env;
  const runner = spawn(
    process.execPath,
    ['--test', `--test-concurrency=${AT_ONCE}`, '--test-reporter=spec', ...options, ...files],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      // Each test file is a process, and compiling the same modules again in each was a quarter of the work.
      env: {
        NODE_COMPILE_CACHE: COMPILED,
        ...env,
        NODE_ENV: 'test',
        [TALLY_FILE]: tallyFile,
      },
    },
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => runner.kill(signal));
  const ended = new Promise<number>((resolve, reject) => {
    runner.once('error', reject);
    runner.once('close', (code) => resolve(code ?? 1));
  });
  let isCovered = false;
  for await (const line of createInterface({ input: runner.stdout })) {
    const plain = stripVTControlCharacters(line);
    isCovered ||= COVERED.test(plain);
    const [, name, figure] = SUMMARY.exec(plain) ?? [];
    if (name === undefined) process.stdout.write(`${line}\n`);
    else summary.set(name, (summary.get(name) ?? 0) + Number(figure));
  }
  return { code: await ended, isCovered };
}

/**
 * Counting lines takes a third more work. The tests beside the code run through nearly all of it, so those of the whole
 * product go uncounted.
 */
function partsOf(groups: readonly TestGroup[]): Part[] {
  const { beside = [], whole = [] } = Object.groupBy(groups, ({ files }) =>
    files.some((file) => file.startsWith('test/')) ? 'whole' : 'beside',
  );
  return [
    { files: whole.map(({ path }) => path), options: [] },
    { files: beside.map(({ path }) => path), options: COVERAGE },
  ];
}

function filesIn(folder: string): string[] {
  const files = globSync(`${folder}/**/*.test.ts`, { exclude: ['**/node_modules/**'] });
  return files.map((file) => file.replaceAll(sep, '/'));
}

/** All but what the browser alone would take a third of the time for; in the long run that too. */
function wholeRun(): string[] {
  const files = filesIn('{contract,server,test,web}');
  if (process.env['LONG'] === '1') return files;
  return files.filter((file) => !file.startsWith(`${WEB}/`) || file === WEB_JOURNEY);
}

/** Folders are run as in the whole run, several files in a process. */
function namedParts(named: readonly string[]): Part[] {
  const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory();
  const groups = writeGroups(named.filter(isFolder).flatMap(filesIn));
  return [
    { files: groups.map(({ path }) => path), options: [] },
    { files: named.filter((path) => !isFolder(path)), options: [] },
  ];
}

/** Did the whole run look where it must, or did something come loose that nobody would miss? */
function isEnough({ secrets, databases, logs, answers }: Tally): boolean {
  return Math.min(secrets, databases, logs, answers) >= LOOKED_AT_MIN;
}

const named = process.argv.slice(2);
const isWhole = named.length === 0;
const files = isWhole ? wholeRun() : named;
if (isWhole && files.length < TEST_FILES_MIN) {
  console.error(
    `Only ${files.length} test files were found, and at least ${TEST_FILES_MIN} are expected.`,
  );
  process.exitCode = 1;
} else {
  const parts = isWhole ? partsOf(writeGroups(files)) : namedParts(named);
  // Once, before tests side by side would build it into one folder.
  if (parts.some(({ files }) => files.length > 1)) await buildWeb({ isForced: false });
  const { code, tally, isCovered } = await runTests(parts);
  const isLookedAt = !isWhole || isEnough(tally);
  if (!isLookedAt) {
    console.error(
      `Secrets were looked for in hardly anything; at least ${LOOKED_AT_MIN} of each are expected.`,
    );
  }
  if (isWhole && !isCovered) console.error('The coverage could not be told.');
  const isComplete = isLookedAt && (isCovered || !isWhole);
  process.exitCode = code === 0 && tally.leaks.length === 0 && isComplete ? 0 : Math.max(code, 1);
}
