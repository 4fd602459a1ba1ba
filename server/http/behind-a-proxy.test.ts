import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { ADMIN_TOKEN, OPERATOR, openTestEdge, type TestEdge } from './edge-for-tests.ts';
import { type Headers, PASSWORD, register, speakTo } from './people/people-for-tests.ts';

const FORWARDED = {
  'x-forwarded-proto': 'https',
  'x-forwarded-for': '203.0.113.9',
  'x-forwarded-host': 'llm.example.com',
};
const person = { email: 'ann@example.org', password: PASSWORD };

describe('behind a proxy that ends TLS and is trusted', () => {
  let edge: TestEdge;
  before(async () => {
    edge = await openTestEdge({ settings: { trustedProxies: ['loopback'] } });
  });
  after(() => edge.close());

  test('T39: cookies are secure and bound to the host, and browsers are told to stay secure', async () => {
    const { get, post } = speakTo(edge);
    const reply = await post('/api/auth/register', person, FORWARDED);
    const [set = ''] = [reply.headers['set-cookie']].flat();
    assert.match(
      set,
      /^__Host-tollkeeper=[\w-]+; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    assert.equal(reply.headers['strict-transport-security'], 'max-age=31536000');
    const cookie = set.split(';', 1)[0] ?? '';
    const me = (headers: Headers) => get('/api/auth/me', headers);
    assert.equal((await me({ ...FORWARDED, cookie })).statusCode, 200);
    // A neighbour under the same domain can plant a cookie without the prefix, and gets nothing for it.
    const planted = cookie.replace('__Host-', '');
    assert.equal((await me({ ...FORWARDED, cookie: planted })).statusCode, 401);
    const [session] = (await get('/api/auth/sessions', { ...FORWARDED, cookie })).json();
    assert.equal(session.ip, '203.0.113.9');
  });

  test('links name the host that the proxy was asked for', async () => {
    const reply = await speakTo(edge).post('/api/invitations', {}, { ...OPERATOR, ...FORWARDED });
    assert.match(reply.json().url, /^https:\/\/llm\.example\.com\/register#invitation=/);
  });
});

test('T48: headers of a proxy that is not trusted count for nothing', async () => {
  const edge = await openTestEdge();
  const { get, post } = speakTo(edge);
  const reply = await post('/api/auth/register', person, FORWARDED);
  assert.match(String(reply.headers['set-cookie']), /^tollkeeper=/);
  assert.equal(reply.headers['strict-transport-security'], undefined);
  const cookie = String(reply.headers['set-cookie']).split(';', 1)[0] ?? '';
  const [session] = (await get('/api/auth/sessions', { cookie })).json();
  assert.equal(session.ip, '127.0.0.1');
  const link = await post('/api/invitations', {}, { ...OPERATOR, ...FORWARDED });
  assert.match(link.json().url, /^http:\/\/localhost:80\//);
  await edge.close();
});

test('in production cookies are secure, whatever the proxy says', async () => {
  const edge = await openTestEdge({ settings: { isProduction: true } });
  const reply = await speakTo(edge).post('/api/auth/register', person);
  assert.match(String(reply.headers['set-cookie']), /^__Host-tollkeeper=.*; Secure;/);
  assert.equal(reply.headers['strict-transport-security'], 'max-age=31536000');
  await edge.close();
});

describe('T48: who may do what depends on the route alone', () => {
  let edge: TestEdge;
  let cookie: string;
  before(async () => {
    edge = await openTestEdge();
    await edge.http.listen({ host: '127.0.0.1', port: 0 });
    cookie = (await register(edge)).cookie.cookie;
  });
  after(() => edge.close());

  /** The status of a request whose bytes are ours to choose. */
  async function statusOf(target: string, headers: readonly string[]): Promise<number> {
    const { port } = new URL(edge.http.address() ?? '');
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const socket = connect(Number(port), '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (piece) => (answer += piece));
    socket.on('end', () => resolve(answer)).on('error', reject);
    socket.write(`GET ${target} HTTP/1.1\r\n${headers.join('\r\n')}\r\nconnection: close\r\n\r\n`);
    return Number((await promise).slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
  }

  const TARGETS = [
    ...['/api/users', '/api/users?', '/api/users?x=/health', '//api/users', '/api//users'],
    ...['/api/users/', '/API/USERS', '/api/users;x', '/api/users.', '/api/%75sers', '/./api/users'],
    ...['/health/../api/users', '/health/%2e%2e/api/users', '/api/users%00', '/api/users%2f'],
    ...['http://127.0.0.1/api/users', 'http://health/api/users', '/api/users#/health'],
  ];
  const HOSTS = ['127.0.0.1', 'localhost', 'evil.example', '127.0.0.1.', 'a@b', '/health'];

  test('a member never reaches a call of the operator, by whatever spelling or host', async () => {
    for (const target of TARGETS) {
      for (const host of HOSTS) {
        const sent = [`host: ${host}`, `cookie: ${cookie}`, 'x-forwarded-host: 127.0.0.1'];
        const rewritten = [...sent, 'x-original-url: /health', 'x-rewrite-url: /health'];
        for (const headers of [sent, rewritten]) {
          const status = await statusOf(target, headers);
          assert.ok([400, 403, 404, 405].includes(status), `${target} at ${host}: ${status}`);
        }
      }
    }
  });

  test('the operator gets the same answer at whatever host', async () => {
    for (const host of ['127.0.0.1', 'evil.example', '127.0.0.1.']) {
      const status = await statusOf('/api/users', [`host: ${host}`, `x-api-key: ${ADMIN_TOKEN}`]);
      assert.equal(status, 200);
    }
  });
});
