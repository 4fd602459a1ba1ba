import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyPatch, keyRequest } from '../../../contract/api/virtual-keys-api.ts';
import { localField } from '../ui/forms/local-field.ts';
import { blankDraft, changesIn, type KeyDraft, orderIn } from './key-draft.ts';

const blank = blankDraft('ada');
const limited: KeyDraft = {
  ...blank,
  name: 'crawler',
  limits: { ...blank.limits, requests_per_minute: '5', max_concurrent: '2' },
  amount: '12.50',
  models: ['gpt-4o*'],
};

test('a form that nobody touched changes nothing', () => {
  assert.deepEqual(changesIn(blank, blank), {});
  assert.deepEqual(orderIn(blank, { isOperator: false }), {});
});

test('only what was changed is sent, so that what others decided meanwhile stays', () => {
  const changed = { ...limited, limits: { ...limited.limits, max_concurrent: '' } };
  assert.deepEqual(changesIn(limited, changed), { limits: { max_concurrent: null } });
  assert.deepEqual(changesIn(limited, { ...limited, zone: 'Asia/Tokyo' }), {
    budget: { amount_usd: '12.50', period: 'month', zone: 'Asia/Tokyo' },
  });
});

test('what is emptied is taken away, and a period without an amount is no budget', () => {
  const bare = { ...limited, amount: '', models: [], name: ' ' };
  assert.deepEqual(changesIn(limited, bare), { budget: null, models: null, name: null });
  assert.deepEqual(changesIn(blank, { ...blank, period: 'week' }), {});
});

test('an order and a change are what the contract takes', () => {
  const full = { ...limited, expires: '2030-01-02T03:04', note: 'for tests', pin: 'pk_1' };
  assert.equal(keyRequest.parse(orderIn(full, { isOperator: true })).username, 'ada');
  assert.doesNotThrow(() => keyPatch.parse(changesIn(blank, full)));
});

test('the time of a field is the time that was meant, in the zone of the browser', () => {
  const at = new Date('2026-11-28T10:20:00Z');
  assert.equal(new Date(localField(at)).getTime(), at.getTime());
});

test('a year of five digits, which fields take, is left for the server to refuse', () => {
  const late = { ...blank, expires: '20260-01-01T00:00' };
  assert.deepEqual(changesIn(blank, late), { expires_at: late.expires });
  assert.ok(!keyPatch.safeParse(changesIn(blank, late)).success);
});
