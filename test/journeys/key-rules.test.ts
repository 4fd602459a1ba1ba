/** What a key may do, as its callers meet it: models, expiry, switching off; each refusal in their dialect and on record. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KeyRequest, KeyRules } from '../../server/accounts/accounts.ts';
import { chat } from '../fake-upstream/ask.ts';
import { CREDIT, fund } from '../faults/money.ts';
import { openStand, type Stand } from '../faults/stand.ts';

async function keyWith(stand: Stand, rules: Partial<KeyRules>): Promise<string> {
  const { accounts, storage } = stand.product.rooms;
  const request: KeyRequest = {
    label: 'ann',
    note: null,
    origin: 'operator',
    allowUnmetered: true,
  };
  const { key, token } = await accounts.keys.issue(request);
  const { write, apply } = accounts.keys.change(key, rules);
  await storage.commit([write]);
  apply();
  return token;
}

const as = (token: string) => ({ authorization: `Bearer ${token}` });

const errorOf = ({ text }: { text: string }) =>
  JSON.parse(text) as {
    error: { type: string; code: string; message: string; param: string; metadata: object };
  };

describe('models', () => {
  test('a key reaches the models on its list and no other, on whichever path they are named', async () => {
    await using stand = await openStand();
    const headers = as(await keyWith(stand, { models: ['gpt-4o-mini', 'claude-*'] }));
    const allowed = chat('tokens=3');
    assert.equal((await stand.ask({ body: allowed, headers })).status, 200);
    const seen = stand.upstream.requests().length;
    const refused: { path?: string; body: object }[] = [
      { body: { ...allowed, model: 'gpt-4o' } },
      { body: { ...allowed, models: ['gpt-4o-mini', 'gpt-4o'] } },
      { body: { ...allowed, models: [7] } },
      { body: { messages: [] } },
      { path: '/embeddings', body: { model: 'text-embedding-3-small', input: 'x' } },
      { path: '/images/generations', body: { prompt: 'a cat' } },
      { path: '/responses', body: { model: 'o1-pro', input: 'x', background: true } },
      { path: '/batches', body: { input_file_id: 'file-1' } },
    ];
    for (const question of refused) {
      const answer = await stand.ask({ ...question, headers });
      assert.equal(answer.status, 403, answer.text);
      const { error } = errorOf(answer);
      assert.deepEqual([error.type, error.code], ['permission_error', 'model_forbidden']);
      assert.match(error.message, /^This key may use gpt-4o-mini, claude-\*; this request /);
      const record = stand.recordOf(answer);
      assert.deepEqual([record.outcome, record.failure], ['refused', 'model_forbidden']);
    }
    assert.equal(stand.upstream.requests().length, seen, 'nothing of it was sent on');
  });

  test('the refusal names the rule, what was asked and what is allowed, and the record has the model', async () => {
    await using stand = await openStand();
    const headers = as(await keyWith(stand, { models: ['claude-*'] }));
    const answer = await stand.ask({ body: chat(''), headers });
    const { message, metadata } = errorOf(answer).error;
    assert.equal(message, 'This key may use claude-*; this request asks for gpt-4o-mini.');
    const expected = { rule: 'models', scope: 'key', asked: 'gpt-4o-mini', allowed: ['claude-*'] };
    assert.deepEqual(metadata, expected);
    assert.equal(answer.headers['x-should-retry'], 'false');
    assert.equal(stand.recordOf(answer).model, 'gpt-4o-mini');
  });

  test('on the messages path the refusal speaks its dialect', async () => {
    await using stand = await openStand({ provider: 'ANTHROPIC' });
    const headers = { 'x-api-key': await keyWith(stand, { models: ['claude-haiku-4-5'] }) };
    const body = { model: 'claude-opus-4-5', max_tokens: 5, messages: [] };
    const { authorization: _, ...without } = { authorization: '', ...headers };
    const answer = await fetch(`${stand.product.url}/v1/messages`, {
      method: 'POST',
      headers: { ...without, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 403);
    const { request_id, ...said } = (await answer.json()) as { request_id: string };
    const message = 'This key may use claude-haiku-4-5; this request asks for claude-opus-4-5.';
    assert.deepEqual(said, { type: 'error', error: { type: 'permission_error', message } });
    assert.equal(request_id, answer.headers.get('x-request-id'));
  });

  test('a list of models shows the key what it may use, and counting stays free', async () => {
    await using stand = await openStand();
    const list = async (token: string) => {
      const answer = await stand.ask({ path: '/models', method: 'GET', headers: as(token) });
      return (JSON.parse(answer.text) as { data: { id: string }[] }).data.map(({ id }) => id);
    };
    const all = await list(stand.token);
    const some = await list(await keyWith(stand, { models: [`${all[0]}*`] }));
    assert.ok(all.length > some.length && some.length > 0);
    assert.deepEqual(
      some,
      all.filter((id) => id.startsWith(all[0] ?? '')),
    );
  });
});

describe('a key that opens nothing now', () => {
  for (const [state, rules, words] of [
    ['expired', { expiresAt: 1_000 }, 'This API key expired at 1970-01-01T00:00:01.000Z.'],
    ['switched off', { isDisabled: true }, 'This API key is switched off.'],
  ] as const) {
    test(`is told that it is ${state}, gets no answer anywhere, and is on record`, async () => {
      await using stand = await openStand();
      const headers = as(await keyWith(stand, rules));
      const answer = await stand.ask({ body: chat(''), headers });
      assert.equal(answer.status, 401);
      const { error } = errorOf(answer);
      assert.deepEqual([error.code, error.message], ['invalid_api_key', words]);
      const record = stand.recordOf(answer);
      assert.deepEqual([record.outcome, record.failure], ['refused', 'invalid_api_key']);
      assert.equal(record.endpoint, 'chat/completions');
      assert.equal(stand.upstream.requests().length, 0);
      for (const path of ['/user/balance', '/user/limit', '/v1/key', '/v1/models']) {
        assert.equal((await fetch(stand.product.url + path, { headers })).status, 401, path);
      }
    });
  }

  test('is not told apart from nonsense by whoever holds a part of its secret or a revoked one', async () => {
    await using stand = await openStand();
    const token = await keyWith(stand, { expiresAt: 1_000 });
    const revoked = await keyWith(stand, { isDisabled: false });
    await stand.product.rooms.accounts.keys.revoke(revoked);
    const nearly = token.slice(0, -1) + (token.endsWith('0') ? '1' : '0');
    for (const guess of [nearly, token.slice(0, 11), revoked, 'sk-nonsense']) {
      const answer = await stand.ask({ body: chat(''), headers: as(guess) });
      assert.equal(answer.status, 401);
      assert.equal(errorOf(answer).error.message, 'The API key is unknown, revoked or expired.');
    }
    assert.equal(stand.product.records().length, 0);
  });
});

describe('a key that people issued to themselves', () => {
  test('spends the operator’s money only out of a wallet that the operator gave', async () => {
    await using stand = await openStand();
    const { accounts } = stand.product.rooms;
    const request: KeyRequest = {
      label: 'bob',
      note: null,
      origin: 'member',
      allowUnmetered: false,
    };
    const { key, token } = await accounts.keys.issue(request);
    const ask = () => stand.ask({ body: chat('tokens=3', { max_tokens: 5 }), headers: as(token) });
    const refused = await ask();
    assert.deepEqual([refused.status, errorOf(refused).error.code], [403, 'forbidden']);
    assert.match(errorOf(refused).error.message, /You issued this key yourself and have no wallet/);
    const record = stand.recordOf(refused);
    assert.equal(record.failure, 'forbidden');
    const kept = await stand.product.rooms.records.refusalOf(record.id);
    assert.deepEqual(kept, { sentence: errorOf(refused).error.message, rule: null });
    assert.equal(stand.upstream.requests().length, 0);
    const models = await stand.ask({ path: '/models', method: 'GET', headers: as(token) });
    assert.equal(models.status, 200, 'what costs nothing is open');
    await fund(stand.product.rooms, key.userId, 1_000 * CREDIT);
    assert.equal((await ask()).status, 200);
  });
});
