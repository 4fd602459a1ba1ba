/**
 * The test command. `npm test` runs every test with coverage, several files in a process; `npm test --
 * server/log.test.ts` runs the named files, each in its own, without. LONG=1 asks for the full cycle counts, SEED= replays a printed seed: tests read both themselves.
 *
 * The last lines are always the runner's own summary, whatever else was printed before.
 */
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { readTally, sentenceOn, TALLY_FILE, type Tally } from './leak-tally.ts';
import { writeGroups } from './test-groups.ts';
import { buildWeb } from './web-build.ts';

/**
 * A pattern that matches nothing is a green run for Node, so a broken pattern must not pass. Raise it as tests
 * are added; the variable is for trying this script on a small project.
 */
const TEST_FILES_LEAST = Number(process.env['TEST_FILES_LEAST'] ?? 25);

/** So many secrets, databases, logs and answers a whole run looks at, or something came loose. As the one above. */
const LOOKED_AT_LEAST = Number(process.env['LOOKED_AT_LEAST'] ?? 100);

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

/** The last line of the coverage; a run that cannot tell it has not kept to it. */
const COVERED = /^ℹ all files +\|/;

const SUMMARY = /^ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /;

interface Run {
  readonly code: number;
  /** What was looked for in all of its processes. */
  readonly tally: Tally;
  readonly isCovered: boolean;
}

async function runTests(files: readonly string[], options: readonly string[]): Promise<Run> {
  const tallyFolder = mkdtempSync(join(tmpdir(), 'tollkeeper-leak-tally-'));
  const tallyFile = join(tallyFolder, 'tally.jsonl');
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
  const summary: string[] = [];
  let isCovered = false;
  for await (const line of createInterface({ input: runner.stdout })) {
    const plain = stripVTControlCharacters(line);
    isCovered ||= COVERED.test(plain);
    if (SUMMARY.test(plain)) summary.push(line);
    else process.stdout.write(`${line}\n`);
  }
  const code = await ended;
  const tally = readTally(tallyFile);
  rmSync(tallyFolder, { recursive: true, force: true });
  process.stdout.write(`${sentenceOn(tally)}\n${summary.join('\n')}\n`);
  return { code, tally, isCovered };
}

/** Did the whole run look where it must, or did something come loose that nobody would miss? */
function isEnough({ secrets, databases, logs, answers }: Tally): boolean {
  return Math.min(secrets, databases, logs, answers) >= LOOKED_AT_LEAST;
}

const named = process.argv.slice(2);
const isWhole = named.length === 0;
const files = isWhole
  ? globSync('{contract,server,test,web}/**/*.test.ts', { exclude: ['**/node_modules/**'] })
  : named;
if (isWhole && files.length < TEST_FILES_LEAST) {
  console.error(
    `Only ${files.length} test files were found, and at least ${TEST_FILES_LEAST} are expected.`,
  );
  process.exitCode = 1;
} else {
  // Once, before tests side by side would build it into one folder.
  if (isWhole) await buildWeb({ isForced: false });
  const { code, tally, isCovered } = isWhole
    ? await runTests(writeGroups(files), COVERAGE)
    : await runTests(files, []);
  const isLookedAt = !isWhole || isEnough(tally);
  if (!isLookedAt) {
    console.error(
      `Secrets were looked for in hardly anything; at least ${LOOKED_AT_LEAST} of each are expected.`,
    );
  }
  if (isWhole && !isCovered) console.error('The coverage could not be told.');
  const isComplete = isLookedAt && (isCovered || !isWhole);
  process.exitCode = code === 0 && tally.leaks.length === 0 && isComplete ? 0 : Math.max(code, 1);
}
