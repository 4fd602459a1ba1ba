/** `npm run verify` on a database that is at work, and on one that somebody has been at. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { runTollkeeper, startTollkeeper } from '../harness.ts';

const INVARIANTS = ['I1', 'I2', 'I3', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9', 'I10', 'R1', 'R1'];

async function verify(dataDir: string) {
  const { status, stdout, stderr } = await runTollkeeper(['verify'], { dataDir });
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
  const live = await verify(dataDir);
  assert.deepEqual([live.status, live.breaches, live.stderr], [0, [], '']);
  assert.deepEqual(
    live.lines.map((line) => line.split(/ +/)[1]),
    INVARIANTS,
  );
  for (const line of live.lines) assert.match(line, /: .*\d/, 'each has a figure');
  await product.close();

  const database = new DatabaseSync(join(dataDir, 'tollkeeper.db'));
  // As a crash two days ago leaves it.
  const hold = { at: Date.now() - 2 * 86_400_000, expiresAt: Date.now() - 86_400_000 };
  const notes = JSON.stringify([['req_of_a_crash', { hold }]]);
  const insert = database.prepare('insert into open_notes (bundle, notes) values (1000000, ?)');
  insert.run(notes);
  const down = await verify(dataDir);
  assert.deepEqual([down.status, down.breaches], [0, []]);
  assert.match(down.lines.join('\n'), / 1 beyond their time, for the next start to settle$/m);
  database.exec('delete from open_notes');
  database.exec("update secrets set sealed = 'AAAA' where purpose = 'provider-key'");
  database.close();
  const stopped = await verify(dataDir);
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
