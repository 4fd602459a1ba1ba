import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accountRequest, type KeyPlace } from './account-ask.ts';
import type { AccountCall } from './provider.ts';
import { findProvider } from './providers.ts';

const SECRET = 'sk-canary-0123456789';

function placeOf(id: string, base?: string): KeyPlace {
  const provider = findProvider(id);
  assert.ok(provider !== undefined);
  const { origin, pathname } = new URL(base ?? provider.base);
  return {
    provider,
    origin,
    basePath: pathname.replace(/\/+$/, ''),
    query: {},
    headers: {},
    userGiven: false,
  };
}

function urlOf(place: KeyPlace, call: Partial<AccountCall>): string {
  const request = accountRequest(place, { method: 'GET', path: '/x', ...call }, SECRET);
  return request.origin + request.path;
}

describe('where an account call goes', () => {
  test('below the base of the key', () => {
    assert.equal(urlOf(placeOf('openrouter'), {}), 'https://openrouter.ai/api/v1/x');
    assert.equal(urlOf(placeOf('openrouter', 'http://127.0.0.1:9/'), {}), 'http://127.0.0.1:9/x');
  });

  test("to another address of the provider, where the key lives at the provider's own base", () => {
    const management = { root: 'https://management-api.x.ai', path: '/auth/x' };
    assert.equal(urlOf(placeOf('xai'), management), 'https://management-api.x.ai/auth/x');
    const balance = { root: 'https://api.deepseek.com', path: '/user/balance' };
    assert.equal(urlOf(placeOf('deepseek'), balance), 'https://api.deepseek.com/user/balance');
  });

  test('never away from another base, so that its secret goes nowhere else', () => {
    const management = { root: 'https://management-api.x.ai', path: '/auth/x' };
    const expected = {
      'http://127.0.0.1:9/v1': 'http://127.0.0.1:9/auth/x',
      'https://mirror.example/grok/v1': 'https://mirror.example/grok/auth/x',
      'https://mirror.example/grok': 'https://mirror.example/grok/auth/x',
      'https://api.x.ai.evil.example/v1': 'https://api.x.ai.evil.example/auth/x',
      'http://api.x.ai/v1': 'http://api.x.ai/auth/x',
      'https://api.x.ai/v2': 'https://api.x.ai/v2/auth/x',
    };
    for (const [base, url] of Object.entries(expected)) {
      assert.equal(urlOf(placeOf('xai', base), management), url);
    }
  });

  test('with the parameters of the key beside its own', () => {
    const place = { ...placeOf('custom'), query: { 'api-version': '2024-10-21' } };
    assert.match(urlOf(place, {}), /\/v1\/x\?api-version=2024-10-21$/);
    assert.match(urlOf(place, { path: '/x?limit=1' }), /\/v1\/x\?limit=1&api-version=2024-10-21$/);
  });
});

describe('what an account call carries', () => {
  test("the credential in the provider's own way, and no header of the place over it", () => {
    const place = { ...placeOf('anthropic'), headers: { 'x-api-key': 'other', 'x-team': 'a' } };
    const call = { method: 'GET', path: '/models', headers: { 'x-api-key': 'third' } } as const;
    const { headers } = accountRequest(place, call, SECRET);
    assert.equal(headers['x-api-key'], SECRET);
    assert.equal(headers['x-team'], 'a');
    assert.equal(headers['anthropic-version'], '2023-06-01');
    assert.equal(headers['authorization'], undefined);
  });

  test("the credential in the way of the call's own dialect, where a provider has two", () => {
    const call = { method: 'POST', path: '/chat/completions', dialect: 'openai' } as const;
    const { headers } = accountRequest(placeOf('anthropic'), call, SECRET);
    assert.equal(headers['authorization'], `Bearer ${SECRET}`);
    assert.equal(headers['x-api-key'], undefined);
  });

  test('the secret in the credential header only', () => {
    const call = { method: 'POST', path: '/x', body: { a: 1 } } as const;
    const { headers, body, ...request } = accountRequest(placeOf('openai'), call, SECRET);
    const { authorization, ...others } = headers;
    assert.equal(authorization, `Bearer ${SECRET}`);
    assert.ok(!JSON.stringify([others, request]).includes(SECRET));
    assert.equal(String(body), '{"a":1}');
    assert.equal(headers['content-type'], 'application/json');
  });
});
