import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCalendar, type PeriodKind, periodAt } from './periods.ts';

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'America/Sao_Paulo',
  'America/Havana',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Asia/Beirut',
  'Pacific/Apia',
  'Africa/Casablanca',
];
const HOUR = 3_600_000;
const RUNS = process.env['LONG'] === '1' ? 100_000 : 3_000;
const SEED = process.env['SEED'];
const settings = { numRuns: RUNS, ...(SEED !== undefined && { seed: Number(SEED) }) };

const kind = fc.constantFrom<PeriodKind>('day', 'week', 'month');
const zone = fc.constantFrom(...ZONES);
const instant = fc.integer({ min: Date.UTC(1985, 0), max: Date.UTC(2060, 0) });

const iso = (epochMs: number) => new Date(epochMs).toISOString();
const hours = (of: PeriodKind, where: string, at: string) => {
  const { start, end } = periodAt(of, where, Date.parse(at));
  return (end - start) / HOUR;
};

test('an instant lies in its period, and every instant of a period names the same one', () => {
  const property = fc.property(
    kind,
    zone,
    instant,
    fc.double({ min: 0, max: 1, noNaN: true }),
    (k, z, at, part) => {
      const period = periodAt(k, z, at);
      assert.ok(period.start <= at && at < period.end, `${iso(at)} in ${period.key}`);
      const other = Math.min(
        period.end - 1,
        Math.floor(period.start + part * (period.end - period.start)),
      );
      assert.deepEqual(periodAt(k, z, other), period);
    },
  );
  fc.assert(property, settings);
});

test('periods follow each other without gap or overlap, and their names sort by time', () => {
  const property = fc.property(kind, zone, instant, (k, z, at) => {
    const period = periodAt(k, z, at);
    const next = periodAt(k, z, period.end);
    assert.equal(next.start, period.end);
    assert.ok(next.key > period.key, `${next.key} after ${period.key}`);
    assert.equal(periodAt(k, z, period.start - 1).end, period.start);
  });
  fc.assert(property, settings);
});

test('a period begins at local midnight of a first day, or where that is skipped at once after it', () => {
  const property = fc.property(kind, zone, instant, (k, z, at) => {
    const { start } = periodAt(k, z, at);
    const local = Temporal.Instant.fromEpochMilliseconds(start).toZonedDateTimeISO(z);
    assert.equal(local.startOfDay().epochMilliseconds, start);
    if (k === 'month') assert.equal(local.day, 1);
    // A week may begin on a day that the calendar of its zone left out.
    if (k === 'week' && z !== 'Pacific/Apia') assert.equal(local.dayOfWeek, 1);
  });
  fc.assert(property, settings);
});

test('a day of a clock change has 23 or 25 hours, half an hour less where the change is that small', () => {
  assert.equal(hours('day', 'Europe/Berlin', '2026-03-29T12:00:00Z'), 23);
  assert.equal(hours('day', 'Europe/Berlin', '2026-10-25T12:00:00Z'), 25);
  assert.equal(hours('day', 'Europe/Berlin', '2026-11-21T12:00:00Z'), 24);
  assert.equal(hours('day', 'Australia/Lord_Howe', '2026-10-04T06:00:00Z'), 23.5);
  assert.equal(hours('week', 'America/New_York', '2026-03-08T12:00:00Z'), 167);
});

test('a skipped midnight and a repeated one each begin one day', () => {
  const skipped = periodAt('day', 'America/Sao_Paulo', Date.parse('2018-11-04T12:00:00Z'));
  assert.equal(iso(skipped.start), '2018-11-04T03:00:00.000Z');
  assert.equal(skipped.end - skipped.start, 23 * HOUR);
  const repeated = periodAt('day', 'America/St_Johns', Date.parse('2010-11-07T12:00:00Z'));
  assert.equal(repeated.end - repeated.start, 25 * HOUR);
  const backInYesterday = Date.parse('2010-11-07T02:45:00Z');
  assert.equal(periodAt('day', 'America/St_Johns', backInYesterday).key, '2010-11-07');
});

test('months end with their last day, leap days included, and weeks begin on Monday', () => {
  assert.equal(hours('month', 'UTC', '2028-02-29T23:59:59.999Z'), 29 * 24);
  assert.equal(hours('month', 'UTC', '2026-02-28T12:00:00Z'), 28 * 24);
  const december = periodAt('month', 'UTC', Date.parse('2026-12-31T23:59:59.999Z'));
  assert.deepEqual([december.key, iso(december.end)], ['2026-12', '2027-01-01T00:00:00.000Z']);
  const week = periodAt('week', 'UTC', Date.parse('2027-01-02T00:00:00Z'));
  assert.deepEqual([week.key, iso(week.start)], ['2026-W53', '2026-12-28T00:00:00.000Z']);
  assert.equal(
    periodAt('day', 'Asia/Kathmandu', Date.parse('2026-11-20T18:15:00Z')).key,
    '2026-11-21',
  );
});

test('for ever has neither beginning nor end', () => {
  const { key, start, end } = periodAt('forever', 'UTC', 0);
  assert.deepEqual([key, start, end], ['ever', Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
});

test('a calendar answers as if it remembered nothing, and shares what it does remember', () => {
  const calendar = createCalendar();
  const property = fc.property(kind, zone, instant, (k, z, at) => {
    assert.deepEqual(calendar(k, z, at), periodAt(k, z, at));
  });
  fc.assert(property, { ...settings, numRuns: 300 });
  const noon = Date.parse('2026-11-21T12:00:00Z');
  assert.equal(calendar('day', 'UTC', noon), calendar('day', 'UTC', noon + HOUR));
});
