/** The watch over every product that a test starts sees what gets out, and says where without telling it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readTally, TALLY_FILE, type Tally } from '../../scripts/leak-tally.ts';
import { COMPILED } from '../harness.ts';

const PLANTED = join(import.meta.dirname, 'planted.ts');

function planted(...ways: readonly string[]): { status: number | null; tally: Tally } {
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-tally-'));
  try {
    const file = join(folder, 'tally.jsonl');
    const env = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILED, [TALLY_FILE]: file };
    const { status, stderr } = spawnSync(process.execPath, [PLANTED, ...ways], {
      env,
      encoding: 'utf8',
      timeout: 120_000,
    });
    assert.doesNotMatch(stderr, /sk-planted|planted horse/);
    return { status, tally: readTally(file) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The places, each once, without the words on who started the product. */
const placesOf = ({ leaks }: Tally): string[] =>
  leaks.map((leak) => leak.replace(/ of what was started at .*$/, '')).sort();

describe('the watch over secrets', { timeout: 300_000 }, () => {
  test('finds nothing where nothing gets out, and has looked', () => {
    const { status, tally } = planted('nothing');
    assert.equal(status, 0);
    assert.deepEqual(tally.leaks, []);
    const { secrets, databases, logs, answers } = tally;
    assert.deepEqual([databases, logs], [1, 1]);
    assert.ok(secrets >= 4 && answers >= 1, JSON.stringify(tally));
  });

  test('fails the process and names the place of what got into an answer, the database or the log', () => {
    const { status, tally } = planted('label', 'encoded', 'token', 'password', 'log');
    assert.equal(status, 1);
    const secret = '"sk-…" of 31 letters';
    assert.deepEqual(placesOf(tally), [
      '"pla…" of 21 letters, plain, in an answer',
      '"pla…" of 21 letters, plain, in tollkeeper.db',
      `${secret}, in base64, in an answer`,
      `${secret}, in base64, in tollkeeper.db`,
      `${secret}, plain, in an answer`,
      `${secret}, plain, in the log`,
      `${secret}, plain, in tollkeeper.db`,
      '"tk_…" of 52 letters, plain, in tollkeeper.db',
    ]);
    for (const leak of tally.leaks) assert.match(leak, /started at .*planted\.ts:\d+/);
  });

  test('looks at a process that was killed, and at what no test ended', () => {
    const { status, tally } = planted('elsewhere');
    assert.equal(status, 1);
    const places = placesOf(tally).map((place) => place.replace(/^.*, plain, /, ''));
    assert.ok(places.includes('in an answer') && places.includes('in the log'), places.join());
    assert.ok(
      places.some((place) => /^in tollkeeper\.db/.test(place)),
      places.join(),
    );
    assert.equal(tally.databases, 2);
  });
});
