import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { meaningOf, plainPath } from './paths.ts';

test('no trick leads out of the upstream (T53)', () => {
  const tricks = [
    '..',
    '../admin',
    'x/../../admin',
    '%2e%2e/admin',
    '.%2E/admin',
    '%2e./admin',
    '..%2fadmin',
    '..%5cadmin',
    '%252e%252e/admin',
    '%25252e%25252e/x',
    '\\..\\admin',
    'a\\b',
    '/evil.example/x',
    '//evil',
    'a//b',
    './x',
    'x/.',
    'a%00b',
    'a%0ab',
    'a%0d',
    'a\tb',
    'a b',
    '..;/admin',
    'x/..;a=b/y',
    'keys;x=1',
    'chat/completions;x=1',
    'chat/completions%3b',
    '%zz',
    '%',
    '',
    'a%3fb',
    'a%23b',
    '%c0%ae%c0%ae/x',
    '%u002e',
  ];
  for (const trick of tricks) {
    assert.throws(() => plainPath(trick), { code: 'not_found' }, JSON.stringify(trick));
  }
});

test('whatever is let through has no part that a server could read as a parent folder (T53)', () => {
  const piece = fc.constantFrom(
    '.',
    '..',
    '%2e',
    '%252e',
    '/',
    '%2f',
    '%5c',
    '\\',
    ';',
    'a',
    '%00',
    '%',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      let plain: string;
      try {
        plain = plainPath(pieces.join(''));
      } catch {
        return;
      }
      const { pathname } = new URL(`http://upstream.example/v1/${plain}`);
      assert.ok(pathname.startsWith('/v1/'), plain);
      for (const part of plain.split('/')) assert.doesNotMatch(part, /^\.{1,2}$|;/);
    }),
    { numRuns: 2_000 },
  );
});

test('ordinary paths are kept, also with a model name that holds a slash', () => {
  assert.equal(plainPath('chat/completions'), 'chat/completions');
  assert.equal(plainPath('chat/completions/'), 'chat/completions');
  assert.equal(plainPath('models/openai%2Fgpt-4o'), 'models/openai/gpt-4o');
  assert.equal(plainPath('files/file-1/content'), 'files/file-1/content');
});

test('each path has the class that its use can be metered by', () => {
  const classOf = (method: string, path: string) =>
    meaningOf(method, plainPath(path), {}).pathClass;
  assert.equal(classOf('POST', 'chat/completions'), 'tokens');
  assert.equal(classOf('POST', '%63hat/completions'), 'tokens');
  assert.equal(classOf('POST', 'messages'), 'tokens');
  assert.equal(classOf('POST', 'fim/completions'), 'tokens');
  assert.equal(classOf('POST', 'decisions'), 'tokens');
  assert.equal(classOf('POST', 'images/generations'), 'cost');
  assert.equal(classOf('POST', 'audio/speech'), 'cost');
  assert.equal(classOf('GET', 'models'), 'models');
  assert.equal(classOf('GET', 'models/gpt-4o'), 'free');
  assert.equal(classOf('POST', 'messages/count_tokens'), 'free');
  assert.equal(classOf('GET', 'chat/completions'), 'unmetered');
  assert.equal(classOf('POST', 'files'), 'unmetered');
  assert.equal(classOf('POST', 'batches'), 'unmetered');
  assert.equal(classOf('DELETE', 'models/ft:x'), 'unmetered');
  assert.equal(classOf('POST', 'deployments/toll/chat/completions'), 'tokens');
  assert.equal(classOf('POST', 'deployments%2Ftoll/audio/speech'), 'cost');
  assert.equal(classOf('POST', 'deployments/chat/completions'), 'tokens');
  assert.equal(classOf('POST', 'deployments/toll/chat/completions/input_tokens'), 'free');
  assert.equal(classOf('GET', 'deployments/toll/models'), 'free');
  assert.equal(classOf('POST', 'deployments/toll/batches'), 'unmetered');
  assert.equal(classOf('POST', 'deployments/a/deployments/b/chat/completions'), 'unmetered');
  assert.equal(classOf('POST', 'deployments/chat'), 'unmetered');
});

test("the provider's account endpoints are never forwarded, however they are spelled", () => {
  for (const path of [
    'keys',
    'Credits',
    'key',
    'activity',
    'organization/costs',
    '%6beys',
    'users/me/balance',
    'user/info',
    'dashboard/billing/usage',
    'organizations/usage_report/messages',
    'generation',
    'usage',
    'deployments/toll/keys',
    'Usage/',
    'api-key',
    'spend-limit',
    'rate-limit',
    'metrics/prometheus/api/v1/query',
    'realtime/client_secrets',
    'realtime/sessions/',
    'Realtime/transcription_sessions',
    'realtime/translations/client_secrets',
    'chatkit/sessions',
    'tunnels/tnl_1/reveal_token',
    'environments/env_1/work/poll',
    'webhook_endpoints/we_1/rotate_secret',
    'safety/alerts/alert_1',
  ]) {
    for (const method of ['GET', 'POST', 'DELETE']) {
      assert.throws(
        () => meaningOf(method, plainPath(path), {}),
        { code: 'account_path_forbidden' },
        path,
      );
    }
  }
});

test('what a wrong base URL makes of an address is refused, and told', () => {
  for (const path of ['v1/messages', 'v1/chat/completions', 'V1/models']) {
    assert.throws(() => meaningOf('POST', path, {}), { code: 'not_found', message: /twice/ });
  }
  assert.throws(() => plainPath('/chat/completions'), { code: 'not_found', message: /slashes/ });
});

test('a path is metered however its letters are written', () => {
  const paths = [
    'Chat/Completions',
    'deployments/Mine/CHAT/completions',
    'Deployments/x/responses',
  ];
  for (const path of paths) assert.equal(meaningOf('POST', path, {}).pathClass, 'tokens', path);
  assert.throws(() => meaningOf('GET', 'Credits', {}), { code: 'account_path_forbidden' });
});
