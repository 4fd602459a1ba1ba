import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { periodOf } from '../shell/period.ts';
import { isSum, queryOf, questionOf, stepsOf } from './question.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const period = periodOf({}, NOW);
const ask = (url: Record<string, string>, isOperator = true) =>
  questionOf(url, { period, isOperator });

describe('a question', () => {
  test('of nobody in particular is what was spent on which model by day', () => {
    const { filters, ...plain } = ask({});
    assert.deepEqual(plain, {
      ...{ source: 'gateway', metric: 'spend', group: 'model', subgroup: null },
      ...{ bucket: 'day', top: 7, view: 'bars' },
    });
    assert.deepEqual(filters, {});
  });

  test('of a long time is asked by week', () => {
    const long = periodOf({ start: '2026-01-01', end: '2026-11-20' }, NOW);
    for (const source of ['gateway', 'provider']) {
      assert.equal(questionOf({ source }, { period: long, isOperator: true }).bucket, 'week');
    }
    const asked = { period: long, isOperator: true };
    assert.equal(questionOf({ bucket: 'day' }, asked).bucket, 'day');
  });

  test('is what the address says, under the names of the API', () => {
    const url = { metric: 'tokens', group: 'user', subgroup: 'key', top: '10', model: 'small' };
    assert.deepEqual(queryOf(ask(url), period), {
      ...{ start: '2026-10-22', end: '2026-11-20', source: 'gateway', metric: 'tokens' },
      ...{ bucket: 'day', top: 10, model: 'small', group: 'user', subgroup: 'key' },
      cumulative: undefined,
    });
    assert.equal(queryOf(ask({ view: 'sum' }), period).cumulative, 'true');
  });

  test('passes over what is no word, and what the source or the asker does not see', () => {
    assert.equal(ask({ metric: 'luck', group: 'moon', top: '3' }).metric, 'spend');
    assert.equal(ask({ group: 'user' }, false).group, 'model');
    assert.equal(ask({ group: 'model', subgroup: 'model' }).subgroup, null);
    const reported = ask({
      ...{ source: 'provider', metric: 'ttft_p95', group: 'user', bucket: 'hour' },
      ...{ key_id: 'vk_1', model: 'small' },
    });
    assert.equal(reported.metric, 'spend');
    assert.equal(reported.bucket, 'day');
    assert.deepEqual(reported.filters, { model: 'small' });
  });

  test('of a rate or a time is never drawn as a stack or added up', () => {
    assert.equal(isSum('tokens'), true);
    assert.equal(isSum('ttft_p95'), false);
    assert.equal(ask({ metric: 'error_rate', view: 'sum' }).view, 'lines');
    assert.equal(ask({ metric: 'requests', view: 'sum' }).view, 'sum');
  });

  test('by the hour is for a month at most', () => {
    const long = periodOf({ period: '90d' }, NOW);
    assert.equal(questionOf({ bucket: 'hour' }, { period: long, isOperator: true }).bucket, 'day');
    assert.equal(ask({ bucket: 'hour' }).bucket, 'hour');
  });

  test('is asked by the week and by the month where the period has more than one', () => {
    const steps = (url: Record<string, string>) => stepsOf('gateway', periodOf(url, NOW));
    assert.deepEqual(steps({ period: '7d' }), ['hour', 'day', 'none']);
    assert.deepEqual(steps({ period: '30d' }), ['hour', 'day', 'week', 'month', 'none']);
    assert.equal(ask({ bucket: 'week' }).bucket, 'week');
    const url = { source: 'provider', bucket: 'month' };
    assert.equal(ask(url).bucket, 'month');
  });
});
