import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigError, loadConfig } from './config.ts';

type Given = { readonly env: Readonly<Record<string, string>> };

/** A folder in which nothing is set. */
const cwd = import.meta.dirname;
const load = ({ env }: Given) => loadConfig({ env, cwd, providerIds: [] });

function problemOf(given: Given): string {
  try {
    load(given);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.equal(error.problems.length, 1, error.message);
    return error.problems[0] ?? '';
  }
  return assert.fail('the settings were accepted');
}

describe('secrets', () => {
  test('T66: a signing key that is short or a placeholder refuses to start, without being repeated', () => {
    const CASES = [
      'short',
      'x'.repeat(40),
      'your-secret-key-here-please-change-it',
      'change-me-change-me-change-me-change-me',
      '12345678901234567890123456789012',
    ];
    for (const secret of CASES) {
      const problem = problemOf({ env: { SECRET_KEY: secret } });
      assert.match(problem, /^SECRET_KEY \(environment\) (must have at least 32|is a placeholder)/);
      assert.ok(!problem.includes(secret));
    }
    const good = '8f1c2b7ad04e9361f5aa07c3be9d21640f7715c2';
    assert.equal(load({ env: { SECRET_KEY: good } }).config.access.secretKey, good);
    // Empty counts as unset, and the start makes one: nothing is ever signed with an empty key.
    assert.equal(load({ env: { SECRET_KEY: '' } }).config.access.secretKey, undefined);
  });

  test('only HS256 signs', () => {
    assert.equal(load({ env: { ALGORITHM: 'hs256' } }).config.access.algorithm, 'HS256');
    for (const name of ['none', 'HS512', 'RS256']) {
      assert.match(problemOf({ env: { ALGORITHM: name } }), /must be one of HS256/);
    }
  });
});

describe('who may come in', () => {
  test('registration is open, and by invitation in production unless it is set', () => {
    const of = (env: Readonly<Record<string, string>>) => load({ env }).config.access.registration;
    assert.equal(of({}), 'open');
    assert.equal(of({ ENV: 'production' }), 'invite');
    assert.equal(of({ ENV: 'production', REGISTRATION: 'open' }), 'open');
    assert.equal(of({ REGISTRATION: 'closed' }), 'closed');
  });

  test('a trusted proxy is named by its address or range, never by "everybody"', () => {
    const list = '127.0.0.1, 10.0.0.0/8,::1, fd00::/8, loopback';
    const { trustProxy } = load({ env: { TRUST_PROXY: list } }).config.server;
    assert.deepEqual(trustProxy, ['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', 'loopback']);
    for (const wrong of [
      'true',
      '*',
      '1',
      '10.0.0.0/33',
      'proxy.example',
      '10.0.0.0/8/8',
      '0.0.0.0/0',
      '::/0',
    ]) {
      assert.match(
        problemOf({ env: { TRUST_PROXY: wrong } }),
        /^TRUST_PROXY .* must list addresses/,
      );
    }
  });
});

describe('an admin token that anybody could guess', () => {
  const PLACEHOLDERS = ['admin', 'change-me', 'admin-token', 'xxxxxxxxxxxxxxxxxxxx'];

  test('refuses to start in production, and is told of elsewhere, without being repeated', () => {
    for (const token of [...PLACEHOLDERS, 'short-0ne']) {
      const problem = problemOf({ env: { ENV: 'production', ADMIN_TOKEN: token } });
      assert.match(problem, /^ADMIN_TOKEN is (a placeholder|shorter than 16)/);
    }
    for (const token of PLACEHOLDERS) {
      const { notices } = load({ env: { ADMIN_TOKEN: token } });
      assert.deepEqual(notices, ['ADMIN_TOKEN is a placeholder that anybody could guess.']);
    }
    const good = {
      ENV: 'production',
      ADMIN_TOKEN: 'adm_7f3kq0Zr81mXw52t',
      TRUST_PROXY: '10.0.0.1',
    };
    assert.deepEqual(load({ env: good }).notices, []);
  });

  test('the token for metrics is another than the admin token', () => {
    const one = 'adm_7f3kq0Zr81mXw52t';
    const problem = problemOf({ env: { ADMIN_TOKEN: one, METRICS_TOKEN: one } });
    assert.match(problem, /^METRICS_TOKEN is the same as ADMIN_TOKEN/);
    assert.ok(!problem.includes(one));
    const { access } = load({ env: { ADMIN_TOKEN: one, METRICS_TOKEN: 'met_1' } }).config;
    assert.equal(access.metricsToken, 'met_1');
  });

  test('production tells of each door that stands open', () => {
    const open = {
      ...{ REGISTRATION: 'open', INTRANET_LOGIN: 'true' },
      ...{ SELF_SERVICE_KEYS: 'true', DASHBOARD_PUBLIC: 'true' },
    };
    const { notices } = load({ env: { ENV: 'production', ...open } });
    const names = [
      'TRUST_PROXY',
      'REGISTRATION',
      'INTRANET_LOGIN',
      'SELF_SERVICE_KEYS',
      'DASHBOARD_PUBLIC',
    ];
    assert.deepEqual(
      names.filter((name) => !notices.some((notice) => notice.includes(name))),
      [],
    );
    assert.equal(notices.length, names.length);
    assert.deepEqual(load({ env: open }).notices, []);
  });
});
