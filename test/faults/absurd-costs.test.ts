/** A provider that states what nobody is billed: on record, flagged, and no reason for a report to fail. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nanos } from '../../contract/money.ts';
import { chat } from '../fake-upstream/ask.ts';
import { ADMIN_TOKEN } from '../harness.ts';
import { askHolder, openHolder, PLENTY } from './holder.ts';
import { openStand } from './stand.ts';

const MILLION = 1_000_000_000_000_000;
const absurd = chat('cost=1000000 tokens=3', { max_tokens: 10 });

test('T24 a markup on a cost of a million dollars is on record, flagged, and takes no more than was held', {
  timeout: 60_000,
}, async () => {
  const settings = { MARKUP: '10', DEFAULT_PLAN: 'cost' };
  await using holder = await openHolder(PLENTY, { provider: 'OPENROUTER', settings });
  const { answer, record, charge } = await askHolder(holder, { body: absurd });
  assert.deepEqual([answer.status, record.outcome, record.flawed], [200, 'completed', 1]);
  assert.equal(record.cost_nanos, MILLION);
  assert.equal(charge, record.hold_nanos);
});

test('T24 a wallet that can count no more is charged nothing, and the request is on record', {
  timeout: 60_000,
}, async () => {
  const settings = { DEFAULT_PLAN: 'cost' };
  await using holder = await openHolder(PLENTY, { provider: 'OPENROUTER', settings });
  const { ledger } = holder.stand.product.rooms;
  const { userId } = holder;
  await ledger.defineWallet({ userId, kind: 'metered', plan: null, markupPpm: null });
  const amount = nanos(-Number.MAX_SAFE_INTEGER);
  await ledger.post({ account: userId, kind: 'correction', amount, reason: 'all there is' });
  const body = chat('cost=999999 tokens=3', { max_tokens: 10 });
  const { answer, record, charge } = await askHolder(holder, { body });
  assert.deepEqual([answer.status, record.flawed, charge], [200, 1, 0]);
});

/** Everything that adds up what was spent. */
const REPORTS = [
  ...['/api/figures', '/api/figures?group=user&cumulative=true', '/api/overview'],
  ...['/reports/data', '/reports/data?format=csv', '/api/v1/stats?source=gateway'],
  ...['/api/v1/usage?source=gateway', '/api/v1/keys?source=gateway', '/data?source=gateway'],
  ...['/api/users?start=2020-01-01&end=2020-01-02', '/admin/monitor', '/metrics'],
] as const;

test('more than can be counted is shown as the nearest number, and no report fails for it', {
  timeout: 60_000,
}, async () => {
  await using stand = await openStand({ provider: 'OPENROUTER' });
  for (let count = 0; count < 12; count++) await stand.ask({ body: absurd });
  await stand.settled(12);
  const key = stand.product.rooms.accounts.keys.find(stand.token);
  const today = new Date().toISOString().slice(0, 10);
  const ours = [`/admin/usage/${key?.id}`, `/api/users?start=${today}&sort=-spend`];
  for (const path of [...REPORTS, ...ours]) {
    const headers = { 'x-admin-token': ADMIN_TOKEN };
    const answer = await fetch(stand.product.url + path, { headers });
    assert.equal(answer.status, 200, `${path}: ${await answer.text()}`);
  }
  const { data } = (await stand.product.operator('/api/figures')) as {
    data: { total: { value: string } };
  };
  assert.equal(data.total.value, '12000000');
  const own = await stand.ask({ path: '/key', method: 'GET', body: undefined });
  assert.equal(own.status, 200, own.text);
});
