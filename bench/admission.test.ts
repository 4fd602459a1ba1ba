import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runAdmission } from './admission.ts';

test('the cost of limits, wallets and budgets is told for each of them', async () => {
  const figures = await runAdmission({ rounds: 1, requests: 1_280, callersAtMost: 10 });
  assert.deepEqual(new Set(figures.map(({ name }) => name)).size, figures.length);
  for (const { name, micros, lowest } of figures) {
    assert.ok(micros > 0 && lowest > 0 && lowest <= micros, name);
  }
});
