import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { newId } from '../../id.ts';
import { NOW, OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';
import { speakTo } from '../people/people-for-tests.ts';

let edge: TestEdge;

async function probe(keyId: string, at: number, cost: number | null): Promise<void> {
  const { db } = edge.storage;
  const row = { provider_key_id: keyId, at, model: 'tiny', ok: 1, latency_ms: 9, error: null };
  const used = { input_tokens: 8, output_tokens: 3, cost_nanos: cost, cost_source: 'catalogue' };
  const insert = db.insertInto('probes').values({ id: newId('prb'), ...row, ...used });
  await edge.storage.commit([insert.compile()]);
}

before(async () => {
  edge = await openTestEdge();
  await probe('pk_a', NOW, 3000);
  // An id begins with the time at which its request starts.
  const use = { id: newId('req'), startedAt: Date.now(), providerKeyId: 'pk_a' };
  await edge.record({ id: 'vk_x', userId: 'usr_x' }, use);
  await probe('pk_b', NOW + 1, null);
  await edge.record({ id: 'vk_x', userId: 'usr_x' }, { id: newId('req'), outcome: 'refused' });
});
after(() => edge.close());

const get = async (query = '') => (await speakTo(edge).get(`/data${query}`, OPERATOR)).json();

describe('GET /data', () => {
  test('answers the probes, newest first, with the totals of all of them', async () => {
    const { data, totals, pagination } = await get();
    const shown = data.map((row: { key_id: string; cost_usd: number | null }) => [
      row.key_id,
      row.cost_usd,
    ]);
    assert.deepEqual(shown, [
      ['pk_b', null],
      ['pk_a', 0.000003],
    ]);
    assert.deepEqual(data[1], {
      ...{ id: data[1].id, timestamp: '2026-11-20T12:00:00.000Z', key_id: 'pk_a' },
      ...{ key_label: 'pk_a', model: 'tiny', prompt_tokens: 8, completion_tokens: 3 },
      ...{ total_tokens: 11, cost_usd: 0.000003, source: 'probe' },
    });
    assert.deepEqual(totals, {
      ...{ prompt_tokens: 16, completion_tokens: 6, total_tokens: 22, cost_usd: 0.000003 },
    });
    assert.deepEqual(pagination, { limit: 50, has_more: false, next_cursor: null });
  });

  test('tells each key by its own label, also where two have the same', async (t) => {
    const own = await openTestEdge();
    t.after(() => own.close());
    const { post, get: ask } = speakTo(own);
    const add = async (key: string): Promise<string> =>
      (await post('/keys', { label: 'twin', key }, OPERATOR)).json().id;
    const twins = [await add('sk-first-of-the-twins'), await add('sk-second-of-the-twins')];
    for (const id of twins)
      await own.record({ id: 'vk_x', userId: 'usr_x' }, { providerKeyId: id });
    const { data } = (await ask('/data?source=gateway', OPERATOR)).json();
    assert.deepEqual(
      data.map((row: { key_label: string }) => row.key_label),
      ['twin', 'twin'],
    );
    const usage = (
      await ask('/api/v1/usage?source=gateway&start=2026-11-20&end=2026-11-20', OPERATOR)
    ).json();
    assert.deepEqual(
      usage.data.map((row: { key_name: string }) => row.key_name),
      ['twin', 'twin'],
    );
  });

  test('tells requests that were served, and both side by side in the order of time', async () => {
    const gateway = await get('?source=gateway');
    assert.equal(gateway.data.length, 1);
    assert.equal(gateway.data[0].source, 'gateway');
    const sources = (await get('?source=all')).data.map((row: { source: string }) => row.source);
    assert.deepEqual(sources, ['probe', 'gateway', 'probe']);
    assert.equal((await get('?source=all&key_id=pk_a')).data.length, 2);
  });

  test('goes page by page through every row once, with the totals of the whole', async () => {
    const ids: string[] = [];
    let cursor = '';
    do {
      const { data, totals, pagination } = await get(`?source=all&limit=1${cursor}`);
      ids.push(...data.map((row: { id: string }) => row.id));
      assert.ok(totals.prompt_tokens > 16);
      cursor = pagination.has_more ? `&cursor=${pagination.next_cursor}` : '';
    } while (cursor !== '');
    assert.equal(new Set(ids).size, 3);
    assert.equal(ids.length, 3);
  });

  test('refuses what is no cursor, no source and no limit of its own', async () => {
    for (const query of ['?cursor=x', '?source=provider', '?limit=0', '?limit=501', '?other=1']) {
      assert.equal((await get(query)).status, 422, query);
    }
  });
});
