import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FiguresReply } from '../ui/figures-series.ts';
import { isOfState, modelRows, sorted } from './model-rows.ts';

const listed = (id: string, input: string | null) => ({
  ...{ id, name: null, provider: 'openai', input_usd_per_mtok: input, output_usd_per_mtok: null },
  ...{ cached_input_usd_per_mtok: null, source: input === null ? null : ('catalogue' as const) },
});
const counts = (of: Record<string, number>) =>
  ({
    data: {
      series: Object.entries(of).map(([id, value]) => ({ group: { id, label: id }, value })),
    },
  }) as unknown as FiguresReply;

const rows = modelRows({
  models: [listed('cheap', '0.5'), listed('dear', '10'), listed('riddle', null)],
  requests: counts({ dear: 3, gone: 2, unknown: 9 }),
  unpriced: counts({ gone: 2 }),
});

describe('models', () => {
  test('are those that are listed, and those that were used without being listed', () => {
    assert.deepEqual(
      rows.map(({ id, requests, unpriced }) => [id, requests, unpriced]),
      [
        ['cheap', 0, 0],
        ['dear', 3, 0],
        ['riddle', 0, 0],
        ['gone', 2, 2],
      ],
    );
  });

  test('stand in order of their use, or as is asked, what is not known last', () => {
    const order = (sort: string | null) => sorted(rows, sort).map(({ id }) => id);
    assert.deepEqual(order(null), ['dear', 'gone', 'cheap', 'riddle']);
    assert.deepEqual(order('input'), ['cheap', 'dear', 'gone', 'riddle']);
    assert.deepEqual(order('-input'), ['dear', 'cheap', 'gone', 'riddle']);
    assert.deepEqual(order('-luck'), order(null));
  });

  test('are found by whether they were used and whether their price is known', () => {
    const found = (state: Parameters<typeof isOfState>[1]) =>
      rows.filter((row) => isOfState(row, state)).map(({ id }) => id);
    assert.deepEqual(found('used'), ['dear', 'gone']);
    assert.deepEqual(found('unpriced'), ['riddle', 'gone']);
    assert.deepEqual(found('catalogue'), ['cheap', 'dear']);
    assert.equal(found(undefined).length, 4);
  });
});
