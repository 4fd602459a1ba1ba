import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { NOW, OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';
import { cursorOf } from '../formats/cursor.ts';
import { type Person, register, speakTo } from '../people/people-for-tests.ts';

let edge: TestEdge;
let ann: Person;
let ben: Person;

before(async () => {
  edge = await openTestEdge();
  [ann, ben] = [await register(edge), await register(edge)];
  for (const [person, model] of [
    [ann, 'a'],
    [ann, 'b'],
    [ben, 'c'],
  ] as const) {
    await edge.record({ id: `vk_${person.id}`, userId: person.id }, { model });
  }
});
after(() => edge.close());

const get = async (url: string, headers: Record<string, string> = OPERATOR) =>
  await speakTo(edge).get(url, headers);

/** A provider key of that person. */
async function keyOf({ cookie }: Person): Promise<string> {
  const payload = { platform: 'openai', name: 'a key', key: `sk-${randomUUID()}` };
  const added = await speakTo(edge).post('/api/keys', payload, cookie);
  assert.equal(added.statusCode, 201);
  return added.json().id;
}

async function reportUse(keyId: string, at: number): Promise<void> {
  const use = { requests: 1, input_tokens: 1, cached_tokens: 0, output_tokens: 1 };
  const what = { model: 'm', reasoning_tokens: null, cost_nanos: 1, currency: 'USD', complete: 1 };
  await edge.storage.commit([
    edge.storage.db
      .insertInto('provider_usage')
      .values({ provider_key_id: keyId, date: '2026-11-19', ...use, ...what, synced_at: at })
      .compile(),
  ]);
}

describe('GET /api/v1', () => {
  test('stats answers what the gateway metered where that is asked for, every day present', async () => {
    const reply = await get('/api/v1/stats?source=gateway&start=2026-11-19&end=2026-11-20');
    assert.equal(reply.statusCode, 200);
    const { data, meta } = reply.json();
    assert.equal(data.total_requests, 3);
    assert.equal(data.total_cost_usd, '0.000063');
    assert.equal(data.average_cost_per_request_usd, '0.000021');
    assert.equal(data.average_requests_per_day, 1.5);
    assert.deepEqual(
      data.by_day.map((one: { date: string; requests: number }) => [one.date, one.requests]),
      [
        ['2026-11-19', 0],
        ['2026-11-20', 3],
      ],
    );
    assert.equal(meta.source, 'gateway');
  });

  test('speaks of the provider’s figures by default, and never adds the two', async () => {
    const { data, meta } = (await get('/api/v1/stats')).json();
    assert.equal(data.total_requests, 0);
    assert.equal(data.average_cost_per_request_usd, null);
    assert.equal(meta.source, 'provider');
    assert.deepEqual((await get('/api/v1/usage')).json().data, []);
  });

  test('usage goes page by page through every row once', async () => {
    const models: string[] = [];
    let cursor = '';
    do {
      const reply = await get(`/api/v1/usage?source=gateway&limit=1${cursor}`);
      const { data, pagination } = reply.json();
      models.push(...data.map((row: { model: string }) => row.model));
      cursor = pagination.has_more ? `&cursor=${pagination.next_cursor}` : '';
    } while (cursor !== '');
    assert.deepEqual(models, ['a', 'b', 'c']);
    const csv = (await get('/api/v1/usage?source=gateway&format=csv')).body;
    assert.equal(csv.trimEnd().split('\r\n').length, 4);
  });

  test('usage goes on from the longest name of a model, which can be asked for as well', async (t) => {
    const own = await openTestEdge();
    t.after(() => own.close());
    const names = ['模', '\u0001'].map((letter) => letter.repeat(256));
    for (const model of names) await own.record({ id: 'vk_1', userId: 'usr_1' }, { model });
    const ask = async (query: string) => {
      const url = `/api/v1/usage?source=gateway&limit=1${query}`;
      const reply = await speakTo(own).get(url, OPERATOR);
      assert.equal(reply.statusCode, 200, reply.body);
      return reply.json();
    };
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { data, pagination } = await ask(cursor);
      seen.push(data[0].model);
      if (!pagination.has_more) break;
      cursor = `&cursor=${pagination.next_cursor}`;
    }
    assert.deepEqual(seen.sort(), names.sort());
    for (const name of names) {
      assert.equal((await ask(`&model=${encodeURIComponent(name)}`)).data.length, 1);
    }
  });

  test('shows a member what is theirs', async () => {
    const { data } = (await get('/api/v1/usage?source=gateway', ben.cookie)).json();
    assert.deepEqual(
      data.map((row: { model: string }) => row.model),
      ['c'],
    );
    const keys = (await get('/api/v1/keys', ann.cookie)).json();
    assert.deepEqual(keys, {
      data: [],
      pagination: { limit: 50, has_more: false, next_cursor: null },
    });
  });

  test('refuses what is no cursor, day or source', async () => {
    const places = [cursorOf('x', 'a', 'b'), cursorOf('2026-02-30', 'a', 'b')];
    const cursors = ['x', ...places].map((cursor) => `cursor=${cursor}`);
    for (const query of [...cursors, 'start=yesterday', 'source=both', 'limit=10000']) {
      assert.equal((await get(`/api/v1/usage?${query}`)).statusCode, 422, query);
    }
  });

  test('no cursor leads out of the days that were asked for', async () => {
    const range = 'start=2026-11-18&end=2026-11-19';
    const cursor = cursorOf('2026-12-24', '', '');
    const reply = await get(`/api/v1/usage?source=gateway&${range}&cursor=${cursor}`);
    assert.deepEqual(reply.json().data, []);
  });

  test('says when the providers of the keys meant last told something, and of no other key', async () => {
    const [told, silent, foreign] = [await keyOf(ann), await keyOf(ann), await keyOf(ben)];
    await reportUse(told, NOW - 2);
    await reportUse(foreign, NOW - 1);
    const asOf = async (path: string, headers: Record<string, string>) =>
      Date.parse((await get(path, headers)).json().meta.as_of);
    for (const path of ['/api/v1/stats?', '/api/figures?source=provider&']) {
      const key = path.includes('figures') ? 'provider_key_id' : 'key_id';
      assert.equal(await asOf(path, OPERATOR), NOW - 1);
      assert.equal(await asOf(path, ann.cookie), NOW - 2);
      assert.equal(await asOf(`${path}${key}=${told}`, OPERATOR), NOW - 2);
      assert.equal((await get(`${path}${key}=${silent}`)).json().meta.as_of, null);
    }
  });
});
