/** T64: what may cross in headers, in either direction, and what a raw socket cannot smuggle in. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { chat, eventsOf, streamedChat } from '../fake-upstream/ask.ts';
import { openStand, PROVIDER_SECRET, rawHead, type Stand, sendRaw } from './stand.ts';

const BODY = JSON.stringify(chat('tokens=2'));
const CHAT = 'POST /v1/chat/completions';

describe('T64 headers', { timeout: 180_000 }, () => {
  let stand: Stand;
  before(async () => {
    stand = await openStand();
  });
  after(() => stand[Symbol.asyncDispose]());

  function send(lines: readonly string[], body = BODY): ReturnType<typeof sendRaw> {
    const all = [
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
      ...lines,
    ];
    return sendRaw(stand.product.url, rawHead(CHAT, stand.token, all) + body);
  }

  test('a body that streams through keeps the length that was told, and has none where none was', async () => {
    const upload = async (line: string, body: string) => {
      const head = rawHead('POST /v1/files', stand.token, [line]);
      assert.equal((await sendRaw(stand.product.url, head + body)).status, 200);
      const seen = stand.upstream.requests().at(-1);
      assert.equal(seen?.body.toString(), 'abcde');
      return [seen.headers['content-length'], seen.headers['transfer-encoding']];
    };
    assert.deepEqual(await upload('content-length: 5', 'abcde'), ['5', undefined]);
    const chunked = await upload('transfer-encoding: chunked', '5\r\nabcde\r\n0\r\n\r\n');
    assert.deepEqual(chunked, [undefined, 'chunked']);
  });

  test('T64 hop-by-hop, declared and credential headers of the caller stay here; others cross', async () => {
    const lines = [
      'te: trailers',
      'trailer: x-sum',
      'keep-alive: timeout=5',
      'proxy-authorization: Basic Zm9v',
      'proxy-connection: close',
      'cookie: session=secret',
      'x-admin-token: guess',
      'api-key: guess',
      'x-goog-api-key: guess',
      'openai-organization: org-other',
      'openai-project: proj-other',
      'x-goog-user-project: other',
      'x-http-method: DELETE',
      'x-http-method-override: DELETE',
      'x-method-override: DELETE',
      'x-original-url: /v1/organization/costs',
      'x-rewrite-url: /v1/organization/costs',
      'x-forwarded-for: 10.0.0.1',
      'cf-connecting-ip: 203.0.113.7',
      'cf-warp-tag-id: 1234',
      'cf-access-jwt-assertion: eyJ',
      'cdn-loop: cloudflare; loops=1',
      'true-client-ip: 203.0.113.7',
      'x-auth-request-email: ada@example.com',
      'x-auth-request-preferred-username: ada',
      'x-forwarded-groups: staff',
      'x-forwarded-preferred-username: ada',
      'x-forwarded-client-cert: Subject="CN=ada"',
      'x-authentik-email: ada@example.com',
      'x-pomerium-jwt-assertion: eyJ',
      'x-ms-client-principal-name: ada@example.com',
      'x-ms-token-aad-access-token: eyJ',
      'tailscale-user-login: ada@example.com',
      'remote-user: ada',
      'referer: https://app.example/chats/1',
      'origin: https://app.example',
      'sec-fetch-mode: cors',
      'sec-fetch-site: cross-site',
      'via: 1.1 proxy',
      'x-secret-hop: 1',
      'x-harmless: yes',
      'cf-aig-skip-cache: yes',
      'accept-encoding: br',
    ];
    const head = rawHead(CHAT, stand.token, [
      'content-type: application/json',
      `content-length: ${BODY.length}`,
      ...lines,
    ]);
    const declared = head.replace('connection: close', 'connection: close, X-Secret-Hop');
    assert.equal((await sendRaw(stand.product.url, declared + BODY)).status, 200);
    const seen = stand.upstream.requests().at(-1)?.headers ?? {};
    for (const name of lines.map((line) => line.split(':', 1)[0] ?? '')) {
      if (name === 'x-harmless' || name === 'cf-aig-skip-cache') assert.equal(seen[name], 'yes');
      // A server of unknown make is sent our key under this name too.
      else if (name === 'api-key') assert.equal(seen[name], PROVIDER_SECRET);
      else if (name === 'accept-encoding') assert.equal(seen[name], 'identity');
      else assert.equal(seen[name], undefined, name);
    }
    assert.equal(seen.authorization, `Bearer ${PROVIDER_SECRET}`);
    assert.ok(!JSON.stringify(stand.upstream.requests().at(-1)?.rawHeaders).includes(stand.token));
  });

  const REFUSED: readonly (readonly [string, readonly string[]])[] = [
    ['a NUL in a value', ['x-a: a\0b']],
    ['a lone CR in a value', ['x-a: a\rx-b: c']],
    ['a lone CR before a name', ['\rx-a: b']],
    ['a control character in a value', ['x-a: \u0001']],
    ['a space in a name', ['x a: b']],
    ['a space before the colon', ['transfer-encoding : chunked']],
    ['two lengths', ['content-length: 5']],
    ['a length and chunks', ['transfer-encoding: chunked']],
    ['an unknown transfer coding', ['transfer-encoding: xchunked']],
    ['a folded transfer coding', ['transfer-encoding:\r\n chunked']],
    ['a length with a sign', ['content-length: +5']],
  ];
  for (const [name, lines] of REFUSED) {
    test(`T64 ${name} is refused with 400 and sends nothing on`, async () => {
      const seen = stand.upstream.requests().length;
      const { status } = await send(lines);
      assert.equal(status, 400);
      assert.equal(stand.upstream.requests().length, seen);
    });
  }

  test('T64 a request hidden behind a chunked body is never sent on', async () => {
    const seen = stand.upstream.requests().length;
    const hidden = `POST /v1/embeddings HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${stand.token}\r\ncontent-length: 2\r\n\r\n{}`;
    for (const coding of [
      'chunked, identity',
      'identity, chunked',
      'chunked\r\ntransfer-encoding: x',
      '"chunked"',
      'Chunked;x',
    ]) {
      const lines = ['content-type: application/json', `transfer-encoding: ${coding}`];
      const { status } = await sendRaw(
        stand.product.url,
        `${rawHead(CHAT, stand.token, lines)}0\r\n\r\n${hidden}`,
      );
      assert.ok(status === 400 || status === 0, `${status} for ${coding}`);
    }
    assert.equal(stand.upstream.requests().length, seen);
  });

  test('a compressed body is refused in words, and nothing is sent on', async () => {
    const seen = stand.upstream.requests().length;
    const body = gzipSync(BODY);
    const answer = await fetch(`${stand.product.url}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${stand.token}`,
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
      body,
    });
    assert.equal(answer.status, 415);
    assert.match(await answer.text(), /without Content-Encoding/);
    assert.equal(stand.upstream.requests().length, seen);
  });

  test('a WebSocket is refused in words, and nothing is sent on', async () => {
    const seen = stand.upstream.requests().length;
    const head = rawHead('GET /v1/realtime?model=gpt-realtime', stand.token, [
      'upgrade: websocket',
    ]);
    const asking = head.replace('connection: close', 'connection: close, Upgrade');
    const answer = await sendRaw(stand.product.url, asking);
    assert.equal(answer.status, 400);
    assert.match(answer.text, /WebSockets are not forwarded/);
    assert.equal(stand.upstream.requests().length, seen);
  });

  test('T64 what is no HTTP behind a request breaks off its answer, and puts nothing into it', async () => {
    const body = JSON.stringify(streamedChat('tokens=50 chunkDelayMs=20'));
    const { hostname, port } = new URL(stand.product.url);
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    const lines = [`content-length: ${body.length}`];
    socket.write(rawHead(CHAT, stand.token, lines) + body);
    let text = '';
    socket.on('data', (part: Buffer) => {
      if (text === '') socket.write('NONSENSE\r\n\r\n');
      text += part.toString('latin1');
    });
    await once(socket, 'close');
    assert.deepEqual(text.match(/HTTP\/1\.1 \d{3}/g), ['HTTP/1.1 200']);
    assert.ok(!text.includes('[DONE]'));
  });

  test('T64 bytes beyond ASCII in a header cross unchanged or are refused, and are no fault of ours', async () => {
    for (const value of ['\u00e9\u00ff', '\u4f60'.normalize(), '\ud83d\ude00']) {
      const bytes = Buffer.from(value, 'utf8').toString('latin1');
      const { status } = await send([`x-name: ${bytes}`]);
      assert.ok(status === 200 || status === 400, String(status));
      if (status === 200) assert.equal(stand.upstream.requests().at(-1)?.headers['x-name'], bytes);
    }
  });

  test('T64 a model name with line ends, NULs and other scripts is data, not a header', async () => {
    for (const model of ['a\r\nx-evil: 1', 'a\0b', '\u4f60\u597d', '\ud83d\ude00', 'a\u2028b']) {
      const answer = await stand.ask({ body: chat('tokens=2', { model }) });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers['x-evil'], undefined);
      assert.equal(stand.recordOf(answer).model, model);
    }
  });

  test('T64 hop-by-hop, declared, account and cookie headers of the provider stay here; others cross', async () => {
    const headers = {
      connection: 'keep-alive, x-hop',
      'x-hop': '1',
      'keep-alive': 'timeout=5',
      'proxy-authenticate': 'Basic',
      'set-cookie': ['a=1', 'b=2'],
      'openai-organization': 'org-1',
      'anthropic-organization-id': 'org-2',
      'alt-svc': 'h3=":443"',
      'strict-transport-security': 'max-age=1',
      'x-ratelimit-remaining-requests': '9',
      'openai-processing-ms': '5',
    };
    for (const stream of [false, true]) {
      stand.upstream.script({ behave: { headers }, times: 1 });
      const answer = await stand.ask({ body: chat('', { stream }) });
      stand.upstream.unscript();
      assert.equal(answer.status, 200);
      for (const name of Object.keys(headers)) {
        if (name === 'connection' || name === 'keep-alive') continue;
        const crosses =
          name === 'x-ratelimit-remaining-requests' || name === 'openai-processing-ms';
        assert.equal(answer.headers[name] !== undefined, crosses, name);
      }
      assert.ok(!String(answer.headers['connection']).includes('x-hop'));
    }
  });

  test('T64 a header that the provider sends several times is read as one list', async () => {
    const behave = { headers: { connection: ['keep-alive', 'x-hop'], 'x-hop': '1' } };
    stand.upstream.script({ behave, times: 1 });
    const answer = await stand.ask({ body: chat('tokens=2') });
    assert.deepEqual([answer.status, answer.headers['x-hop']], [200, undefined]);
    const coded = { headers: { 'content-encoding': ['identity', 'gzip'] } };
    stand.upstream.script({ behave: coded, times: 1 });
    const unreadable = await stand.ask({ body: chat('tokens=2') });
    stand.upstream.unscript();
    assert.equal(unreadable.status, 503);
    assert.equal(stand.recordOf(unreadable).failure, 'upstream_unreadable');
  });

  test('T64 a provider that echoes our key in a header, an error or an error event never shows it', async () => {
    const message = `Incorrect key ${PROVIDER_SECRET} provided`;
    const error = JSON.stringify({ error: { message, type: 'x', code: 'x' } });
    const event = `data: ${error}\n\n`;
    for (const stream of [false, true]) {
      for (const behave of [
        { headers: { 'x-echo': `Bearer ${PROVIDER_SECRET}` } },
        { status: 401, message },
        { status: 500, body: error },
        { body: error },
        {
          body: stream ? event : error,
          contentType: stream ? 'text/event-stream' : 'application/json',
        },
        { errorAfter: 2, message },
        { errorAfter: 0, message, chunking: 'byte' as const },
        { errorAfter: 1, message, tail: 'no-blank-line' as const },
      ]) {
        stand.upstream.script({ behave, times: 1 });
        const answer = await stand.ask({ body: chat('', { stream }) });
        stand.upstream.unscript();
        assert.ok(
          !JSON.stringify(answer.headers).includes(PROVIDER_SECRET),
          JSON.stringify(behave),
        );
        assert.ok(!answer.text.includes(PROVIDER_SECRET), answer.text);
      }
    }
  });

  test('T64 a stream whose error was blotted out still reads as an error', async () => {
    const message = `Incorrect key ${PROVIDER_SECRET} provided`;
    stand.upstream.script({ behave: { errorAfter: 2, message }, times: 1 });
    const answer = await stand.ask({ body: chat('', { stream: true }) });
    stand.upstream.unscript();
    assert.equal(
      eventsOf(answer.text).at(-1)?.json.error.message,
      'Incorrect key [redacted] provided',
    );
    assert.equal(stand.recordOf(answer).outcome, 'failed');
  });
});
