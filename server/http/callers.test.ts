import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ADMIN_TOKEN, openTestEdge, type TestEdge } from './edge-for-tests.ts';

type Headers = Readonly<Record<string, string>>;

let edge: TestEdge;
/** Good credentials by name; a header that names one in braces gets it. */
let good: Readonly<Record<string, string>>;

before(async () => {
  edge = await openTestEdge();
  const { token } = await edge.accounts.keys.issue({
    label: 'ann',
    note: null,
    origin: 'operator',
    allowUnmetered: false,
  });
  const reply = await edge.http.instance.inject({
    method: 'POST',
    url: '/api/auth/register',
    payload: { email: 'mem@example.org', password: 'correct horse' },
  });
  assert.equal(reply.statusCode, 201);
  const cookie = String(reply.headers['set-cookie']).split(';', 1)[0] ?? '';
  good = { admin: ADMIN_TOKEN, key: token, jwt: reply.json().access_token, cookie };
});
after(() => edge.close());

function filled(headers: Headers): Record<string, string> {
  const fill = (value: string) => value.replaceAll(/\{(\w+)\}/g, (_, name) => good[name] ?? name);
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)]));
}

/** `passed`, or the code of the refusal. */
async function verdict(url: string, headers: Headers): Promise<string> {
  const reply = await edge.http.instance.inject({ url, headers: filled(headers) });
  return reply.statusCode === 200 ? 'passed' : reply.json().code;
}

const CASES: Readonly<Record<string, readonly (readonly [Headers, string])[]>> = {
  '/admin/balance': [
    [{ 'x-admin-token': '{admin}' }, 'passed'],
    [{ 'x-api-key': '{admin}' }, 'passed'],
    [{ authorization: 'Bearer {admin}' }, 'passed'],
    [{ authorization: 'bearer   {admin} ' }, 'passed'],
    [{ 'x-admin-token': ' {admin} ' }, 'passed'],
    [{ 'x-admin-token': '{admin}', authorization: 'Bearer {admin}' }, 'passed'],
    [{ 'x-admin-token': '{admin}', authorization: 'Basic YWRtaW4=' }, 'passed'],
    [{ 'x-admin-token': '{admin}', cookie: '{cookie}' }, 'passed'],
    [{}, 'authentication_required'],
    [{ 'x-admin-token': '' }, 'authentication_required'],
    [{ authorization: '' }, 'authentication_required'],
    [{ cookie: 'x-admin-token={admin}' }, 'authentication_required'],
    [{ 'api-key': '{admin}' }, 'authentication_required'],
    [{ 'x-goog-api-key': '{admin}' }, 'authentication_required'],
    [{ 'proxy-authorization': 'Bearer {admin}' }, 'authentication_required'],
    [{ 'x-admin-token': 'Admin' }, 'invalid_api_key'],
    [{ 'x-admin-token': '{admin}, {admin}' }, 'invalid_api_key'],
    [{ authorization: '{admin}' }, 'invalid_api_key'],
    [{ authorization: 'Basic YWRtaW4=' }, 'invalid_api_key'],
    [{ authorization: 'Bearer' }, 'invalid_api_key'],
    [{ authorization: 'Bearer {key}' }, 'invalid_api_key'],
    [{ authorization: 'Bearer {jwt}' }, 'forbidden'],
    [{ cookie: '{cookie}' }, 'forbidden'],
    [{ authorization: 'Bearer other', 'x-admin-token': '{admin}' }, 'conflicting_credentials'],
    [{ authorization: 'Bearer {jwt}', 'x-api-key': '{admin}' }, 'conflicting_credentials'],
  ],
  '/user/balance': [
    [{ authorization: 'Bearer {key}' }, 'passed'],
    [{ 'x-api-key': '{key}' }, 'passed'],
    [{ authorization: 'Bearer {key}', 'x-api-key': '{key}' }, 'passed'],
    [{ 'api-key': '{key}' }, 'passed'],
    [{ 'api-key': 'of-another', authorization: 'Bearer {key}' }, 'passed'],
    [{ 'api-key': 'bad' }, 'invalid_api_key'],
    [{}, 'missing_credential'],
    [{ 'x-api-key': '  ' }, 'missing_credential'],
    [{ authorization: '  ' }, 'missing_credential'],
    [{ 'x-admin-token': '{admin}' }, 'missing_credential'],
    [{ cookie: '{cookie}' }, 'missing_credential'],
    [{ authorization: 'Bearer bad' }, 'invalid_api_key'],
    [{ authorization: 'Bearer {jwt}' }, 'invalid_api_key'],
    [{ authorization: 'Basic Z29vZA==' }, 'invalid_api_key'],
    [{ authorization: '{key}' }, 'invalid_api_key'],
    [{ 'x-api-key': '{admin}' }, 'invalid_api_key'],
    [{ authorization: 'Bearer {key}', 'x-api-key': 'bad' }, 'conflicting_credentials'],
  ],
  '/api/auth/me': [
    [{ authorization: 'Bearer {jwt}' }, 'passed'],
    [{ 'x-api-key': '{jwt}' }, 'passed'],
    [{ cookie: '{cookie}' }, 'passed'],
    [{ cookie: 'other=1; {cookie}' }, 'passed'],
    [{ cookie: '{cookie}', authorization: 'Basic cHJveHk6cHJveHk=' }, 'passed'],
    [{}, 'authentication_required'],
    [{ cookie: 'tollkeeper=other' }, 'authentication_required'],
    [{ cookie: '__Host-{cookie}' }, 'authentication_required'],
    [{ authorization: 'Bearer {jwt}x' }, 'invalid_api_key'],
    [{ authorization: 'Bearer bad', cookie: '{cookie}' }, 'invalid_api_key'],
    [{ authorization: 'Bearer {key}' }, 'invalid_api_key'],
    [{ 'x-admin-token': '{admin}' }, 'forbidden'],
    [{ authorization: 'Bearer {jwt}', 'x-api-key': 'bad' }, 'conflicting_credentials'],
  ],
};

for (const [url, cases] of Object.entries(CASES)) {
  describe(`T42: the rule of ${url} is the same for every header`, () => {
    for (const [headers, expected] of cases) {
      test(`${JSON.stringify(headers)} is ${expected}`, async () => {
        assert.equal(await verdict(url, headers), expected);
      });
    }

    test('T42: a credential in the address is never looked at', async () => {
      for (const name of ['api_key', 'token', 'access_token', 'key', 'authorization']) {
        for (const secret of Object.values(good)) {
          const bare = await verdict(url, {});
          assert.equal(await verdict(`${url}?${name}=${encodeURIComponent(secret)}`, {}), bare);
        }
      }
    });
  });
}
