import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const SCRIPTS = join(import.meta.dirname, '../scripts');

/** Runs a script of ours in a project that holds only the given files. */
function runIn(
  files: Readonly<Record<string, string>>,
  {
    script,
    preload,
    args = [],
    lookedAtLeast = 0,
    isLong = false,
  }: {
    script: string;
    preload?: string;
    args?: readonly string[];
    lookedAtLeast?: number;
    isLong?: boolean;
  },
) {
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-commands-'));
  try {
    cpSync(SCRIPTS, join(folder, 'scripts'), { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const imports = preload === undefined ? [] : ['--import', `data:text/javascript,${preload}`];
    const { NODE_TEST_CONTEXT: _context, NODE_V8_COVERAGE: _coverage, ...env } = process.env;
    return spawnSync(process.execPath, [...imports, join('scripts', script), ...args], {
      cwd: folder,
      env: {
        ...env,
        TEST_FILES_MIN: '5',
        LOOKED_AT_MIN: String(lookedAtLeast),
        LONG: isLong ? '1' : '0',
      },
      encoding: 'utf8',
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const MAIN = {
  'server/main.ts': 'const words: string[] = process.argv.slice(2); console.log(words.join());',
};

test('the start script hands its arguments to the server, also where the web app cannot be built', () => {
  const { status, stdout } = runIn(MAIN, { script: 'start.mjs', args: ['serve', '--port', '0'] });
  const [notice, ...rest] = stdout.split('\n');
  assert.match(notice ?? '', /^The web app is missing, .* run npm ci\.$/);
  assert.deepEqual(rest, ['serve,--port,0', '']);
  assert.equal(status, 0);
});

/** A build tool that leaves an empty build, or fails. */
const buildToolThat = (act: string) => ({
  ...MAIN,
  'node_modules/vite/package.json': '{}',
  'node_modules/vite/bin/vite.js': `const { mkdirSync } = require('node:fs'); ${act}`,
});
const SERVE = { script: 'start.mjs', args: ['serve'] };

test('the start script builds a web app that is missing, in one line, before it serves', () => {
  const { stdout } = runIn(buildToolThat("mkdirSync('web/dist', { recursive: true });"), SERVE);
  assert.match(stdout, /^The web app was built in \d+\.\d s\.\nserve\n$/);
});

test('a build that fails is told, and the server starts all the same; the build command fails', () => {
  const broken = buildToolThat('process.exit(1);');
  const { status, stdout } = runIn(broken, SERVE);
  assert.match(stdout, /^The web app could not be built.*\nserve\n$/);
  assert.equal(status, 0);
  assert.equal(runIn(broken, { script: 'start.mjs', args: ['build'] }).status, 1);
});

test('the start script says what to do under an older Node, and starts nothing', () => {
  const version = "{value:{...process.versions,node:'20.20.2'}}";
  const preload = encodeURIComponent(`Object.defineProperty(process,'versions',${version})`);
  const { status, stdout, stderr } = runIn(MAIN, { script: 'start.mjs', preload });
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /this is Node 20\.20\.2[\s\S]*npm ci[\s\S]*npm start/);
});

const PASSING = `import { test } from 'node:test';
import { covered } from './covered.ts';
test('passes', () => { if (covered() !== process.env['NODE_ENV']) throw new Error('not in test'); });`;
const FAILING = `import { test } from 'node:test';
test('fails', () => { throw new Error('on purpose'); });`;
const WIDE = `import { test } from 'node:test';
test('loads', () => import(\`\${process.cwd()}/contract/wide.ts\`));`;
const SUMMARY_AT_END = /\nℹ tests \d+\nℹ suites \d+\n(?:ℹ \w+ \d+\n){5}ℹ duration_ms [\d.]+\n$/;

/** A project with the given tests and a few that pass, all of whose code is covered. */
function projectWith(tests: Readonly<Record<string, string>>) {
  const fillers = Array.from({ length: 5 }, (_, index) => [
    `server/filler-${index}.test.ts`,
    PASSING,
  ]);
  return {
    'server/covered.ts': "export function covered(): string {\n  return 'test';\n}\n",
    ...Object.fromEntries(fillers),
    ...tests,
  };
}

const HOOKED = `import { beforeEach, test } from 'node:test';
beforeEach(() => { globalThis.calls = (globalThis.calls ?? 0) + 1; });
test('is hooked', () => {});`;
const IN_COMPANY = `import { test } from 'node:test';
test('is not', () => { if (globalThis.calls !== 1) throw new Error(\`\${globalThis.calls} calls\`); });`;

test('the test command passes, prints coverage and ends with the summary of the runner; files that share a process keep their hooks to themselves, and their names stand above their tests', () => {
  const files = { 'contract/a.test.ts': HOOKED, 'contract/b.test.ts': IN_COMPANY };
  const { status, stdout, stderr } = runIn(projectWith(files), { script: 'test.ts' });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /all files\s+\|\s+100\.00/);
  assert.match(stdout, SUMMARY_AT_END);
  assert.match(stdout, /▶ contract\/b\.test\.ts\n\s+✔ is not/);
});

test('a failing test fails the test command, and the summary is still the end, over tests of every kind', () => {
  const broken = { 'contract/broken.test.ts': FAILING, 'test/faults/a.test.ts': FAILING };
  const { status, stdout } = runIn(projectWith(broken), { script: 'test.ts' });
  assert.equal(status, 1);
  assert.match(stdout, /on purpose/);
  assert.match(stdout, SUMMARY_AT_END);
  assert.match(stdout, /\nℹ pass 5\nℹ fail 2\n/);
});

test('code that no test beside the code loads counts against the coverage, be it that tests of the whole product do', () => {
  const lines = Array.from({ length: 60 }, (_, index) => `export const n${index} = ${index};`);
  const project = projectWith({
    'contract/wide.ts': lines.join('\n'),
    'test/journeys/a.test.ts': WIDE,
  });
  const { status, stdout } = runIn(project, { script: 'test.ts' });
  assert.equal(status, 1);
  assert.match(stdout, /\nℹ tests 6\n[\s\S]*\nℹ pass 6\n/);
  assert.match(stdout, /wide\.ts\s+\|\s+0\.00/);
  assert.match(stdout, /line coverage does not meet/);
});

test('a test file that waits at its top level is refused, since its hooks would fall to another', () => {
  const project = projectWith({ 'contract/waits.test.ts': `await 0;\n${HOOKED}` });
  const { status, stdout } = runIn(project, { script: 'test.ts' });
  assert.equal(status, 1);
  assert.match(stdout, /top-level await/);
});

test('a run that finds hardly any tests fails', () => {
  const { status, stderr } = runIn({ 'server/a.test.ts': FAILING }, { script: 'test.ts' });
  assert.equal(status, 1);
  assert.match(stderr, /Only 1 test files were found/);
});

const lookingAt = (leaks: readonly string[]) => `import { test } from 'node:test';
import { addToTally } from '../scripts/leak-tally.ts';
test('looks', () => {
  addToTally({ secrets: 3, databases: 2, logs: 2, answers: 9, leaks: ${JSON.stringify(leaks)} });
});`;

test('what was looked at for secrets is added up over the run, and a run that looks at too little fails', () => {
  const files = { 'contract/a.test.ts': lookingAt([]), 'server/b.test.ts': lookingAt([]) };
  const enough = runIn(projectWith(files), { script: 'test.ts', lookedAtLeast: 4 });
  assert.equal(enough.status, 0, enough.stderr);
  const sentence = 'Looked for 6 secrets in 4 databases, 4 logs and 18 answers: none found.';
  assert.ok(enough.stdout.includes(`\n${sentence}\n`), enough.stdout);
  assert.match(enough.stdout, SUMMARY_AT_END);
  const tooLittle = runIn(projectWith(files), { script: 'test.ts', lookedAtLeast: 5 });
  assert.equal(tooLittle.status, 1);
  assert.match(tooLittle.stderr, /hardly anything/);
});

test('a secret that got out fails the run, with its place, although every test passes', () => {
  const project = projectWith({ 'contract/a.test.ts': lookingAt(['"sk-…", plain, in the log']) });
  for (const args of [[], ['contract/a.test.ts']]) {
    const { status, stdout } = runIn(project, { script: 'test.ts', args });
    assert.equal(status, 1);
    assert.match(stdout, /answers: 1 found\.\n {2}"sk-…", plain, in the log\n/);
  }
});

const WIDELY_LOADED = { 'contract/wide.ts': 'export const wide = 1;' };

test('of the tests in a browser one journey is run, and all of them in the long run', () => {
  const project = projectWith({
    ...WIDELY_LOADED,
    'test/web/journey.test.ts': WIDE,
    'test/web/pages.test.ts': WIDE,
  });
  for (const isLong of [false, true]) {
    const { stdout } = runIn(project, { script: 'test.ts', isLong });
    assert.ok(stdout.includes(`\nℹ tests ${isLong ? 7 : 6}\n`), stdout);
  }
});

test('named files and folders run alone, without coverage', () => {
  const project = projectWith({ 'contract/broken.test.ts': FAILING });
  for (const [name, tests] of [
    ['server/filler-0.test.ts', 1],
    ['server', 5],
  ] as const) {
    const { status, stdout } = runIn(project, { script: 'test.ts', args: [name] });
    assert.equal(status, 0, stdout);
    assert.ok(stdout.includes(`\nℹ tests ${tests}\n`), stdout);
    assert.doesNotMatch(stdout, /coverage/);
  }
});
