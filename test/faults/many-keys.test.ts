import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSound, watchManyKeys } from '../../bench/monitor.ts';

test('passes over many keys check each once, at the rate of a provider in trouble, and raise nothing false', async () => {
  const report = await watchManyKeys({ keys: 400, rate: 200, passes: 2, providerCore: null });
  assert.ok(isSound(report), JSON.stringify(report));
});
