import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../failure.ts';
import { ADMIN_TOKEN, OPERATOR, openTestEdge, type TestEdge } from './edge-for-tests.ts';

let edge: TestEdge;

before(async () => {
  edge = await openTestEdge({
    settings: { selfServiceKeys: true, allowedOrigins: ['https://app.example'] },
    v1: (scope, callers) => {
      scope.all('/v1/*', (request) => {
        callers.keyHolder(request.headers);
        throw new Failure('overloaded', { retryAfterMs: 1500 });
      });
    },
  });
});
after(() => edge.close());

const inject = (options: object) => edge.http.instance.inject(options);

describe('errors', () => {
  test('an unknown path is a problem document with the request id, which is ours', async () => {
    const reply = await inject({ url: '/nowhere', headers: { 'x-request-id': 'mine' } });
    assert.equal(reply.statusCode, 404);
    assert.match(String(reply.headers['content-type']), /^application\/problem\+json/);
    assert.match(reply.json().request_id, /^req_[0-9a-f]{32}$/);
    assert.equal(reply.headers['x-request-id'], reply.json().request_id);
    assert.equal(reply.headers['x-content-type-options'], 'nosniff');
  });

  test('a method that a path does not take is 405 with those that it takes', async () => {
    const CASES = [
      ['PUT', '/admin/keys', 'POST, OPTIONS'],
      ['GET', '/admin/keys', 'POST, OPTIONS'],
      ['DELETE', '/admin/usage/vk_1', 'GET, HEAD, OPTIONS'],
      ['POST', '/health', 'GET, HEAD, OPTIONS'],
      ['PATCH', '/', 'GET, HEAD, OPTIONS'],
      ['POST', '/docs', 'GET, HEAD, OPTIONS'],
      ['TRACE', '/public/keys', 'POST, OPTIONS'],
      // A page has the address as well.
      ['PUT', '/login', 'GET, POST, HEAD, OPTIONS'],
      ['POST', '/logout', 'GET, HEAD, OPTIONS'],
    ] as const;
    for (const [method, url, allow] of CASES) {
      const reply = await inject({ method, url });
      assert.equal(reply.statusCode, 405, `${method} ${url}`);
      assert.equal(reply.headers['allow'], allow);
      assert.equal(reply.json().code, 'method_not_allowed');
    }
    const head = await inject({ method: 'HEAD', url: '/admin/keys' });
    assert.deepEqual([head.statusCode, head.headers['allow']], [405, 'POST, OPTIONS']);
  });

  test('HEAD answers as GET does, without a body', async () => {
    const reply = await inject({ method: 'HEAD', url: '/health' });
    assert.equal(reply.statusCode, 200);
    assert.equal(reply.body, '');
    assert.equal((await inject({ method: 'HEAD', url: '/reports/data' })).statusCode, 401);
  });

  const BODIES: readonly (readonly [string, string | undefined, string, number, string])[] = [
    ['malformed JSON', 'application/json', '{"label":', 400, 'invalid_request'],
    ['no body at all', 'application/json', '', 422, 'validation_failed'],
    ['a text', 'text/plain', 'label=a', 415, 'unsupported_media_type'],
    ['a form', 'application/x-www-form-urlencoded', 'label=a', 415, 'unsupported_media_type'],
    ['a body without a type', undefined, '{"label":"a"}', 415, 'unsupported_media_type'],
    ['a type that is no type', '§', '{"label":"a"}', 415, 'unsupported_media_type'],
    ['a huge body', 'application/json', `"${'x'.repeat(70_000)}"`, 413, 'body_too_large'],
  ];
  for (const [title, type, payload, status, code] of BODIES) {
    test(`${title} is ${status} ${code}`, async () => {
      const headers = { ...OPERATOR, ...(type !== undefined && { 'content-type': type }) };
      const reply = await inject({ method: 'POST', url: '/admin/keys', headers, payload });
      assert.equal(reply.statusCode, status);
      assert.equal(reply.json().code, code);
      assert.ok(!reply.body.includes('xxxx'));
    });
  }

  test('a wrongly encoded address is 400', async () => {
    const reply = await inject({ url: '/admin/usage/%zz', headers: OPERATOR });
    assert.equal(reply.statusCode, 400);
    assert.equal(reply.json().code, 'invalid_request');
  });

  test('a fault of ours says nothing but the request id, and the log knows more, but no key', async () => {
    const broken = await openTestEdge({
      rooms: {
        reports: {
          usageOfKey: () => Promise.reject(new Error('the table is on fire')),
          costByUser: () => Promise.reject(new Failure('storage_unavailable')),
        },
      },
    });
    const issued = await broken.http.instance.inject({
      method: 'POST',
      url: '/admin/keys',
      headers: OPERATOR,
      payload: { label: 'a' },
    });
    const { token } = issued.json();
    const reply = await broken.http.instance.inject({
      url: `/admin/usage/${token}`,
      headers: OPERATOR,
    });
    assert.equal(reply.statusCode, 500);
    assert.equal(reply.json().code, 'internal');
    assert.ok(!reply.body.includes('fire'));
    assert.equal(broken.logged.length, 1);
    const [line = ''] = broken.logged;
    assert.ok(line.includes('the table is on fire'));
    assert.ok(line.includes(reply.json().request_id));
    assert.ok(!line.includes(token) && !line.includes(ADMIN_TOKEN));

    const database = await broken.http.instance.inject({ url: '/reports/data', headers: OPERATOR });
    assert.equal(database.statusCode, 503);
    assert.equal(database.json().code, 'storage_unavailable');
    await broken.close();
  });

  test('a failure under /v1 has the shape of its API, with the headers that clients obey', async () => {
    const { token } = await issue('caller');
    const headers = { authorization: `Bearer ${token}` };
    const chat = await inject({ method: 'POST', url: '/v1/chat/completions', headers });
    assert.equal(chat.statusCode, 503);
    assert.equal(chat.json().error.code, 'overloaded');
    assert.equal(chat.headers['retry-after'], '2');
    assert.equal(chat.headers['retry-after-ms'], '1500');
    assert.equal(chat.headers['x-should-retry'], 'true');
    assert.match(String(chat.headers['x-request-id']), /^req_/);
    const messages = await inject({ method: 'POST', url: '/v1/messages', headers });
    assert.equal(messages.json().type, 'error');
    assert.equal(messages.headers['request-id'], messages.json().request_id);
  });

  test('a /v1 call without a credential is 422, with a revoked one 401, with two 400', async () => {
    const { id, token } = await issue('leaver');
    const call = (headers: object) => inject({ method: 'POST', url: '/v1/embeddings', headers });
    assert.equal((await call({})).statusCode, 422);
    const two = { authorization: `Bearer ${token}`, 'x-api-key': 'other' };
    assert.equal((await call(two)).statusCode, 400);
    assert.equal((await call({ 'x-api-key': token })).statusCode, 503);
    assert.match((await call({ authorization: token })).json().error.message, /Bearer/);
    await inject({ method: 'POST', url: `/admin/keys/${id}/revoke`, headers: OPERATOR });
    assert.equal((await call({ 'x-api-key': token })).statusCode, 401);
  });
});

async function issue(label: string): Promise<{ id: string; token: string }> {
  const reply = await inject({
    method: 'POST',
    url: '/admin/keys',
    headers: OPERATOR,
    payload: { label },
  });
  return reply.json();
}

describe('headers of every reply outside /v1', () => {
  test('forbid framing, sniffing and referrers, and promise no TLS', async () => {
    for (const url of ['/', '/health', '/nowhere', '/admin/usage/x', '/openapi.json']) {
      const { headers } = await inject({ url });
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['x-frame-options'], 'DENY');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/);
      assert.equal(headers['strict-transport-security'], undefined);
      assert.equal(headers['cache-control'], 'no-store');
    }
  });

  test('let only the origins in that were allowed', async () => {
    const from = (origin: string) => inject({ url: '/health', headers: { origin } });
    const allowed = await from('https://app.example');
    assert.equal(allowed.headers['access-control-allow-origin'], 'https://app.example');
    assert.equal(allowed.headers['access-control-allow-credentials'], undefined);
    const other = await from('https://app.example.evil');
    assert.equal(other.headers['access-control-allow-origin'], undefined);
    const preflight = await inject({
      method: 'OPTIONS',
      url: '/v1/chat/completions',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
    });
    assert.equal(preflight.statusCode, 204);
    assert.match(String(preflight.headers['access-control-allow-methods']), /POST/);
  });

  test('hold nothing of CORS where no origin is allowed; OPTIONS names the methods of a path', async () => {
    const closed = await openTestEdge();
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' };
    const reply = await closed.http.instance.inject({
      method: 'OPTIONS',
      url: '/admin/keys',
      headers,
    });
    assert.equal(reply.statusCode, 204);
    assert.equal(reply.headers['allow'], 'POST, OPTIONS');
    assert.deepEqual(
      Object.keys(reply.headers).filter((name) => name.startsWith('access-control')),
      [],
    );
    await closed.close();
  });
});

describe('hostile requests', () => {
  test('T62: a query that names a prototype changes none', async () => {
    for (const query of ['__proto__[x]=1', 'constructor.prototype.x=1', '__proto__=1', 'a[]=1']) {
      const reply = await inject({ url: `/reports/data?${query}`, headers: OPERATOR });
      assert.equal(reply.statusCode, 422);
      assert.match(reply.json().detail, /^[^:]+: There is no field of this name here: "/);
      assert.equal(({} as Record<string, unknown>)['x'], undefined);
    }
  });

  test('T60: any JSON as a body gets an answer below 500', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (body) => {
        const reply = await inject({
          method: 'POST',
          url: '/admin/keys',
          headers: { ...OPERATOR, 'content-type': 'application/json' },
          payload: JSON.stringify(body),
        });
        assert.ok(reply.statusCode < 500, reply.body);
      }),
      { numRuns: 200 },
    );
    assert.deepEqual(edge.logged, []);
  });

  test('T61: any text in a path or query gets an answer below 500', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (text) => {
        const encoded = encodeURIComponent(text.toWellFormed());
        for (const url of [
          `/admin/usage/${encoded}`,
          `/public/keys/${encoded}`,
          `/reports/data?start=${encoded}`,
        ]) {
          const reply = await inject({ url, headers: OPERATOR });
          assert.ok(reply.statusCode < 500, reply.body);
        }
      }),
      { numRuns: 100 },
    );
    assert.deepEqual(edge.logged, []);
  });
});

describe('on a socket', () => {
  let port: number;
  before(async () => {
    port = Number(new URL(await edge.http.listen({ host: '127.0.0.1', port: 0 })).port);
  });

  async function raw(request: string): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    socket.end(Buffer.from(request, 'latin1'));
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  }

  test('the address is known while the port is open', () => {
    assert.equal(edge.http.address(), `http://127.0.0.1:${port}`);
  });

  test('T64: broken, smuggled and oversized headers get 4xx, never 5xx', async () => {
    const REQUESTS = [
      'NONSENSE\r\n\r\n',
      'GET / HTTP/1.1\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\nX-Admin-Token: a\u0000b\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\nX Admin: a\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\n: a\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`,
      'POST /admin/keys HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n',
      'POST /admin/keys HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
      'POST /admin/keys HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'POST /admin/keys HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
      'GET /reports/data HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \u00e9\u00ff\r\nConnection: close\r\n\r\n',
      'GET /reports/data HTTP/1.1\r\nHost: a\r\nX-Admin-Token: a\r\nX-Admin-Token: b\r\nConnection: close\r\n\r\n',
      'GET /v1/models HTTP/1.1\r\nHost: \r\nX-Api-Key: \u00ff\r\nConnection: close\r\n\r\n',
    ];
    for (const request of REQUESTS) {
      assert.match(await raw(request), /^HTTP\/1\.1 4\d\d /, JSON.stringify(request.slice(0, 120)));
    }
  });

  test('what the parser refuses is answered as a problem document with a request id', async () => {
    const [head = '', body = ''] = (await raw('NONSENSE\r\n\r\n')).split('\r\n\r\n');
    assert.match(head, /content-type: application\/problem\+json/);
    assert.equal(JSON.parse(body).code, 'invalid_request');
    assert.match(JSON.parse(body).request_id, /^req_/);
  });
});

describe('the shortcut of /v1', () => {
  async function openWithShortcut(allowedOrigins: readonly string[]): Promise<TestEdge> {
    return openTestEdge({
      settings: { allowedOrigins },
      v1: (scope) => {
        scope.post('/v1/*', (_request, reply) => reply.send('router'));
        return ({ url }, reply) => {
          if (url !== '/v1/short') return false;
          reply.end('shortcut');
          return true;
        };
      },
    });
  }
  const post = async (url: string) => (await fetch(url, { method: 'POST' })).text();

  test('takes what it can, and the router answers the rest', async () => {
    const short = await openWithShortcut([]);
    const address = await short.http.listen({ host: '127.0.0.1', port: 0 });
    assert.equal(await post(`${address}/v1/short`), 'shortcut');
    assert.equal(await post(`${address}/v1/long`), 'router');
    assert.equal((await fetch(`${address}/health`)).status, 200);
    await short.close();
  });

  test('is not taken where origins are allowed, whose headers the router adds', async () => {
    const short = await openWithShortcut(['https://app.example']);
    const address = await short.http.listen({ host: '127.0.0.1', port: 0 });
    assert.equal(await post(`${address}/v1/short`), 'router');
    await short.close();
  });

  test('is not taken during the shutdown', async () => {
    const short = await openWithShortcut([]);
    const address = await short.http.listen({ host: '127.0.0.1', port: 0 });
    const socket = connect(Number(new URL(address).port), '127.0.0.1');
    socket.write('POST /v1/short HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n');
    await once(short.http.instance.server, 'request');
    const closed = short.http.close(60_000);
    socket.write('{}POST /v1/short HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
    let answers = '';
    for await (const chunk of socket) answers += String(chunk);
    await closed;
    assert.match(answers, /^HTTP\/1\.1 200 .*shortcut.*HTTP\/1\.1 503 .*shutting_down/s);
    await short.close();
  });
});

describe('closing', () => {
  test('answers 503 to what still comes in, ends what is open, and gives the port back', async () => {
    const entered = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const closing = await openTestEdge({
      v1: (scope) => {
        scope.get('/v1/*', async () => {
          entered.resolve();
          await release.promise;
          return { done: true };
        });
      },
    });
    const address = await closing.http.listen({ host: '127.0.0.1', port: 0 });
    const socket = connect(Number(new URL(address).port), '127.0.0.1');
    socket.write('GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n');
    await entered.promise;
    const closed = closing.http.close(60_000);
    const late = once(closing.http.instance.server, 'request');
    socket.write('GET /health HTTP/1.1\r\nHost: a\r\n\r\n');
    await late;
    release.resolve();
    let answers = '';
    for await (const chunk of socket) answers += String(chunk);
    await closed;
    assert.match(answers, /^HTTP\/1\.1 200 .*"done":true.*HTTP\/1\.1 503 .*shutting_down/s);
    assert.equal(closing.http.address(), null);
    await assert.rejects(fetch(`${address}/health`));
    await closing.close();
  });

  test('cuts what is still open when the grace period is over', async () => {
    const entered = Promise.withResolvers<void>();
    const stuck = await openTestEdge({
      v1: (scope) => {
        scope.get('/v1/*', (_request, reply) => {
          entered.resolve();
          reply.hijack();
        });
      },
    });
    const address = await stuck.http.listen({ host: '127.0.0.1', port: 0 });
    const open = fetch(`${address}/v1/models`);
    await entered.promise;
    await Promise.all([assert.rejects(open), stuck.http.close(10)]);
    await stuck.close();
  });
});
