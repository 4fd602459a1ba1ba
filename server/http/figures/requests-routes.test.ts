import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { firstId, newId } from '../../id.ts';
import type { UsageRecord } from '../../records/records.ts';
import { NOW, OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';
import { type Person, register, speakTo } from '../people/people-for-tests.ts';

let edge: TestEdge;
let ann: Person;
let keyId: string;

before(async () => {
  edge = await openTestEdge();
  ann = await register(edge);
  keyId = (await speakTo(edge).post('/api/virtual-keys', { name: 'mine' }, ann.cookie)).json().id;
});
after(() => edge.close());

async function happened(what: Partial<UsageRecord>): Promise<string> {
  // Ids begin with the time of the request.
  const id = `${firstId('req', what.startedAt ?? NOW)}${newId('req').slice(16)}`;
  await edge.record({ id: keyId, userId: ann.id }, { id, ...what });
  return id;
}

async function refused(rule: object | null, sentence = 'No.'): Promise<string> {
  const id = await happened({ outcome: 'refused', status: 429, failure: 'rate_limited' });
  const { db } = edge.storage;
  const row = { request_id: id, sentence, rule: rule === null ? null : JSON.stringify(rule) };
  await edge.storage.commit([db.insertInto('refusals').values(row).compile()]);
  return id;
}

const story = async (id: string) =>
  (await speakTo(edge).get(`/api/requests/${id}`, ann.cookie)).json();

const listed = async (query: string): Promise<string[]> => {
  const reply = await speakTo(edge).get(`/api/requests?${query}`, OPERATOR);
  assert.equal(reply.statusCode, 200, reply.body);
  return reply.json().data.map(({ id }: { id: string }) => id);
};

const RATE = {
  rule: 'tokens_per_minute',
  scope: 'key',
  counter: 90,
  limit: 100,
  asked: 20,
  reset: '2026-11-20T12:01:00.000Z',
};
const WALLET = {
  rule: 'wallet',
  scope: 'user',
  balance: '0.5',
  held: '0.1',
  needed: '0.9',
  limit: null,
  reset: null,
};
const MODELS = { rule: 'models', scope: 'key', asked: 'gpt-5', allowed: ['claude-*'] };

describe('the story of a refused request', () => {
  for (const [what, rule, raisedBy] of [
    ['a rate', RATE, 'owner'],
    ['a wallet', WALLET, 'operator'],
    ['a list of models', MODELS, 'owner'],
  ] as const) {
    test(`names ${what} with its figures, and who can raise it`, async () => {
      const id = await refused(rule, `Refused by ${what}.`);
      const { refusal } = await story(id);
      assert.deepEqual(refusal, {
        sentence: `Refused by ${what}.`,
        rule,
        raised_by: raisedBy,
      });
    });
  }

  test('says only the sentence where no rule stood behind it', async () => {
    const { refusal } = await story(await refused(null, 'This API key is switched off.'));
    assert.deepEqual(refusal, {
      sentence: 'This API key is switched off.',
      rule: null,
      raised_by: null,
    });
  });

  test('sends to the operator once the operator rules the key', async () => {
    const id = await refused(RATE);
    const change = { models: ['small'] };
    const reply = await speakTo(edge).patch(`/api/virtual-keys/${keyId}`, change, OPERATOR);
    assert.equal(reply.statusCode, 200, reply.body);
    assert.equal((await story(id)).refusal.raised_by, 'operator');
  });

  test('is null for a request that was served', async () => {
    assert.equal((await story(await happened({}))).refusal, null);
  });
});

describe('the log', () => {
  test('finds a whole id whatever the period, and no other', async () => {
    const old = await happened({ startedAt: NOW - 400 * 86_400_000 });
    assert.deepEqual(await listed(`q=${old}&start=2026-11-19&end=2026-11-20`), [old]);
    assert.deepEqual(await listed('q=req_ffffffffffffffffffffffffffffffff'), []);
  });

  test('finds a piece of a model, an endpoint, a failure or the provider’s id, in any case', async () => {
    const id = await happened({
      model: 'Vendor/Odd-Model',
      endpoint: 'odd/endpoint',
      failure: 'upstream_reset',
      upstreamId: 'chatcmpl-77',
      outcome: 'failed',
    });
    for (const piece of ['odd-model', 'ODD/END', 'stream_res', 'cmpl-77']) {
      assert.deepEqual(await listed(`q=${encodeURIComponent(piece)}`), [id], piece);
    }
    for (const none of ['odd-model\nodd', '%', '_', 'modelodd']) {
      assert.deepEqual(await listed(`q=${encodeURIComponent(`${none}zz`)}`), [], none);
    }
  });

  test('filters by provenance and by the code of a failure', async () => {
    const cut = await happened({ provenance: 'partial', outcome: 'aborted', failure: 'odd_end' });
    assert.deepEqual(await listed('provenance=partial'), [cut]);
    assert.deepEqual(await listed('failure=odd_end'), [cut]);
  });
});
