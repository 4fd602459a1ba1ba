/** `npm run verify` on a database that is at work, and on one that somebody has been at. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startTollkeeper } from '../harness.ts';

const ENTRY = fileURLToPath(new URL('../../server/main.ts', import.meta.url));
const INVARIANTS = ['I1', 'I2', 'I3', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9', 'I10', 'R1', 'R1'];

function verify(dataDir: string) {
  const env = { PATH: process.env['PATH'], DATA_DIR: dataDir };
  const options = { env, cwd: dataDir, encoding: 'utf8', timeout: 120_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [ENTRY, 'verify'], options);
  const lines = stdout.trim().split('\n');
  return { status, stderr, lines, breaches: lines.filter((line) => !line.startsWith('ok ')) };
}

test('verify tells every invariant with its figure, live or stopped, and fails on a breach', {
  timeout: 300_000,
}, async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-verify-'));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  await using product = await startTollkeeper({ dataDir });
  const key = { platform: 'openai', name: 'mine', key: 'sk-of-a-test-0123456789' };
  const { id } = (await product.operator('/api/keys', { body: key })) as { id: string };
  await product.operator('/admin/keys', { body: { label: 'ann', credits: 5 } });
  const live = verify(dataDir);
  assert.deepEqual([live.status, live.breaches, live.stderr], [0, [], '']);
  assert.deepEqual(
    live.lines.map((line) => line.split(/ +/)[1]),
    INVARIANTS,
  );
  for (const line of live.lines) assert.match(line, /: .*\d/, 'each has a figure');
  await product.close();

  const database = new DatabaseSync(join(dataDir, 'tollkeeper.db'));
  database.exec("update secrets set sealed = 'AAAA' where purpose = 'provider-key'");
  database.close();
  const stopped = verify(dataDir);
  assert.equal(stopped.status, 1);
  assert.deepEqual(stopped.breaches, [
    'BREACH I9  every stored secret opens: 2 secrets, 1 of them shut',
  ]);

  // T33: the server starts, and whoever looks at the key is told.
  await using again = await startTollkeeper({ dataDir });
  const reading = await again.operator(`/api/keys/${id}/trigger-check`, { method: 'POST' });
  const { ok, error } = reading as { ok: boolean; error: string };
  assert.equal(ok, false);
  assert.match(error, /^The stored secret cannot be opened/);
});
