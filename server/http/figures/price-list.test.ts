import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { pricesQuery } from '../../../contract/api/requests-api.ts';
import { openTestEdge, type TestEdge } from '../edge-for-tests.ts';
import { type Person, register, speakTo } from '../people/people-for-tests.ts';
import { pricedModels } from './price-list.ts';

let edge: TestEdge;
let ann: Person;

before(async () => {
  edge = await openTestEdge({
    gateway: {
      models: async () => [
        {
          ...{ id: 'small', name: 'Small one', provider: 'openai', priceSource: 'setting' },
          ...{ inputNanosPerMillion: 150_000_000, cachedInputNanosPerMillion: 75_000_000 },
          outputNanosPerMillion: 600_000_000,
        },
        { id: 'mine', provider: 'local', priceSource: 'free' },
        { id: 'riddle' },
      ],
    },
  });
  ann = await register(edge);
});
after(() => edge.close());

const get = (query: string) => speakTo(edge).get(`/api/prices${query}`, ann.cookie);

describe('GET /api/prices', () => {
  test('tells each price with who says it, and of what has none that it is not known', async () => {
    const none = {
      ...{ name: null, provider: null, source: null },
      ...{ requests: 0, unpriced_requests: 0 },
    };
    const unknown = {
      ...{ input_usd_per_mtok: null, cached_input_usd_per_mtok: null },
      output_usd_per_mtok: null,
    };
    assert.deepEqual((await get('')).json().data.models, [
      { ...none, ...unknown, id: 'mine', provider: 'local', source: 'free' },
      { ...none, ...unknown, id: 'riddle' },
      {
        ...{ id: 'small', name: 'Small one', provider: 'openai', source: 'setting' },
        ...{ input_usd_per_mtok: '0.15', cached_input_usd_per_mtok: '0.075' },
        ...{ output_usd_per_mtok: '0.6', requests: 0, unpriced_requests: 0 },
      },
    ]);
  });

  test('finds a model by a piece of its id or name', async () => {
    const { models } = (await get('?q=MALL ONE')).json().data;
    assert.deepEqual(
      models.map(({ id }: { id: string }) => id),
      ['small'],
    );
  });

  test('counts what the caller used in the range, also of models that nobody lists', async () => {
    const key = { id: 'vk_1', userId: ann.id };
    await edge.record(key, { model: 'gone', costSource: 'unpriced', cost: null });
    await edge.record({ ...key, userId: 'usr_other' }, { model: 'small' });
    await edge.record(key, { model: 'small' });
    const counts = async (query: string) =>
      (await get(query))
        .json()
        .data.models.map((model: Record<string, unknown>) => [
          ...[model['id'], model['requests'], model['unpriced_requests']],
        ]);
    const used = [
      ['gone', 1, 1],
      ['small', 1, 0],
    ];
    assert.deepEqual(await counts('?state=used'), used);
    assert.deepEqual(await counts('?state=used&start=2026-11-20&end=2026-11-20'), used);
    assert.deepEqual(await counts('?state=used&start=2026-11-01&end=2026-11-19'), []);
    const file = (await get('?state=used&format=json')).json() as { id: string }[];
    assert.deepEqual(
      file.map(({ id }) => id),
      ['gone', 'small'],
    );
  });

  test('gives the same as a file', async () => {
    const { models } = (await get('')).json().data;
    assert.deepEqual((await get('?format=json')).json(), models);
    assert.equal(
      (await get('?format=csv&q=riddle')).body,
      'id,name,provider,input_usd_per_mtok,cached_input_usd_per_mtok,output_usd_per_mtok,source,requests,unpriced_requests\r\nriddle,,,,,,,0,0\r\n',
    );
  });
});

const served = (id: string, input: number | null) => ({
  ...{ id, provider: 'openai' },
  ...(input !== null && { inputNanosPerMillion: input, priceSource: 'catalogue' as const }),
});
const used = (id: string, requests: number, unpriced = 0) =>
  ({ names: [id], measures: ['requests', 'unpriced'], total: [requests, unpriced] }) as never;

describe('the list of models', () => {
  const ids = (query: Record<string, string>) =>
    pricedModels(
      [served('cheap', 500_000_000), served('dear', 10_000_000_000), served('riddle', null)],
      [used('dear', 3), used('gone', 2, 2), used('unknown', 9)],
      pricesQuery.parse(query),
    ).map(({ id }) => id);

  test('is that of the listed and of the used, in order of their use', () => {
    assert.deepEqual(ids({}), ['dear', 'gone', 'cheap', 'riddle']);
  });

  test('is put in order as is asked, what is not known last', () => {
    assert.deepEqual(ids({ sort: 'input' }), ['cheap', 'dear', 'gone', 'riddle']);
    assert.deepEqual(ids({ sort: '-input' }), ['dear', 'cheap', 'gone', 'riddle']);
    assert.deepEqual(ids({ sort: 'id' }), ['cheap', 'dear', 'gone', 'riddle']);
    assert.deepEqual(ids({ sort: '-unpriced' }), ['gone', 'cheap', 'dear', 'riddle']);
    assert.deepEqual(ids({ sort: 'provider' }), ['cheap', 'dear', 'riddle', 'gone']);
    assert.ok(!pricesQuery.safeParse({ sort: 'luck' }).success);
  });

  test('is narrowed to the used, and to whether the price is known', () => {
    assert.deepEqual(ids({ state: 'used' }), ['dear', 'gone']);
    assert.deepEqual(ids({ state: 'unpriced' }), ['gone', 'riddle']);
    assert.deepEqual(ids({ state: 'catalogue' }), ['dear', 'cheap']);
    assert.deepEqual(ids({ state: 'free' }), []);
  });
});
