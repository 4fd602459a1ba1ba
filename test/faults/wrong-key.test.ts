/** T72, T73 from the command line: what a wrong encryption key does to a start, and how one is changed. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runTollkeeper, type Settings, startTollkeeper } from '../harness.ts';

const SECRET = 'sk-canary-of-a-start-0123456789';

/** Every file with what is in it. */
function contentOf(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => statSync(join(folder, name)).isFile());
  const digest = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  return Object.fromEntries(names.map((name) => [name, digest(name)]));
}

async function storeKey(dataDir: string, settings: Settings): Promise<void> {
  await using product = await startTollkeeper({ dataDir, settings });
  const body = {
    platform: 'custom',
    name: 'mine',
    key: SECRET,
    base_url: 'https://llm.example.com',
  };
  await product.operator('/api/keys', { body });
}

test('a start with a wrong, missing or guessable key ends with a sentence and has written nothing', {
  timeout: 180_000,
}, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-wrong-key-'));
  const right = randomBytes(32).toString('base64');
  await storeKey(dataDir, { ENCRYPTION_KEY: right });
  const before = contentOf(dataDir);
  const wrong = { ENCRYPTION_KEY: randomBytes(32).toString('hex') };
  const { status, stdout, stderr } = await runTollkeeper(['serve'], { dataDir, settings: wrong });
  assert.equal(status, 1, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /is not the key of this database/);
  assert.ok(!stderr.includes('    at '), stderr);
  assert.deepEqual(contentOf(dataDir), before);
  const starts: readonly [Settings, RegExp][] = [
    [{}, /ENCRYPTION_KEY is not set and .*encryption-key is missing/],
    [{ MASTER_KEY: '0'.repeat(64) }, /MASTER_KEY \(environment\) is a pattern/],
    [{ ENV: 'production' }, /ENCRYPTION_KEY must be set with ENV=production/],
    [
      { ENCRYPTION_KEY: right, MASTER_KEY: randomBytes(32).toString('base64') },
      /ENCRYPTION_KEY \(environment\) and MASTER_KEY \(environment\) differ/,
    ],
  ];
  for (const [settings, words] of starts) {
    await assert.rejects(startTollkeeper({ dataDir, settings }), {
      name: 'ConfigError',
      message: words,
    });
    assert.deepEqual(contentOf(dataDir), before);
  }
  rmSync(dataDir, { recursive: true });
});

test('npm run rotate-key goes over to a new key from a file or standard input', {
  timeout: 180_000,
}, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-rotate-'));
  const [first, second, third] = [1, 2, 3].map(() => randomBytes(32).toString('base64'));
  const settings = (key = '') => ({ ENCRYPTION_KEY: key });
  await storeKey(dataDir, settings(first));
  const file = `${dataDir}.new-key`;
  writeFileSync(file, `${second}\n`);
  const rotate = (from: string | undefined, input = '', flags: readonly string[] = []) =>
    runTollkeeper(['rotate-key', ...flags], { dataDir, settings: settings(from), input });
  const byFile = await rotate(first, '', ['--new-key-file', file]);
  assert.equal(byFile.status, 0, byFile.stderr);
  assert.match(
    byFile.stdout,
    /^2 secrets under 1 data keys went from rk_\w+ to rk_\w+\. Set it as/,
  );
  const byInput = await rotate(second, third);
  assert.equal(byInput.status, 0, byInput.stderr);
  const again = await rotate(second, third);
  assert.match(again.stdout, /under this key already; nothing was changed/);
  const wrong = await rotate(first, randomBytes(32).toString('hex'));
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /is not the key of this database/);

  await using product = await startTollkeeper({ dataDir, settings: settings(third) });
  const { data } = (await product.operator('/api/keys')) as { data: { masked: string }[] };
  assert.deepEqual(
    data.map(({ masked }) => masked),
    ['sk-cana...6789'],
  );
  await product.close();
  rmSync(dataDir, { recursive: true });
  rmSync(file);
});
