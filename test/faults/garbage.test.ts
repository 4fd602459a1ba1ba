/** T28 and T31: answers that are no answers, and answers that point elsewhere. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { chat, streamedChat } from '../fake-upstream/ask.ts';
import type { Behaviour } from '../fake-upstream.ts';
import { openStand, PROVIDER_SECRET, randomNumbers, type Stand, seedOf } from './stand.ts';

const HTML = '<html><body>Bad gateway</body></html>';
/** What comes under status 200 or 502 and is no answer, for a plain call and for a stream. */
const GARBAGE: readonly (readonly [name: string, behaviour: Behaviour])[] = [
  ['an HTML page under 502', { fault: 'html-502' }],
  ['an HTML page under 200', { body: HTML, contentType: 'text/html; charset=utf-8' }],
  ['an empty answer', { fault: 'empty-200' }],
  ['an empty answer of the right type', { body: '', contentType: 'application/json' }],
  ['JSON that breaks off', { body: '{"id":"x","choices":[', contentType: 'application/json' }],
  ['JSON that is no object', { body: '"ok"', contentType: 'application/json' }],
  ['JSON null', { body: 'null', contentType: 'application/json' }],
  ['NULs', { body: Buffer.alloc(1000), contentType: 'application/json' }],
  [
    'bytes under a coding that nobody knows',
    { body: 'xxxx', headers: { 'content-encoding': 'constructor' } },
  ],
  ['bytes that are no gzip', { body: 'xxxx', headers: { 'content-encoding': 'gzip' } }],
];

describe('T28 garbage', { timeout: 180_000 }, () => {
  let stand: Stand;
  before(async () => {
    stand = await openStand();
  });
  after(() => stand[Symbol.asyncDispose]());

  for (const [name, behave] of GARBAGE) {
    for (const stream of [false, true]) {
      test(`T28 ${name} for a ${stream ? 'stream' : 'plain call'} is 503 in the caller's shape, on record`, async () => {
        stand.upstream.script({ behave, times: 1 });
        const answer = await stand.ask({ body: chat('', { stream }) });
        stand.upstream.unscript();
        assert.equal(answer.status, 503, answer.text);
        const { error } = JSON.parse(answer.text);
        assert.match(error.code, /^upstream_(unreadable|reset)$/);
        assert.equal(answer.headers['content-type'], 'application/json');
        assert.ok(!answer.text.includes('<html'));
        assert.equal(stand.recordOf(answer).outcome, 'failed');
      });
    }
  }

  for (const [path, status] of [
    ['/no/such/path', 404],
    ['/chat/completions', 405],
    ['/chat/completions', 429],
    ['/chat/completions', 500],
  ] as const) {
    test(`T28 a ${status} that the provider itself writes as a page passes through ${path}`, async () => {
      const headers = { 'content-type': 'text/html', 'retry-after': '7' };
      stand.upstream.script({ behave: { status, body: HTML, headers }, times: 1 });
      const answer = await stand.ask({ path, body: chat('') });
      stand.upstream.unscript();
      assert.deepEqual([answer.status, answer.text], [status, HTML]);
      assert.equal(answer.headers['content-type'], 'text/html');
      assert.equal(answer.headers['retry-after'], '7');
      const { outcome, status: recorded, cost_nanos } = stand.recordOf(answer);
      assert.deepEqual([outcome, recorded, cost_nanos], ['failed', status, 0]);
    });
  }

  test('T28 a stream under a wrong content type is still metered and relayed', async () => {
    for (const contentType of ['text/plain', 'application/octet-stream', '']) {
      stand.upstream.script({ behave: { contentType, tokens: 5 }, times: 1 });
      const answer = await stand.ask({ body: streamedChat('') });
      stand.upstream.unscript();
      assert.ok(answer.text.endsWith('data: [DONE]\n\n'));
      const { provenance, output_tokens } = stand.recordOf(answer);
      assert.deepEqual([provenance, output_tokens], ['reported', 5], contentType);
    }
  });

  for (const odd of [
    'oddBytes=bom',
    'oddBytes=invalid-utf8',
    'oddBytes=nul',
    'lineEnd=cr',
    'lineEnd=cr oddBytes=bom',
  ]) {
    test(`T28 a stream with ${odd} is metered as if it were clean`, async () => {
      const answer = await stand.ask({ body: streamedChat(`tokens=6 ${odd}`) });
      const record = stand.recordOf(answer);
      assert.deepEqual(
        [record.outcome, record.provenance, record.output_tokens],
        ['completed', 'reported', 6],
      );
    });
  }

  for (const oddBytes of ['bom', 'invalid-utf8']) {
    test(`T28 a plain answer with ${oddBytes} is relayed as it is and metered`, async () => {
      const answer = await stand.ask({ body: chat(`tokens=6 oddBytes=${oddBytes}`) });
      assert.equal(answer.status, 200, answer.text);
      if (oddBytes === 'bom') assert.equal(answer.bytes[0], 0xef);
      else assert.ok(answer.bytes.includes(0xff));
      const record = stand.recordOf(answer);
      assert.deepEqual([record.provenance, record.output_tokens], ['reported', 6]);
    });
  }

  test('T28 a stream of one endless line is 503 upstream_unreadable, and the provider is hung up on', async () => {
    const answer = await stand.ask({ body: streamedChat('fault=long-line bytes=100000000') });
    assert.equal(answer.status, 503);
    assert.equal(JSON.parse(answer.text).error.code, 'upstream_unreadable');
    await stand.upstream.whenIdle();
    assert.equal(stand.recordOf(answer).failure, 'upstream_unreadable');
  });

  test('T28 a body of random bytes never does more than fail (seed printed)', async () => {
    const random = randomNumbers(seedOf('T28'));
    const pieces = [
      'data: ',
      '\n\n',
      '\r',
      '\0',
      '[DONE]',
      '{"usage":',
      '{"error":',
      '}',
      '"',
      'é',
      '\u2028',
    ];
    for (let round = 0; round < 150; round++) {
      const length = 1 + Math.floor(random() * 40);
      const text = Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]).join(
        '',
      );
      const contentType = random() < 0.5 ? 'text/event-stream' : 'application/json';
      stand.upstream.script({ behave: { body: text, contentType }, times: 1 });
      const answer = await stand.ask({ body: chat('', { stream: random() < 0.5 }) });
      stand.upstream.unscript();
      assert.ok([200, 503].includes(answer.status), `${answer.status} for ${JSON.stringify(text)}`);
      stand.recordOf(answer);
    }
  });
});

describe('T31 redirects', { timeout: 180_000 }, () => {
  for (const status of [301, 302, 303, 307, 308]) {
    for (const stream of [false, true]) {
      test(`T31 a ${status} to another machine (${stream ? 'stream' : 'plain'}) is 503, never followed, and the key stays here`, async () => {
        const seen: string[] = [];
        const canary = createServer((request, response) => {
          seen.push(JSON.stringify([request.url, request.rawHeaders]));
          response.end('{}');
        });
        await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
        await using stand = await openStand();
        const location = `http://127.0.0.1:${(canary.address() as AddressInfo).port}/v1/chat/completions`;
        const answer = await stand.ask({
          body: chat(`status=${status} location=${location}`, { stream }),
        });
        assert.equal(answer.status, 503);
        assert.equal(JSON.parse(answer.text).error.code, 'upstream_redirect');
        assert.equal(answer.headers['location'], undefined);
        assert.ok(!answer.text.includes(PROVIDER_SECRET));
        await turn();
        assert.deepEqual(seen, []);
        assert.equal(stand.upstream.requests().length, 1);
        const { failure, cost_nanos } = stand.recordOf(answer);
        assert.deepEqual([failure, cost_nanos], ['upstream_redirect', 0]);
        await new Promise((resolve) => canary.close(resolve));
      });
    }
  }
});
