import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { VirtualKey } from '../accounts/accounts.ts';
import { Failure } from '../failure.ts';
import { createCallers } from './callers.ts';

const KEY: VirtualKey = {
  id: 'vk_1',
  userId: 'usr_1',
  label: 'ann',
  name: null,
  note: null,
  prefix: 'tk-abcdefgh',
  last4: 'wxyz',
  origin: 'operator',
  ruledBy: 'operator',
  allowUnmetered: true,
  models: null,
  pin: null,
  expiresAt: null,
  isDisabled: false,
  createdAt: 0,
  revokedAt: null,
};

const callers = createCallers(
  { authenticate: (token) => (token === 'good' ? KEY : null) },
  { adminToken: 'admin' },
);

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    assert.ok(thrown instanceof Failure);
    return thrown.code;
  }
  return 'passed';
}

describe('operator', () => {
  const CASES: readonly (readonly [Record<string, string>, string])[] = [
    [{ 'x-admin-token': 'admin' }, 'passed'],
    [{ 'x-api-key': 'admin' }, 'passed'],
    [{ authorization: 'Bearer admin' }, 'passed'],
    [{ authorization: 'bearer   admin ' }, 'passed'],
    [{ 'x-admin-token': ' admin ' }, 'passed'],
    [{ authorization: 'Bearer other', 'x-admin-token': 'admin' }, 'passed'],
    [{}, 'authentication_required'],
    [{ 'x-admin-token': '' }, 'authentication_required'],
    [{ 'x-admin-token': 'Admin' }, 'invalid_api_key'],
    [{ 'x-admin-token': 'admin, admin' }, 'invalid_api_key'],
    [{ authorization: 'admin' }, 'invalid_api_key'],
    [{ authorization: 'Basic YWRtaW4=' }, 'invalid_api_key'],
    [{ authorization: 'Bearer' }, 'invalid_api_key'],
    [{ cookie: 'x-admin-token=admin' }, 'authentication_required'],
  ];
  for (const [headers, expected] of CASES) {
    test(`${JSON.stringify(headers)} is ${expected}`, () => {
      assert.equal(
        codeOf(() => callers.operator(headers)),
        expected,
      );
    });
  }
});

describe('key holder', () => {
  test('is known by either header, and by both where they agree', () => {
    assert.equal(callers.keyHolder({ authorization: 'Bearer good' }), KEY);
    assert.equal(callers.keyHolder({ 'x-api-key': 'good' }), KEY);
    assert.equal(callers.keyHolder({ authorization: 'Bearer good', 'x-api-key': 'good' }), KEY);
  });

  const CASES: readonly (readonly [Record<string, string>, string])[] = [
    [{}, 'missing_credential'],
    [{ 'x-api-key': '  ' }, 'missing_credential'],
    [{ authorization: 'Bearer bad' }, 'invalid_api_key'],
    [{ authorization: 'Basic Z29vZA==' }, 'invalid_api_key'],
    [{ authorization: 'Bearer good', 'x-api-key': 'bad' }, 'conflicting_credentials'],
    [{ 'x-admin-token': 'admin' }, 'missing_credential'],
    [{ 'x-api-key': 'admin' }, 'invalid_api_key'],
  ];
  for (const [headers, expected] of CASES) {
    test(`with ${JSON.stringify(headers)} is refused as ${expected}`, () => {
      assert.equal(
        codeOf(() => callers.keyHolder(headers)),
        expected,
      );
    });
  }
});
