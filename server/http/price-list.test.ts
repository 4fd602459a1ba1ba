import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openTestEdge, type TestEdge } from './edge-for-tests.ts';
import { type Person, register, speakTo } from './people-for-tests.ts';

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
    const none = { name: null, provider: null, source: null };
    const unknown = {
      ...{ input_usd_per_mtok: null, cached_input_usd_per_mtok: null },
      output_usd_per_mtok: null,
    };
    assert.deepEqual((await get('')).json().data.models, [
      {
        ...{ id: 'small', name: 'Small one', provider: 'openai', source: 'setting' },
        ...{ input_usd_per_mtok: '0.15', cached_input_usd_per_mtok: '0.075' },
        output_usd_per_mtok: '0.6',
      },
      { ...none, ...unknown, id: 'mine', provider: 'local', source: 'free' },
      { ...none, ...unknown, id: 'riddle' },
    ]);
  });

  test('finds a model by a piece of its id or name', async () => {
    const { models } = (await get('?q=MALL ONE')).json().data;
    assert.deepEqual(
      models.map(({ id }: { id: string }) => id),
      ['small'],
    );
  });

  test('gives the same as a file', async () => {
    const { models } = (await get('')).json().data;
    assert.deepEqual((await get('?format=json')).json(), models);
    assert.equal(
      (await get('?format=csv&q=riddle')).body,
      'id,name,provider,input_usd_per_mtok,cached_input_usd_per_mtok,output_usd_per_mtok,source\r\nriddle,,,,,,\r\n',
    );
  });
});
