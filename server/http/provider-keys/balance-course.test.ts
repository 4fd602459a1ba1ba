import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { type Nanos, nanos } from '../../../contract/money.ts';
import { createReadings, type Reading } from '../../monitoring/monitoring.ts';
import { NOW, OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';
import { type Headers, register, speakTo } from '../people/people-for-tests.ts';
import { courseOf, endingFirst } from './balance-course.ts';

const DAY_MS = 86_400_000;
const dollars = (amount: number): Nanos => nanos(Math.round(amount * 1e9));

let edge: TestEdge;
const ids: Record<string, string> = {};
let member: Headers;

before(async () => {
  edge = await openTestEdge();
  const { post } = speakTo(edge);
  for (const name of ['first', 'late', 'yuan']) {
    const key = { platform: 'deepseek', name, key: `sk-${name}-0123456789abcdef` };
    const reply = await post('/api/keys', { ...key, purposes: ['watch'] }, OPERATOR);
    assert.equal(reply.statusCode, 201, reply.body);
    ids[name] = reply.json().id;
  }
  member = (await register(edge)).jwt;
  await read('first', -2.5, 10, 'USD');
  await read('first', -1.5, 8, 'USD');
  await read('late', -0.25, 3.1, 'USD');
  await read('yuan', -5, 70, 'CNY');
});
after(() => edge.close());

async function read(name: string, days: number, balance: number, currency: string) {
  const { append } = createReadings(edge.storage);
  const reading: Reading = {
    ...{ keyId: ids[name] ?? '', at: NOW + days * DAY_MS, ok: true, currency, error: null },
    ...{ balance: dollars(balance), source: 'reported', status: 'healthy' },
  };
  await edge.storage.commit([append(reading)]);
}

const inPlan = (id: string) => sql`insert into key_health (provider_key_id, lane, status, refusals,
  failures, strikes, rules, scheduled_at) values (${id}, 'deepseek', 'healthy', 0, 0, 0, '', ${NOW})`;

const ask = (query: string, as: Headers = OPERATOR) =>
  speakTo(edge).get(`/api/balances/course${query}`, as);

describe('GET /api/balances/course', () => {
  test('sums up each currency for itself, a key from its first reading on', async () => {
    const reply = await ask('?start=2026-11-18&end=2026-11-21');
    assert.equal(reply.statusCode, 200, reply.body);
    const { data } = reply.json();
    assert.deepEqual(data.currencies, [
      {
        ...{ currency: 'CNY', keys: 1, balance: 70, values: [70, 70, 70, null] },
        change: { keys: 1, from: 70, to: 70 },
      },
      {
        ...{ currency: 'USD', keys: 2, balance: 11.1, values: [10, 8, 11.1, null] },
        change: null,
      },
    ]);
    // Of the two keys only the first had a balance before: what the other brought is no change.
    const { data: later } = (await ask('?start=2026-11-19&end=2026-11-20')).json();
    assert.deepEqual(later.currencies[1].change, { keys: 1, from: 10, to: 8 });
    assert.deepEqual(
      data.buckets.map(({ label, complete }: Record<string, unknown>) => [label, complete]),
      [
        ['2026-11-18', true],
        ['2026-11-19', true],
        ['2026-11-20', false],
        ['2026-11-21', false],
      ],
    );
    assert.equal(data.runway, null);
  });

  test('is told by the hour too, and over ranges that can be', async () => {
    const { data } = (await ask('?start=2026-11-20&end=2026-11-20&bucket=hour')).json();
    const usd = data.currencies.find(({ currency }: { currency: string }) => currency === 'USD');
    assert.deepEqual(usd.values.slice(5, 7), [8, 11.1]);
    assert.equal(usd.values.length, 24);
    assert.equal(usd.values.at(-1), null);
    assert.equal((await ask('?start=2020-01-01&end=2026-11-20')).statusCode, 422);
  });

  test('goes on where balances together are more than can be counted', async () => {
    // The anchor is the owner's word, so no member may keep the operator from seeing the others.
    for (const name of ['first', 'late']) await read(name, -0.1, 9_000_000, 'USD');
    const set = sql`update key_health set balance_nanos = ${dollars(9_000_000)}, currency = 'USD',
      source = 'estimated', balance_at = ${NOW}`;
    for (const name of ['first', 'late']) {
      await edge.storage.commit([inPlan(ids[name] ?? '').compile(edge.storage.db)]);
    }
    await edge.storage.commit([set.compile(edge.storage.db)]);
    const { data } = (await ask('?start=2026-11-18')).json();
    assert.equal(data.currencies[1].balance, 18_000_000);
    const now = await speakTo(edge).get('/api/balances', OPERATOR);
    assert.equal(now.statusCode, 200, now.body);
    assert.deepEqual(now.json().totals, [{ currency: 'USD', balance: 18_000_000, keys: 2 }]);
  });

  test('shows a member their own keys only', async () => {
    const { data } = (await ask('?start=2026-11-18', member)).json();
    assert.deepEqual(data.currencies, []);
  });
});

test('the runway is that of the key that may end first, then and now', async () => {
  const keys = ['a', 'b', 'c'].map((id) => ({ id, name: `key ${id}` }));
  const runway = (hours: number) => ({ hours, lowHours: hours / 2, highHours: null });
  const states = new Map([
    ['a', { runway: runway(96) }],
    ['b', { runway: runway(48) }],
    ['c', { runway: null }],
  ]);
  const watched = [...states].map(([id, status]) => ({ id, status }));
  assert.equal(endingFirst(watched)?.id, 'b');
  assert.equal(endingFirst(watched.slice(2)), null);
  const asked: unknown[] = [];
  const monitoring = {
    statuses: async () => states,
    courses: async () => new Map(),
    runwaysAt: async (id: string, ends: readonly number[]) => {
      asked.push(
        id,
        ends.map((at) => at - NOW),
      );
      return ends.map((_, at) => (at === 1 ? null : runway(24 * (10 - at))));
    },
  };
  const query = { start: '2026-11-19', end: '2026-11-21', bucket: 'day' } as const;
  const deps = { monitoring, clock: { now: () => NOW } };
  const { data } = await courseOf(deps as never, keys as never, query);
  assert.deepEqual(data.runway, {
    ...{ key_id: 'b', name: 'key b', days: 8, previous_days: 10, values: [null, 8, null] },
  });
  // The end of the range before, then of each day; the present one ends now.
  assert.deepEqual(asked, ['b', [-1.5 * DAY_MS, -0.5 * DAY_MS, 1]]);
});
