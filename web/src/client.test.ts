import assert from 'node:assert/strict';
import { test } from 'node:test';
import { providerKeyChange } from '../../contract/api/provider-keys-api.ts';
import { jsonOf } from './client.ts';
import { changesIn, draftOf } from './keys/key-draft.ts';
import type { ProviderKey } from './keys/provider-key.ts';

const KEY = { name: 'spare', description: null, purposes: ['watch'], check_interval_minutes: 5 };

test('an interval that is no number is refused, and does not take the interval away', () => {
  const before = draftOf(KEY as unknown as ProviderKey);
  const sent = jsonOf(changesIn(before, { ...before, interval: '10 min' }));
  const found = providerKeyChange.safeParse(JSON.parse(sent));
  assert.deepEqual(
    found.error?.issues.map(({ path }) => path.join('.')),
    ['check_interval_minutes'],
  );
});

test('everything else is sent as it is', () => {
  const body = { name: 'a', limits: { requests_per_day: 5, tokens_per_day: null }, models: ['m'] };
  assert.equal(jsonOf(body), JSON.stringify(body));
});
