import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openTestEdge, type TestEdge } from '../edge-for-tests.ts';
import { prefersHtml } from './web-app.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-web-'));
let edge: TestEdge;
let bare: TestEdge;

before(async () => {
  mkdirSync(join(folder, 'assets'));
  writeFileSync(
    join(folder, 'index.html'),
    '<script nonce="__CSP_NONCE__"></script><style nonce="__CSP_NONCE__"></style>',
  );
  writeFileSync(join(folder, 'assets/app-1a2b.js'), 'let a;');
  writeFileSync(join(folder, 'assets/app-1a2b.js.gz'), 'packed');
  writeFileSync(join(folder, 'icon.svg'), '<svg/>');
  writeFileSync(join(folder, 'manifest.webmanifest'), '{}');
  edge = await openTestEdge({ webFolder: folder });
  bare = await openTestEdge({ webFolder: join(folder, 'nowhere') });
});

after(async () => {
  await edge.close();
  await bare.close();
  rmSync(folder, { recursive: true });
});

const get = (url: string, accept = BROWSER) =>
  edge.http.instance.inject({ url, headers: { accept } });

test('a browser is told from a program by what it prefers', () => {
  const browsers = [BROWSER, 'text/html', 'text/html, */*', 'application/json;q=0.5,text/html'];
  const programs = [
    undefined,
    '',
    '*/*',
    'application/json',
    'application/json, text/html',
    'text/html;q=0, */*',
  ];
  assert.deepEqual(
    browsers.map(prefersHtml),
    browsers.map(() => true),
  );
  assert.deepEqual(
    programs.map(prefersHtml),
    programs.map(() => false),
  );
});

test('at an address that is also a call, browsers get the app and programs the call', async () => {
  for (const accept of ['*/*', 'application/json']) {
    const answer = await get('/', accept);
    assert.equal(answer.json().name, 'Tollkeeper');
  }
  for (const url of ['/', '/keys', '/keys?add=1']) {
    const answer = await get(url);
    assert.equal(answer.statusCode, 200, url);
    assert.match(answer.body, /<script nonce/);
    assert.equal(answer.headers['vary'], 'accept');
  }
});

test('a page has a policy without inline script, with a nonce that is new each time', async () => {
  const [one, two] = [await get('/login', '*/*'), await get('/login')];
  const nonceOf = (body: string) => /nonce="([^"]{20,})"/.exec(body)?.[1];
  assert.notEqual(nonceOf(one.body), nonceOf(two.body));
  const policy = String(one.headers['content-security-policy']);
  assert.ok(policy.includes(`script-src 'self' 'nonce-${nonceOf(one.body)}'`));
  assert.ok(policy.includes("default-src 'none'") && policy.includes("frame-ancestors 'none'"));
  assert.ok(!policy.includes('unsafe'));
  assert.ok(!one.body.includes('__CSP_NONCE__'));
  assert.equal(one.headers['cache-control'], 'no-store');
  assert.equal(one.headers['x-content-type-options'], 'nosniff');
});

test('an address that leads nowhere is told to people by the app and to programs by a problem', async () => {
  const lost = await get('/no-such-page');
  assert.equal(lost.statusCode, 404);
  assert.match(lost.body, /<script nonce/);
  for (const [url, accept] of [
    ['/no-such-page', '*/*'],
    ['/api/no-such-call', BROWSER],
    ['/dashboard', 'application/json'],
  ] as const) {
    const problem = await get(url, accept);
    assert.equal(problem.statusCode, 404);
    assert.equal(problem.json().code, 'not_found');
  }
});

test('a client whose base URL is wrong is told where the APIs are', async () => {
  const json = 'application/json';
  const said = async (method: 'GET' | 'POST', url: string): Promise<string> =>
    (await edge.http.instance.inject({ method, url, headers: { accept: json } })).json().detail;
  for (const url of [
    '/chat/completions',
    '//v1/messages',
    '/openai/deployments/d/embeddings?a=b',
  ]) {
    assert.match(await said('POST', url), /below \/v1/, url);
  }
  assert.match(await said('GET', '/models'), /below \/v1/);
  assert.doesNotMatch(await said('GET', '/no-such-page'), /v1/);
});

test('an asset is kept for ever and comes compressed to those who take it so', async () => {
  const plain = await get('/assets/app-1a2b.js');
  assert.match(String(plain.headers['cache-control']), /max-age=31536000, immutable/);
  assert.equal(plain.body, 'let a;');
  const packed = await edge.http.instance.inject({
    url: '/assets/app-1a2b.js',
    headers: { 'accept-encoding': 'gzip' },
  });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.match(String(packed.headers['content-type']), /javascript/);
  assert.equal((await get('/assets/gone-3c4d.js')).statusCode, 404);
  assert.match(String((await get('/icon.svg')).headers['content-type']), /svg/);
  assert.equal((await get('/manifest.webmanifest')).statusCode, 200);
});

test('an app that is built anew under the running server is sent from then on, and the old one until then', async () => {
  const index = join(folder, 'index.html');
  const before = readFileSync(index, 'utf8');
  const sent = async (): Promise<string> => (await get('/login')).body.replaceAll(/"[^"]*"/g, '');
  const old = await sent();
  rmSync(index);
  assert.equal(await sent(), old);
  writeFileSync(index, '<p>a later build</p>');
  assert.equal(await sent(), '<p>a later build</p>');
  writeFileSync(join(folder, 'manifest.json'), '{"index.ht');
  assert.equal(await sent(), '<p>a later build</p>');
  rmSync(join(folder, 'manifest.json'));
  writeFileSync(index, before);
  assert.equal(await sent(), old);
});

test('without a build the API works and the pages say what to do', async () => {
  const inject = bare.http.instance.inject.bind(bare.http.instance);
  const page = await inject({ url: '/login', headers: { accept: BROWSER } });
  assert.match(page.body, /npm run build/);
  assert.equal((await inject({ url: '/' })).json().name, 'Tollkeeper');
});

test('an app that is built only after the start has its assets and plain files too', async () => {
  const late = join(folder, 'late');
  const waiting = await openTestEdge({ webFolder: late });
  const load = (url: string) => waiting.http.instance.inject({ url, headers: { accept: BROWSER } });
  assert.match((await load('/login')).body, /not built/);
  assert.equal((await load('/icon.svg')).statusCode, 404);
  mkdirSync(join(late, 'assets'), { recursive: true });
  writeFileSync(join(late, 'index.html'), '<script src="/assets/app-1a2b.js"></script>');
  writeFileSync(join(late, 'assets/app-1a2b.js'), 'let a;');
  writeFileSync(join(late, 'icon.svg'), '<svg/>');
  assert.match((await load('/login')).body, /app-1a2b/);
  assert.equal((await load('/assets/app-1a2b.js')).body, 'let a;');
  assert.equal((await load('/icon.svg')).statusCode, 200);
  await waiting.close();
});
