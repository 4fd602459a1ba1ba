import assert from 'node:assert/strict';
import { text as textOf } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { costByUser } from '../../../contract/api/reports-api.ts';
import { ZERO } from '../../../contract/money.ts';
import { Failure } from '../../failure.ts';
import { NOW, OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';
import { rangeOf, reportsHandlers } from './reports-routes.ts';

let edge: TestEdge;
before(async () => {
  edge = await openTestEdge();
});
after(() => edge.close());

const ask = (query: string) =>
  edge.http.instance.inject({ url: `/reports/data${query}`, headers: OPERATOR });

describe('GET /reports/data', () => {
  test('covers the last 30 UTC days, today included, unless asked otherwise', async () => {
    const report = (await ask('')).json();
    assert.equal(report.start, '2026-10-22');
    assert.equal(report.end, '2026-11-20');
    assert.equal(report.daily.length, 30);
    assert.equal(report.daily[0].date, '2026-10-22');
    assert.equal(report.daily[29].date, '2026-11-20');
  });

  test('answers cost by user and day, as JSON numbers in dollars', async () => {
    const issued = await edge.http.instance.inject({
      method: 'POST',
      url: '/admin/keys',
      headers: OPERATOR,
      payload: { label: 'ann' },
    });
    await edge.record({ id: issued.json().id, userId: 'usr_ann' });
    const reply = await ask('?start=2026-11-19&end=2026-11-20');
    assert.equal(reply.statusCode, 200);
    assert.equal(reply.headers['content-type'], 'application/json; charset=utf-8');
    assert.deepEqual(costByUser.parse(reply.json()), reply.json());
    assert.deepEqual(reply.json(), {
      start: '2026-11-19',
      end: '2026-11-20',
      by_user: [
        { label: 'usr_ann', requests: 1, unpriced_requests: 0, tokens: 12, cost_usd: 0.000021 },
      ],
      daily: [
        { date: '2026-11-19', cost_usd: 0, cumulative_cost_usd: 0 },
        { date: '2026-11-20', cost_usd: 0.000021, cumulative_cost_usd: 0.000021 },
      ],
      daily_by_user: [
        { date: '2026-11-19', label: 'usr_ann', cost_usd: 0 },
        { date: '2026-11-20', label: 'usr_ann', cost_usd: 0.000021 },
      ],
      as_of: new Date(NOW).toISOString(),
    });
  });

  test('is written in portions, between which others have their turns', async () => {
    const label = 'ann';
    const dailyByUser = Array.from({ length: 5_000 }, () => ({
      date: '2026-11-20',
      label,
      cost: ZERO,
    }));
    const report = { byUser: [], daily: [], dailyByUser };
    const { costByUser } = reportsHandlers({
      reports: { costByUser: async () => report },
      clock: { now: () => NOW },
    });
    const asked = { query: {}, caller: { kind: 'operator' }, reply: { header: () => undefined } };
    const written = await costByUser(asked as never);
    let turns = 0;
    let turning = setImmediate(function turn() {
      turns++;
      turning = setImmediate(turn);
    });
    const text = await textOf(written as never);
    clearImmediate(turning);
    assert.ok(turns >= 10, `${turns} turns`);
    assert.equal(JSON.parse(text).daily_by_user.length, 5_000);
  });

  test('says the same as a file in each format, and marks it as one', async () => {
    const range = '?start=2026-11-19&end=2026-11-20';
    const rows = (await ask(range)).json().daily_by_user;
    const [json, lines, csv] = await Promise.all(
      ['json', 'jsonl', 'csv'].map((format) => ask(`${range}&format=${format}`)),
    );
    assert.deepEqual(json?.json(), rows);
    const ofLines = lines?.body.trim().split('\n');
    assert.deepEqual(
      ofLines?.map((line) => JSON.parse(line)),
      rows,
    );
    assert.equal(
      csv?.body,
      'date,label,cost_usd\r\n2026-11-19,usr_ann,0\r\n2026-11-20,usr_ann,0.000021\r\n',
    );
    assert.equal(csv?.headers['content-disposition'], 'attachment; filename="costs.csv"');
    assert.equal((await ask(`${range}&format=xml`)).statusCode, 422);
  });

  for (const query of [
    '?start=2026-02-30',
    '?start=20-11-2026',
    '?start=',
    '?end=tomorrow',
    '?start=2026-11-20&end=2026-11-19',
    '?start=2025-11-19&end=2026-11-20',
    '?start=2026-11-01&start=2026-11-02',
    '?from=2026-11-01',
    "?start=2026-11-01'--",
    '?__proto__=1',
  ]) {
    test(`refuses ${query} with 422`, async () => {
      const reply = await ask(query);
      assert.equal(reply.statusCode, 422);
      assert.equal(reply.json().code, 'validation_failed');
    });
  }
});

describe('the range of a report', () => {
  test('counts back from the end that was given', () => {
    const range = rangeOf({ end: '2024-03-01' }, NOW);
    assert.deepEqual(range, { start: '2024-02-01', end: '2024-03-01' });
  });

  test('runs to today where only the start was given', () => {
    const range = rangeOf({ start: '2026-11-20' }, NOW);
    assert.deepEqual(range, { start: '2026-11-20', end: '2026-11-20' });
  });

  test('may be 366 days long, and not one more', () => {
    assert.doesNotThrow(() => rangeOf({ start: '2025-11-20' }, NOW));
    assert.throws(() => rangeOf({ start: '2025-11-19' }, NOW), Failure);
  });

  test('never reaches beyond the first year that has four digits', () => {
    assert.equal(rangeOf({ end: '0000-01-05' }, NOW).start, '0000-01-01');
  });
});
