/** T53: no path leads out of the provider's base address. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { LONG, openStand, randomNumbers, rawHead, type Stand, seedOf, sendRaw } from './stand.ts';

const TRICKS = [
  '..',
  '.',
  '%2e%2e',
  '.%2E',
  '%2E.',
  '%252e%252e',
  '%25252e%25252e',
  '..%2f',
  '..%5c',
  '..\\',
  '\\..\\',
  '%5c..%5c',
  '..;',
  '..;x=1',
  '%2e%2e%3b',
  '//',
  '/',
  '%2f',
  '%2f%2f',
  '\\',
  '%5c',
  '//evil.example',
  '\\\\evil.example',
  '@evil.example',
  ':80',
  '%00',
  '%0a',
  '%0d%0a',
  '%09',
  '%20',
  '%23',
  '%3f',
  '%',
  '%zz',
  '%c0%ae%c0%ae',
  '%ff',
  '#',
  '#x',
  '?',
  '?x=../..',
  'http:',
  'http://evil.example',
  'http:%2f%2fevil.example',
  'admin',
  'models',
  'keys',
  'v1',
  'chat',
  'completions',
  '~',
  '%7e',
  '\u00e9',
  '\u00ff',
  '*',
  "'",
  '"',
  '<',
  '|',
  '{',
  '...',
  '....',
  '.%00.',
  '%2e',
  '.;',
  ';',
  '=',
];
const BASES = [
  '/v1/',
  '/v1',
  '//v1/',
  '/v1//',
  '/%76%31/',
  '/v1%2f',
  '/V1/',
  '/x/../v1/',
  '/v1/models/',
  '/v1/chat/',
  'http://evil.example/v1/',
  '/v1\\',
];

describe('T53 path traversal', { timeout: 180_000 }, () => {
  let stand: Stand;
  before(async () => {
    stand = await openStand();
    await stand.product.operator('/health');
  });
  after(() => stand[Symbol.asyncDispose]());

  test('T53 whatever the path, the provider sees only paths below its base, and its own host (seed printed)', async () => {
    const random = randomNumbers(seedOf('T53'));
    const pick = (from: readonly string[]): string =>
      from[Math.floor(random() * from.length)] ?? '';
    const { host } = new URL(stand.upstream.url);
    const rounds = LONG ? 20_000 : 700;
    for (let round = 0; round < rounds; round += 10) {
      const targets = Array.from({ length: 10 }, () => {
        const parts = Array.from({ length: 1 + Math.floor(random() * 5) }, () => pick(TRICKS));
        // Some are harmless, so that it shows what is forwarded and not only what is refused.
        if (random() < 0.2) return `/v1/models/x${pick(['', '%2e%41', '?z=../..', '~'])}`;
        return pick(BASES) + parts.join(random() < 0.7 ? '/' : '');
      });
      const method = pick(['GET', 'POST', 'DELETE']);
      const lines =
        method === 'POST' ? ['content-length: 2', 'content-type: application/json'] : [];
      const body = method === 'POST' ? '{}' : '';
      const answers = await Promise.all(
        targets.map((target) =>
          sendRaw(stand.product.url, rawHead(`${method} ${target}`, stand.token, lines) + body),
        ),
      );
      answers.forEach(({ status }, index) => {
        assert.ok(status > 0 && status < 500, `${status} for ${method} ${targets[index]}`);
      });
    }
    const seen = stand.upstream.requests();
    for (const { url, headers } of seen) {
      const [path = ''] = url.split('?', 1);
      assert.ok(path.startsWith('/v1/'), path);
      assert.ok(!/(^|[/\\])\.{1,2}([/\\;]|$)/.test(fullyDecoded(path)), path);
      assert.ok(!/[\\#\0\r\n]|\/\//.test(fullyDecoded(path)), path);
      assert.equal(headers.host, host);
    }
    assert.ok(seen.length > 20, 'harmless paths were forwarded');
  });

  test('T53 a Host header of the caller does not reach the provider', async () => {
    const lines = [
      'x-forwarded-host: evil.example',
      'forwarded: host=evil.example',
      'x-original-url: /admin',
    ];
    const head = rawHead('GET /v1/models', stand.token, lines).replace(
      'host: gateway',
      'host: evil.example',
    );
    assert.equal((await sendRaw(stand.product.url, head)).status, 200);
    const seen = stand.upstream.requests().at(-1);
    assert.equal(seen?.headers.host, new URL(stand.upstream.url).host);
    assert.equal(seen?.headers['x-forwarded-host'], undefined);
    assert.equal(seen?.headers['forwarded'], undefined);
  });

  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf']) {
    test(`T53 /v1/${name} is no metered path, so a key without the right to unmetered use is refused`, async () => {
      const { token } = (await stand.product.operator('/admin/keys', {
        body: { label: `narrow ${name}`, allow_unmetered: false },
      })) as { token: string };
      const seen = stand.upstream.requests().length;
      const head = rawHead(`POST /v1/${name}`, token, [
        'content-length: 2',
        'content-type: application/json',
      ]);
      const answer = await sendRaw(stand.product.url, `${head}{}`);
      assert.equal(answer.status, 403, answer.text);
      assert.equal(stand.upstream.requests().length, seen);
    });
  }
});

function fullyDecoded(path: string): string {
  let plain = path;
  for (let before = ''; before !== plain; ) {
    before = plain;
    plain = plain.replace(/%([0-9a-f]{2})/gi, (_, hex) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
  return plain;
}
