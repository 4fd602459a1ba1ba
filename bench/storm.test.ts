import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isClean, runStorm } from './storm.ts';

test('a small storm overspends nothing, refuses nobody wrongly and leaves sound books', async () => {
  const report = await runStorm({ attempts: 8_000, wallets: 20, seed: 7 });
  assert.ok(isClean(report), JSON.stringify(report));
  assert.ok(report.admitted > 100 && report.refused > 1_000, JSON.stringify(report));
});
