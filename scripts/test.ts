/**
 * The test command. `npm test` runs every test with coverage, several files in a process; `npm test --
 * server/log.test.ts` runs the named files, each in its own, without. LONG=1 asks for the full cycle counts, SEED= replays a printed seed: tests read both themselves.
 *
 * The last lines are always the runner's own summary, whatever else was printed before.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { writeGroups } from './test-groups.ts';
import { buildWeb } from './web-build.ts';

/**
 * A pattern that matches nothing is a green run for Node, so a broken pattern must not pass. Raise it as tests
 * are added; the variable is for trying this script on a small project.
 */
const TEST_FILES_LEAST = Number(process.env['TEST_FILES_LEAST'] ?? 25);

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

/** Where a start keeps what it compiled, too. */
const COMPILED = join(import.meta.dirname, '../node_modules/.cache/compiled');

const SUMMARY = /^ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /;

async function runTests(files: readonly string[], options: readonly string[]): Promise<number> {
  // Inside another test run these two would make the runner report to that run instead of its own output.
  const { NODE_TEST_CONTEXT: _context, NODE_V8_COVERAGE: _coverage, ...env } = process.env;
  const runner = spawn(
    process.execPath,
    ['--test', '--test-concurrency=2', '--test-reporter=spec', ...options, ...files],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      // Each test file is a process, and compiling the same modules again in each was a quarter of the work.
      env: { NODE_COMPILE_CACHE: COMPILED, ...env, NODE_ENV: 'test' },
    },
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => runner.kill(signal));
  const ended = new Promise<number>((resolve, reject) => {
    runner.once('error', reject);
    runner.once('close', (code) => resolve(code ?? 1));
  });
  const summary: string[] = [];
  for await (const line of createInterface({ input: runner.stdout })) {
    if (SUMMARY.test(stripVTControlCharacters(line))) summary.push(line);
    else process.stdout.write(`${line}\n`);
  }
  const code = await ended;
  process.stdout.write(`${summary.join('\n')}\n`);
  return code;
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
  process.exitCode = isWhole
    ? await runTests(writeGroups(files), COVERAGE)
    : await runTests(files, []);
}
