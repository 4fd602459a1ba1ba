/** Trying a provider key without storing it, the platforms, and the operator's short calls. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Headers, type KeyStage, openKeyStage, SECRET } from './key-stage.ts';

let stage: KeyStage;
before(async () => {
  stage = await openKeyStage();
});
after(() => stage[Symbol.asyncDispose]());

const send: KeyStage['send'] = (...of) => stage.send(...of);
const member = (): Promise<Headers> => stage.member();
const list: KeyStage['list'] = (who) => stage.list(who);

describe('trying a key', () => {
  test('the provider is asked, and nothing is stored', async () => {
    const me = await member();
    stage.upstream.script({
      match: ({ path }) => path.endsWith('/key'),
      behave: ({ headers }) =>
        headers['authorization'] === `Bearer ${SECRET}`
          ? {
              body: '{"data":{"label":"x","usage":1,"limit":10,"limit_remaining":9,"is_free_tier":false}}',
            }
          : { status: 401 },
    });
    const good = await send('POST', '/api/keys/test', { platform: 'openrouter', key: SECRET }, me);
    assert.equal(good.status, 200, JSON.stringify(good.body));
    assert.equal(good.body['valid'], true);
    assert.equal(typeof good.body['message'], 'string');
    const wrong = { platform: 'openrouter', key: `${SECRET}x` };
    const refused = await send('POST', '/api/keys/test', wrong, me);
    assert.deepEqual([refused.status, refused.body['valid']], [200, false]);
    assert.deepEqual(await list(me), []);
    stage.upstream.unscript();
  });

  test('a server that does not answer is not valid, in words', async () => {
    const trial = { platform: 'custom', key: SECRET, base_url: 'http://127.0.0.1:9/v1' };
    const refused = await send('POST', '/api/keys/test', trial);
    assert.equal(refused.status, 422);
    const { body } = await send('POST', '/api/keys/test', {
      ...trial,
      base_url: 'http://127.0.0.1:65000/v1',
    });
    assert.deepEqual([body['valid'], body['verdict']], [false, 'unknown']);
  });

  test('bad input is refused', async () => {
    for (const trial of [
      {},
      { platform: 'openrouter' },
      { platform: 'x', key: 'y' },
      { platform: 'custom', key: 'y' },
    ]) {
      assert.equal((await send('POST', '/api/keys/test', trial)).status, 422);
    }
  });
});

test('the platforms say what can be read of their keys', async () => {
  const { body } = await send('GET', '/api/platforms', undefined, {});
  const platforms = body as unknown as { id: string; name: string; supports: object }[];
  const openrouter = platforms.find(({ id }) => id === 'openrouter');
  assert.equal(openrouter?.name, 'OpenRouter');
  assert.deepEqual(openrouter?.supports, {
    balance: true,
    usage: true,
    validate: true,
    route: true,
  });
  assert.ok(platforms.some(({ id }) => id === 'custom'));
  assert.ok(platforms.length > 10);
});

describe('the short calls of the operator', () => {
  test('add, list, switch and delete the same keys', async () => {
    const added = await send('POST', '/keys', {
      label: 'probe me',
      key: `${SECRET}-d`,
      platform: null,
      probe: true,
    });
    assert.equal(added.status, 201, JSON.stringify(added.body));
    const { id, ...rest } = added.body;
    assert.deepEqual(rest, {
      label: 'probe me',
      platform: 'openai',
      masked: 'sk-or-v...ef-d',
      active: true,
      probe: true,
      last_ok_at: null,
      status: 'unknown',
    });
    const { body } = await send('GET', '/keys');
    assert.ok((body['data'] as { id: string }[]).some((key) => key.id === id));
    const off = await send('PATCH', `/keys/${id}/active`, { active: false });
    assert.deepEqual([off.status, off.body['active']], [200, false]);
    assert.equal((await send('GET', `/api/keys/${id}`)).body['is_active'], false);
    assert.equal((await send('PATCH', `/keys/${id}/active`, { active: 'no' })).status, 422);
    assert.equal((await send('PATCH', '/keys/pk_none/active', { active: true })).status, 404);
    assert.equal((await send('POST', '/keys', { label: 'x' })).status, 422);
    assert.equal((await send('DELETE', `/keys/${id}`)).status, 204);
    assert.equal((await send('DELETE', `/keys/${id}`)).status, 404);
  });
});
