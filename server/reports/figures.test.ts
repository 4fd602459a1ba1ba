import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { GROUPS, type Group, METRICS, type Metric } from '../../contract/api/figures-api.ts';
import { formatDollars, nanos } from '../../contract/money.ts';
import { UNKNOWN_USAGE } from '../../contract/usage.ts';
import { type Clock, systemClock } from '../clock.ts';
import { usageRecord } from '../records/record-for-tests.ts';
import { createRecords, type UsageRecord } from '../records/records.ts';
import { openSqlite, type Storage } from '../storage/storage.ts';
import { METRIC_RULES, picking } from './measures.ts';
import {
  createReports,
  named,
  type ReportedOrder,
  type Reports,
  readerOf,
  type Series,
  spanOf,
  ttftQuantile,
} from './reports.ts';

const NOW = Date.parse('2026-11-20T12:30:00Z');
const HOUR_MS = 3_600_000;
const clock: Clock = { ...systemClock, now: () => NOW };

const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-figures-'));
let storage: Storage;
let reports: Reports;
let all: readonly UsageRecord[];

/** A hundred hours of records of three users, spread by arithmetic: the same in every run. */
function manyRecords(): readonly UsageRecord[] {
  return Array.from({ length: 400 }, (_, index): UsageRecord => {
    const at = NOW - Math.floor((index * 977) % 100) * HOUR_MS - (index % 60) * 60_000;
    const user = index % 3;
    const refused = index % 17 === 0;
    const failed = index % 13 === 0;
    return usageRecord({
      id: `req_${at.toString(16).padStart(12, '0')}${String(index).padStart(4, '0')}`,
      virtualKeyId: `vk_${user}_${index % 2}`,
      userId: `usr_${user}`,
      providerId: refused ? null : `provider_${index % 2}`,
      providerKeyId: refused ? null : `pk_${index % 4}`,
      model: refused ? null : `model_${(index * 7) % 5}`,
      outcome: refused ? 'refused' : failed ? 'failed' : 'completed',
      tokens: { ...UNKNOWN_USAGE, input: index, output: index % 50, cachedInput: index % 9 },
      cost: index % 11 === 0 ? null : nanos(index * 1_000 + 1),
      costSource: refused || failed ? 'none' : 'catalogue',
      charge: user === 0 ? null : { amount: nanos(index), held: nanos(index), plan: 'flat' },
      startedAt: at,
      ttftMs: 20 + ((index * 131) % 3_000),
      durationMs: 900,
    });
  });
}

before(async () => {
  storage = await openSqlite({ file: join(folder, 'test.db'), clock });
  const records = createRecords({ storage, clock });
  reports = createReports({ storage, clock });
  all = manyRecords();
  await Promise.all(all.map((record) => storage.commit(records.finish(record, null))));
});
after(async () => {
  await storage.close();
  rmSync(folder, { recursive: true, force: true });
});

const nameIn = (record: UsageRecord, group: Group): string =>
  ({
    model: record.model ?? 'unknown',
    user: record.userId,
    key: record.virtualKeyId,
    provider: record.providerId ?? '',
    provider_key: record.providerKeyId ?? '',
  })[group];

/** The sums that a metric is made of, counted one record after the other. */
const counted = (records: readonly UsageRecord[]) => {
  const owed = records.filter((one) => one.outcome !== 'refused' && one.costSource !== 'none');
  const add = (figure: (one: UsageRecord) => number | null) =>
    owed.reduce((sum, one) => sum + (figure(one) ?? 0), 0);
  return {
    requests: owed.length,
    errors: records.filter(({ outcome }) => outcome === 'failed').length,
    tokens: add(({ tokens }) => tokens.input) + add(({ tokens }) => tokens.output),
    spend: add(({ cost }) => cost),
    unpriced: owed.filter(({ cost }) => cost === null).length,
  };
};

const within = (start: number, end: number) => (record: UsageRecord) =>
  record.startedAt >= start && record.startedAt < end;

const METRICS_COUNTED = ['requests', 'errors', 'tokens', 'spend'] as const;
type Counted = ReturnType<typeof counted>;
const onTheWire = (metric: (typeof METRICS_COUNTED)[number], sums: Counted) => {
  if (metric !== 'spend') return sums[metric];
  const isUnknown = sums.requests > 0 && sums.unpriced === sums.requests;
  return isUnknown ? null : formatDollars(nanos(sums.spend));
};

const anyOrder = fc.record({
  metric: fc.constantFrom(...METRICS_COUNTED),
  groups: fc.uniqueArray(fc.constantFrom(...GROUPS), { maxLength: 2 }),
  bucket: fc.constantFrom('hour', 'day', 'week', 'month', 'none'),
  zone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/St_Johns'),
  days: fc.constantFrom(
    { start: '2026-11-17', end: '2026-11-20' },
    { start: '2026-11-20', end: '2026-11-20' },
    { start: '2026-11-17T05:00:00Z', end: '2026-11-19T23:10:00Z' },
  ),
  top: fc.integer({ min: 1, max: 4 }),
  userId: fc.constantFrom(null, 'usr_1'),
  names: fc.constantFrom({}, { model: 'model_2' }, { key: 'vk_1_0' }, { provider: 'provider_1' }),
});

describe('a chart', () => {
  test('shows what the records say, however it is cut, and its series add up to the total', async () => {
    await fc.assert(
      fc.asyncProperty(anyOrder, async ({ metric, groups, bucket, zone, days, top, ...of }) => {
        const span = spanOf({ ...days, zone, bucket }, NOW);
        const selection = { userId: of.userId, names: of.names };
        const chart = await reports.chart({ span, selection, metric, groups, top });
        const value = readerOf(metric, chart.total.measures);
        const meant = all.filter(
          (record) =>
            (of.userId === null || record.userId === of.userId) &&
            Object.entries(of.names).every(
              ([group, name]) => nameIn(record, group as Group) === name,
            ),
        );
        const expected = (records: readonly UsageRecord[]) => onTheWire(metric, counted(records));
        const now = meant.filter(within(span.start, span.end));
        assert.equal(value(chart.total.total), expected(now));
        const before = meant.filter(within(span.previous.start, span.previous.end));
        assert.equal(value(chart.total.previous), expected(before));
        span.buckets.forEach(({ start, end }, index) => {
          const figures = chart.total.buckets[index];
          assert.ok(figures);
          assert.equal(value(figures), expected(now.filter(within(start, end))));
        });
        const told = chart.series.filter(({ names }) => names !== null);
        assert.ok(told.length <= top);
        for (const one of told) {
          const value = readerOf(metric, one.measures);
          const mine = (record: UsageRecord) =>
            groups.every((group, index) => nameIn(record, group) === one.names?.[index]);
          assert.equal(value(one.total), expected(now.filter(mine)));
          span.buckets.forEach(({ start, end }, index) => {
            const figures = one.buckets[index];
            assert.ok(figures);
            assert.equal(value(figures), expected(now.filter(mine).filter(within(start, end))));
          });
        }
        if (groups.length === 0) return;
        const { measures, weight } = METRIC_RULES[metric];
        const weigh = (one: Series) => weight(picking(measures, one.measures)(one.total));
        const parts = chart.series.reduce((sum, one) => sum + weigh(one), 0);
        assert.equal(parts, weigh(chart.total));
      }),
      { numRuns: 80 },
    );
  });

  test('has a value, or null, for every metric', async () => {
    const span = spanOf(
      { start: '2019-01-01', end: '2019-01-02', zone: 'UTC', bucket: 'day' },
      NOW,
    );
    const selection = { userId: null, names: {} };
    for (const metric of Object.keys(METRICS) as Metric[]) {
      const chart = await reports.chart({ span, selection, metric, groups: ['model'], top: 3 });
      const empty = readerOf(metric, chart.total.measures)(chart.total.total);
      const isKnown = !/average|rate|ttft/.test(metric);
      assert.equal(empty === null, !isKnown, metric);
    }
  });
});

test('the time to the first byte is read from its classes to some per cent', async () => {
  const span = spanOf({ start: '2026-11-10', end: '2026-11-20', zone: 'UTC', bucket: 'none' }, NOW);
  const { measures, total } = await reports.total({ span, selection: { userId: null, names: {} } });
  const owed = all.filter(
    ({ outcome, costSource }) => outcome !== 'refused' && costSource !== 'none',
  );
  const times = owed.map(({ ttftMs }) => ttftMs ?? 0).sort((a, b) => a - b);
  for (const share of [0.1, 0.5, 0.9, 0.95, 0.99]) {
    const exact = times[Math.ceil(share * times.length) - 1] ?? 0;
    const read = ttftQuantile(named(measures, total), share) ?? 0;
    assert.ok(Math.abs(read - exact) / exact < 0.12, `${share}: ${read} for ${exact}`);
  }
});

describe('what providers report', () => {
  const reported = [
    ['pk_1', '2026-11-18', 'a', 10, 3_000, 'USD'],
    ['pk_1', '2026-11-19', 'a', 20, 5_000, 'USD'],
    ['pk_1', '2026-11-19', 'b', 7, null, 'USD'],
    ['pk_2', '2026-11-19', 'a', 1, 9_000, 'CNY'],
    ['pk_2', '2026-11-20', 'a', 2, 1_000, 'USD'],
  ] as const;
  const span = spanOf({ start: '2026-11-19', end: '2026-11-20', zone: 'UTC', bucket: 'day' }, NOW);
  const chart = (more: Partial<ReportedOrder>) =>
    reports.reportedChart({
      ...{ span, metric: 'spend', groups: ['model'], top: 5, keyIds: null, model: null },
      ...more,
    });
  const valuesOf = ({ measures, buckets }: Series) => buckets.map(readerOf('spend', measures));
  const requestsOf = ({ measures, total }: Series) => named(measures, total).requests;

  before(async () => {
    const rows = reported.map(([provider_key_id, date, model, requests, cost_nanos, currency]) => ({
      ...{ provider_key_id, date, model, requests, cost_nanos, currency },
      ...{ input_tokens: 1, cached_tokens: null, output_tokens: 1, reasoning_tokens: null },
      ...{ complete: 1, synced_at: NOW },
    }));
    await storage.commit(
      rows.map((row) => storage.db.insertInto('provider_usage').values(row).compile()),
    );
  });

  test('is charted by day, and what was told without dollars has no known price', async () => {
    const { series, total } = await chart({});
    assert.deepEqual(
      series.map((one) => [one.names, valuesOf(one)]),
      [
        [['a'], ['0.000005', '0.000001']],
        [['b'], [null, '0']],
      ],
    );
    assert.deepEqual(valuesOf(total), ['0.000005', '0.000001']);
    assert.equal(named(total.measures, total.total).unpriced, 8);
    assert.equal(readerOf('spend', total.measures)(total.previous), '0.000003');
  });

  test('is charted by week and month too', async () => {
    const order = { start: '2026-11-18', end: '2026-11-20', zone: 'UTC' };
    for (const bucket of ['week', 'month'] as const) {
      const { total } = await chart({ span: spanOf({ ...order, bucket }, NOW), groups: [] });
      assert.deepEqual(valuesOf(total), ['0.000009']);
    }
  });

  test('is one sum where one bucket is asked for, and the rest of the series is what they leave', async () => {
    const whole = spanOf(
      { start: '2026-11-19', end: '2026-11-20', zone: 'UTC', bucket: 'none' },
      NOW,
    );
    const groups = ['model', 'provider_key'] as const;
    const { series, groupsTotal } = await chart({
      span: whole,
      groups,
      top: 1,
      metric: 'requests',
    });
    assert.equal(groupsTotal, 3);
    assert.deepEqual(
      series.map((one) => [one.names, requestsOf(one)]),
      [
        [['a', 'pk_1'], 20],
        [null, 10],
      ],
    );
  });

  test('is that of the keys and the model that are asked for', async () => {
    const requests = async (more: Partial<ReportedOrder>) =>
      requestsOf((await chart({ groups: [], ...more })).total);
    assert.equal(await requests({ keyIds: ['pk_2'] }), 3);
    assert.equal(await requests({ keyIds: [] }), 0);
    assert.equal(await requests({ model: 'b' }), 7);
  });
});

describe('a range', () => {
  const rangeOf = (more: Partial<Parameters<typeof spanOf>[0]>) =>
    spanOf({ zone: 'UTC', bucket: 'day', ...more }, NOW);

  test('of a day on which the clocks change has 23 or 25 hours', () => {
    const hours = (day: string) =>
      rangeOf({ start: day, end: day, zone: 'Europe/Berlin', bucket: 'hour' }).buckets.length;
    assert.deepEqual([hours('2026-03-29'), hours('2026-10-25'), hours('2026-11-20')], [23, 25, 24]);
  });

  test('in a zone that is off by part of an hour begins with that hour, and says so', () => {
    const { start, end, isMoved, buckets } = rangeOf({
      start: '2026-11-19',
      end: '2026-11-20',
      zone: 'Asia/Kolkata',
    });
    assert.equal(isMoved, true);
    assert.equal(start, Date.parse('2026-11-18T18:00:00Z'));
    assert.equal(end, Date.parse('2026-11-20T18:00:00Z'));
    assert.deepEqual(
      buckets.map(({ label }) => label),
      ['2026-11-19', '2026-11-20'],
    );
    assert.equal(rangeOf({ zone: 'Europe/Berlin' }).isMoved, false);
  });

  test('of weeks and months keeps to those of the zone, and says of which it has only a part', () => {
    const told = (more: Partial<Parameters<typeof spanOf>[0]>) =>
      rangeOf({ zone: 'Europe/Berlin', ...more }).buckets.map(
        ({ label, start, end, isWhole }) => [label, (end - start) / 3_600_000, isWhole] as const,
      );
    assert.deepEqual(told({ start: '2026-10-14', end: '2026-10-27', bucket: 'week' }), [
      ['2026-W42', 5 * 24, false],
      // The clocks are set back in this one.
      ['2026-W43', 7 * 24 + 1, true],
      ['2026-W44', 2 * 24, false],
    ]);
    assert.deepEqual(told({ start: '2026-01-01', end: '2026-03-31', bucket: 'month' }), [
      ['2026-01', 31 * 24, true],
      ['2026-02', 28 * 24, true],
      ['2026-03', 31 * 24 - 1, true],
    ]);
    assert.deepEqual(told({ start: '2025-12-29', end: '2026-01-04', bucket: 'week' }), [
      ['2026-W01', 7 * 24, true],
    ]);
    const part = { start: '2026-11-19T05:00:00Z', end: '2026-11-20T00:00:00Z' };
    assert.deepEqual(
      rangeOf({ ...part, zone: 'UTC' }).buckets.map(({ isWhole }) => isWhole),
      [false],
    );
  });

  test('that was asked about before is cut in the same way, but compared anew as time goes on', () => {
    const order = { start: '2026-11-20', end: '2026-11-20', zone: 'UTC', bucket: 'hour' } as const;
    const [before, later] = [spanOf(order, NOW), spanOf(order, NOW + HOUR_MS)];
    assert.deepEqual(later.buckets, before.buckets);
    assert.equal(later.previous.end, before.previous.end + HOUR_MS);
    const turn = Date.parse('2026-11-20T18:30:00Z');
    const [evening, night] = [turn - 1, turn].map((now) =>
      spanOf({ zone: 'Asia/Kolkata', bucket: 'day' }, now).buckets.map(({ label }) => label),
    );
    assert.deepEqual([evening?.at(-1), night?.at(-1)], ['2026-11-20', '2026-11-21']);
    for (const at of [NOW, turn]) {
      for (const { start, end, startsAt, endsAt } of rangeOf({ end: new Date(at).toISOString() })
        .buckets) {
        assert.deepEqual([Date.parse(startsAt), Date.parse(endsAt)], [start, end]);
      }
    }
  });

  test('that has not ended is compared with as much of the one before', () => {
    const { previous } = rangeOf({ start: '2026-11-20', end: '2026-11-20' });
    assert.equal(previous.start, Date.parse('2026-11-19T00:00:00Z'));
    assert.equal(previous.end, Date.parse('2026-11-19T13:00:00Z'));
    const ended = rangeOf({ start: '2026-11-18', end: '2026-11-19' }).previous;
    assert.equal(ended.end, Date.parse('2026-11-18T00:00:00Z'));
  });

  for (const [what, order] of [
    ['ends before it starts', { start: '2026-11-20', end: '2026-11-19' }],
    ['is longer than a year', { start: '2024-01-01', end: '2026-01-01' }],
    ['has too many hours', { start: '2026-01-01', end: '2026-03-01', bucket: 'hour' }],
    ['lies in no zone', { zone: 'Europe/Nowhere' }],
  ] as const) {
    test(`that ${what} is refused in words`, () => {
      assert.throws(() => rangeOf(order), { code: 'validation_failed' });
    });
  }
});
