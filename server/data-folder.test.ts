import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { ConfigError } from './config.ts';
import { generatedSecret, writeWhole } from './data-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollkeeper-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a secret is made once, for its owner alone, and found again', () => {
  const made = generatedSecret(folder, 'token');
  assert.deepEqual([made.isNew, made.value.length], [true, 43]);
  assert.equal(readFileSync(made.file, 'utf8'), `${made.value}\n`);
  if (process.platform !== 'win32') assert.equal(statSync(made.file).mode & 0o777, 0o600);
  assert.deepEqual(generatedSecret(folder, 'token'), { ...made, isNew: false });
  assert.deepEqual(readdirSync(folder), ['token']);
});

test('T20 a secret whose writing breaks off leaves nothing under its name, and the next start makes it', (t) => {
  if (process.platform === 'win32') return t.skip('it has no limit for the size of a file');
  const module = new URL('./data-folder.ts', import.meta.url).href;
  const make = `(await import(${JSON.stringify(module)})).generatedSecret(process.argv[1], 'token')`;
  // What the runner has every process write of its coverage would break off as well, and spoil that of all.
  const command = 'unset NODE_V8_COVERAGE; ulimit -f 0; exec "$0" --input-type=module -e "$1" "$2"';
  const args = ['-c', command, process.execPath, make, folder];
  const start = () => execFileSync('sh', args, { stdio: 'pipe' });
  assert.throws(start, /EFBIG/);
  assert.deepEqual(readdirSync(folder), []);
  assert.equal(generatedSecret(folder, 'token').isNew, true);
});

test('an empty file is no secret, which is told in words', () => {
  writeFileSync(join(folder, 'token'), '\n');
  const isPlain = (error: Error) =>
    error instanceof ConfigError && /token is empty: delete it/.test(error.message);
  assert.throws(() => generatedSecret(folder, 'token'), isPlain);
});

test('of two that write the same file, the later finds the whole of the first', () => {
  const file = join(folder, 'key');
  const written = [1, 2].map((n) => writeWhole(file, `text ${n}`, { over: false }));
  assert.deepEqual(written, [true, false]);
  assert.equal(readFileSync(file, 'utf8'), 'text 1');
  assert.equal(writeWhole(file, 'text 3', { over: true }), true);
  assert.equal(readFileSync(file, 'utf8'), 'text 3');
  assert.deepEqual(readdirSync(folder), ['key']);
});
