/** Where the product cannot work it says so in a sentence and ends, whatever the command. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isInUse } from '../../server/storage/storage.ts';
import { runTollkeeper, type Settings, spawnTollkeeper, startTollkeeper } from '../harness.ts';

const root = mkdtempSync(join(tmpdir(), 'tollkeeper-places-'));
after(() => rmSync(root, { recursive: true, force: true }));

async function refused(
  args: readonly string[],
  of: { readonly dataDir: string; readonly settings?: Settings },
  words: RegExp,
): Promise<void> {
  const { status, stderr } = await runTollkeeper(args, of);
  assert.equal(status, 1, stderr);
  assert.match(stderr, words);
  assert.ok(!stderr.includes('    at '), stderr);
}

function folder(name: string): string {
  const path = join(root, name);
  mkdirSync(path);
  return path;
}

test('a folder that nobody can make ends the start, and does not keep it for ever', {
  timeout: 120_000,
}, async () => {
  const dataDir = folder('nowhere');
  const file = join(root, 'a-file');
  writeFileSync(file, '');
  for (const place of [join(file, 'data'), file]) {
    const message = new RegExp(`The folder ${place}.* cannot be made`);
    await assert.rejects(startTollkeeper({ dataDir, settings: { DATA_DIR: place } }), {
      name: 'ConfigError',
      message,
    });
  }
  // On Linux nothing can be made under /proc, although it is there; elsewhere it is not there.
  const settings = { PROXY_LOG_PATH: '/proc/tollkeeper/log/all.log' };
  await refused(['serve'], { dataDir, settings }, /The folder \/proc\S* cannot be made/);
});

test('a file that is no database, a taken port and a missing key file are told in a sentence', {
  timeout: 120_000,
}, async () => {
  const dataDir = folder('no-database');
  writeFileSync(join(dataDir, 'tollkeeper.db'), 'this is no database, and never was one\n');
  for (const command of ['serve', 'verify']) {
    await refused(
      [command],
      { dataDir },
      /tollkeeper\.db cannot be opened: file is not a database/,
    );
  }
  const broken = /^The backup could not be made\. \(.*file is not a database\)\n$/;
  await refused(['backup'], { dataDir }, broken);
  const empty = folder('empty-database');
  writeFileSync(join(empty, 'tollkeeper.db'), '');
  const unread = /^The database cannot be read now\. \(no such table: ledger_entries\)\n$/;
  await refused(['verify'], { dataDir: empty }, unread);
  const port = createServer().listen(0, '127.0.0.1').unref();
  await once(port, 'listening');
  const settings = { PORT: String((port.address() as AddressInfo).port) };
  const taken = /^127\.0\.0\.1:\d+ is taken by another program: .* --port\.$/m;
  await refused(['serve'], { dataDir: folder('taken'), settings }, taken);
  port.close();
  const keyFile = join(root, 'no-key');
  const flags = ['rotate-key', '--new-key-file', keyFile];
  await refused(flags, { dataDir: folder('no-key-file') }, /The new key cannot be read: .*no-key/);
});

test('a second process on the same database is told so, and changes nothing', {
  timeout: 120_000,
}, async () => {
  const dataDir = folder('shared');
  // In a process of its own: whoever looks at the files of a lock from within lets go of it.
  await using product = await spawnTollkeeper({ dataDir });
  const newKey = join(root, 'new-key');
  writeFileSync(newKey, randomBytes(32).toString('base64'));
  const before = readdirSync(dataDir);
  for (const command of [['serve'], ['rotate-key', '--new-key-file', newKey]]) {
    await refused(command, { dataDir }, /another process is using .*tollkeeper\.db; stop it first/);
  }
  // The commands of a test know no port.
  const nowhere = /cannot be asked at http:\S+ \(upstream_unreachable\): .* --host and --port\.$/m;
  await refused(['check', '--once'], { dataDir }, nowhere);
  assert.deepEqual(readdirSync(dataDir), before);
  assert.equal(isInUse(join(dataDir, 'tollkeeper.db')), true);
  await product.issueKey();
  await product.kill();
  assert.equal(isInUse(join(dataDir, 'tollkeeper.db')), false, 'whoever died holds nothing');
});
