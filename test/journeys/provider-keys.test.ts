/** Storing, showing, changing and deleting provider keys, by the calls of members and of the operator. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Headers, type KeyStage, OPERATOR, openKeyStage, SECRET } from './key-stage.ts';
import { call } from './stage.ts';

let stage: KeyStage;
let numbered = 0;
before(async () => {
  stage = await openKeyStage();
});
after(() => stage[Symbol.asyncDispose]());

const send: KeyStage['send'] = (...of) => stage.send(...of);
const member = (): Promise<Headers> => stage.member();
const list: KeyStage['list'] = (who) => stage.list(who);

/** A key that nobody has stored yet. */
function order(more: object = {}) {
  numbered += 1;
  return { platform: 'openrouter', name: `key ${numbered}`, key: `${SECRET}-${numbered}`, ...more };
}

async function stored(headers: Headers, more: object = {}): Promise<string> {
  const { status, body } = await send('POST', '/api/keys', order(more), headers);
  assert.equal(status, 201, JSON.stringify(body));
  return String(body['id']);
}

describe('storing a key', () => {
  test('answers the key as it is shown from then on, and never its secret', async () => {
    const me = await member();
    const asked = order({ description: 'mine', threshold_usd: '2.5', check_interval_minutes: 10 });
    const { status, body } = await send('POST', '/api/keys', asked, me);
    assert.equal(status, 201);
    const { id, user_id, created_at, ...rest } = body;
    assert.match(String(id), /^pk_[0-9a-f]{32}$/);
    assert.match(String(user_id), /^usr_/);
    assert.ok(Date.parse(String(created_at)) > 0);
    assert.deepEqual(rest, {
      platform: 'openrouter',
      name: asked.name,
      description: 'mine',
      masked: `sk-or-v...${asked.key.slice(-4)}`,
      purposes: ['watch'],
      source: 'stored',
      base_url: null,
      status: 'unknown',
      status_message: null,
      is_active: true,
      probe: false,
      probe_model: null,
      balance: null,
      currency: null,
      balance_source: null,
      balance_at: null,
      runway_days: null,
      runway_low_days: null,
      runway_high_days: null,
      threshold_usd: 2.5,
      threshold_currency: 'USD',
      check_interval_minutes: 10,
      anchor: null,
      last_checked_at: null,
      last_ok_at: null,
      last_used_at: null,
    });
    assert.deepEqual(await list(me), [body]);
    assert.deepEqual((await send('GET', `/api/keys/${id}`, undefined, me)).body, body);
  });

  test('takes a pasted secret without the blanks around it, and each owner’s twin once', async () => {
    const [me, other] = [await member(), await member()];
    const asked = order();
    const first = await send('POST', '/api/keys', { ...asked, key: ` ${asked.key}\n` }, me);
    assert.equal(first.status, 201);
    const again = await send('POST', '/api/keys', { ...asked, name: 'twin' }, me);
    assert.equal(again.status, 409);
    assert.match(String(again.body['detail']), new RegExp(`already, as "${asked.name}"`));
    assert.equal((await send('POST', '/api/keys', asked, other)).status, 201);
    const both = await Promise.all(
      [1, 2].map(() => send('POST', '/api/keys', order({ key: 'x'.repeat(30) }), me)),
    );
    assert.deepEqual(both.map(({ status }) => status).sort(), [201, 409]);
  });

  test('stops at as many as an owner may have, also for several at once', async () => {
    const me = await member();
    const made = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(() => send('POST', '/api/keys', order(), me)),
    );
    assert.equal(made.filter(({ status }) => status === 201).length, 4);
    for (const { status, body } of made.filter(({ status }) => status !== 201)) {
      assert.equal(status, 409);
      assert.match(String(body['detail']), /No more than 4 provider keys/);
    }
    const [first] = await list(me);
    assert.equal((await send('DELETE', `/api/keys/${first?.['id']}`, undefined, me)).status, 204);
    assert.equal((await send('POST', '/api/keys', order(), me)).status, 201);
  });

  const bad: readonly [string, object][] = [
    ['an unknown platform', { platform: 'nowhere' }],
    ['no name', { name: ' ' }],
    ['no key', { key: ' ' }],
    ['a key of two words', { key: 'sk-one sk-two' }],
    ['a key with its scheme', { key: 'Bearer sk-0123456789' }],
    ['a quoted key', { key: '"sk-0123456789"' }],
    ['a key that is no text', { key: 7 }],
    ['an address for a vendor', { base_url: 'https://llm.example.com/v1' }],
    ['a custom server without address', { platform: 'custom' }],
    ['a threshold below zero', { threshold_usd: -1 }],
    ['an absurd threshold', { threshold_usd: 1e300 }],
    ['a threshold that is no amount', { threshold_usd: 'much' }],
    ['an interval of no minutes', { check_interval_minutes: 0 }],
    ['no purpose', { purposes: [] }],
    ['another purpose', { purposes: ['mine'] }],
    ['a field that is none', { owner: 'usr_1' }],
    ['an owner that is another', { user_id: 'usr_1' }],
  ];
  for (const [what, more] of bad) {
    test(`refuses ${what} and stores nothing`, async () => {
      const me = await member();
      const { status, headers, body } = await send('POST', '/api/keys', order(more), me);
      assert.equal(status, 422, JSON.stringify(body));
      assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/);
      assert.equal(body['code'], 'validation_failed');
      assert.deepEqual(await list(me), []);
    });
  }

  test('takes null for what is not given', async () => {
    const nothing = { description: null, base_url: null, purposes: null, probe: null };
    const { status, body } = await send('POST', '/api/keys', order(nothing), await member());
    assert.deepEqual([status, body['purposes'], body['probe']], [201, ['watch'], false]);
  });

  test('refuses what is no JSON', async () => {
    const headers = { ...OPERATOR, 'content-type': 'application/json' };
    const url = `${stage.url}/api/keys`;
    assert.equal((await call(url, { method: 'POST', headers, body: '{' })).status, 400);
  });
});

describe('whose key it is', () => {
  test('another’s key looks missing to members, and the operator sees all', async () => {
    const [me, other] = [await member(), await member()];
    const id = await stored(me);
    for (const [method, body] of [['GET'], ['PATCH', { name: 'x' }], ['DELETE']] as const) {
      const { status, body: problem } = await send(method, `/api/keys/${id}`, body, other);
      assert.equal(status, 404, method);
      assert.equal(problem['code'], 'not_found');
      assert.equal((await send(method, '/api/keys/pk_none', body, other)).status, 404);
    }
    assert.deepEqual(await list(other), []);
    assert.ok((await list(OPERATOR)).some((key) => key['id'] === id));
    assert.equal((await send('PATCH', `/api/keys/${id}`, { name: 'seen' })).status, 200);
  });

  test('what the operator adds belongs to the installation, and no member sees it', async () => {
    const id = await stored(OPERATOR);
    const key = (await send('GET', `/api/keys/${id}`)).body;
    assert.equal(key['user_id'], null);
    const me = await member();
    assert.equal((await send('GET', `/api/keys/${id}`, undefined, me)).status, 404);
    await send('DELETE', `/api/keys/${id}`);
  });

  test('the keys of the environment are shown to the operator and changed by nobody', async () => {
    const key = (await list(OPERATOR)).find(({ id }) => id === 'env:deepseek');
    assert.equal(key?.['source'], 'environment');
    assert.equal(key?.['masked'], 'sk-of-t...6789');
    assert.deepEqual(key?.['purposes'], ['watch', 'route']);
    for (const [method, body] of [['PATCH', { name: 'x' }], ['DELETE']] as const) {
      const { status, body: problem } = await send(method, '/api/keys/env:deepseek', body);
      assert.equal(status, 403);
      assert.match(String(problem['detail']), /from the environment \(DEEPSEEK_API_KEY\)/);
    }
  });

  test('nobody without a credential gets anything', async () => {
    for (const [method, path] of [
      ['GET', '/api/keys'],
      ['POST', '/api/keys'],
      ['POST', '/api/keys/test'],
      ['GET', '/api/keys/x'],
      ['PATCH', '/api/keys/x'],
      ['DELETE', '/api/keys/x'],
      ['GET', '/keys'],
      ['POST', '/keys'],
      ['PATCH', '/keys/x/active'],
      ['DELETE', '/keys/x'],
    ] as const) {
      assert.equal((await send(method, path, undefined, {})).status, 401, `${method} ${path}`);
      const me = await member();
      if (path.startsWith('/keys')) {
        assert.equal((await send(method, path, undefined, me)).status, 403, `${method} ${path}`);
      }
    }
  });
});

describe('changing a key', () => {
  test('what is given changes, and the rest stays', async () => {
    const me = await member();
    const id = await stored(me, { description: 'old' });
    const path = `/api/keys/${id}`;
    const before = (await send('GET', path, undefined, me)).body;
    const change = {
      name: 'new',
      threshold_usd: 1,
      check_interval_minutes: 5,
      is_active: false,
      probe: true,
      probe_model: 'gpt-4.1-nano',
      purposes: ['watch', 'route'],
      anchor: { amount_usd: '12.34', at: '2026-01-02T03:04:05+01:00' },
    };
    const { status, body } = await send('PATCH', path, change, me);
    assert.equal(status, 200, JSON.stringify(body));
    const anchor = { amount_usd: 12.34, at: '2026-01-02T02:04:05.000Z' };
    assert.deepEqual(body, { ...before, ...change, anchor });
    const cleared = {
      description: null,
      threshold_usd: null,
      check_interval_minutes: null,
      probe_model: null,
      anchor: null,
    };
    assert.deepEqual((await send('PATCH', path, cleared, me)).body, { ...body, ...cleared });
  });

  test('a new secret takes the place of the old one', async () => {
    const me = await member();
    const [id, other] = [await stored(me), await stored(me)];
    const secret = `sk-or-v1-${'f'.repeat(20)}-new1`;
    const { body } = await send('PATCH', `/api/keys/${id}`, { key: secret }, me);
    assert.equal(body['masked'], 'sk-or-v...new1');
    const twin = await send('PATCH', `/api/keys/${other}`, { key: secret }, me);
    assert.equal(twin.status, 409);
    assert.equal((await send('PATCH', `/api/keys/${id}`, { key: secret }, me)).status, 200);
  });

  test('T50 another address of a custom server takes the secret with it', async () => {
    const me = await member();
    const id = await stored(me, { platform: 'custom', base_url: 'https://one.example.com/v1/' });
    const path = `/api/keys/${id}`;
    const before = (await send('GET', path, undefined, me)).body;
    assert.equal(before['base_url'], 'https://one.example.com/v1');
    const { status, body } = await send(
      'PATCH',
      path,
      { base_url: 'https://two.example.com/v1' },
      me,
    );
    assert.equal(status, 422);
    assert.match(String(body['detail']), /Give the key again together with the new base_url/);
    assert.deepEqual((await send('GET', path, undefined, me)).body, before);
    const both = { base_url: 'https://two.example.com/v1', key: SECRET };
    assert.equal((await send('PATCH', path, both, me)).body['base_url'], both.base_url);
    const same = await send('PATCH', path, { base_url: 'https://two.example.com/v1/' }, me);
    assert.equal(same.status, 200);
  });

  const bad: readonly object[] = [
    {},
    { platform: 'openai' },
    { id: 'pk_1' },
    { owner: null },
    { user_id: null },
    { masked: 'x' },
    { name: '' },
    { is_active: 'yes' },
    { anchor: { amount_usd: 1, at: '2999-01-01T00:00:00Z' } },
    { anchor: { amount_usd: 1, at: 'yesterday' } },
    { anchor: { amount_usd: 1, at: '0000-01-01T00:00:00+14:00' } },
    { base_url: 'https://one.example.com/v1', key: SECRET },
  ];
  for (const change of bad) {
    test(`refuses ${JSON.stringify(change)} and changes nothing`, async () => {
      const me = await member();
      const path = `/api/keys/${await stored(me)}`;
      const before = (await send('GET', path, undefined, me)).body;
      assert.equal((await send('PATCH', path, change, me)).status, 422);
      assert.deepEqual((await send('GET', path, undefined, me)).body, before);
    });
  }
});

describe('deleting a key', () => {
  test('it is gone at once and for good', async () => {
    const me = await member();
    const path = `/api/keys/${await stored(me)}`;
    assert.equal((await send('DELETE', path, undefined, me)).status, 204);
    assert.equal((await send('DELETE', path, undefined, me)).status, 404);
    assert.equal((await send('GET', path, undefined, me)).status, 404);
    assert.deepEqual(await list(me), []);
  });
});
