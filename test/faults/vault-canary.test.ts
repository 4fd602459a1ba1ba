/** T47, T70: a secret that was stored turns up nowhere but at its provider, whatever is asked and whatever goes wrong. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ALL_CALLS } from '../../contract/api/api.ts';
import { chat } from '../fake-upstream/ask.ts';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { ADMIN_TOKEN, startTollkeeper, type Tollkeeper } from '../harness.ts';

const canary = (what: string) => `sk-canary-${what}-8f21c07d5be94a63`;
const SECRETS = ['vendor', 'custom', 'replaced', 'newer', 'tried', 'twin', 'guarded', 'pasted'].map(
  canary,
);
const OPERATOR = { 'x-admin-token': ADMIN_TOKEN };
type Headers = Readonly<Record<string, string>>;

/** Asks the product and keeps all that it answers, headers included. */
class Listener {
  readonly heard: string[] = [];
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async send(line: string, who: Headers, body?: unknown): Promise<Record<string, unknown>> {
    const [method = '', path = ''] = line.split(' ');
    const answer = await fetch(this.#url + path, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(20_000),
      headers: { ...who, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    this.heard.push(`${line} ${JSON.stringify([...answer.headers])} ${text}`);
    try {
      return JSON.parse(text) as Record<string, unknown>;
    } catch {
      // A page, or nothing: it was heard all the same.
      return {};
    }
  }
}

async function memberOf(to: Listener, name: string): Promise<Headers> {
  const account = { email: `${name}@example.com`, password: 'correct horse battery' };
  const { access_token: token } = await to.send('POST /api/auth/register', {}, account);
  return { authorization: `Bearer ${token}` };
}

/** A provider that answers everything with the credential that it was called with. */
function echo(upstream: FakeUpstream, status: number): void {
  upstream.script({
    behave: ({ headers }) => ({
      status,
      message: `no such key: ${headers['authorization']}`,
      headers: { 'x-echo': String(headers['authorization']) },
    }),
  });
}

/** Stores, tries, changes, uses and deletes keys, in right and wrong ways. @returns the ids of those that are left */
async function live(to: Listener, upstream: FakeUpstream, me: Headers): Promise<string[]> {
  const vendor = {
    platform: 'openai',
    name: 'vendor',
    key: canary('vendor'),
    purposes: ['watch', 'route'],
  };
  const first = await to.send('POST /api/keys', me, vendor);
  const custom = {
    platform: 'custom',
    name: 'custom',
    key: canary('custom'),
    base_url: upstream.url,
  };
  await to.send('POST /api/keys', OPERATOR, { ...custom, purposes: ['route'] });
  const swapped = await to.send('POST /api/keys', me, { ...vendor, key: canary('replaced') });
  await to.send(`PATCH /api/keys/${swapped['id']}`, me, { key: canary('newer') });
  await to.send('POST /api/keys', me, { ...vendor, name: 'twin', key: canary('vendor') });
  await to.send('POST /keys', OPERATOR, { label: 'guarded', key: canary('guarded') });
  const pasted = canary('pasted');
  for (const wrong of [
    `{"key":"${pasted}"`,
    { key: pasted },
    { ...vendor, key: `${pasted} ${pasted}` },
  ]) {
    await to.send('POST /api/keys', me, wrong);
    await to.send('POST /api/keys/test', me, wrong);
    await to.send('POST /keys', OPERATOR, wrong);
    await to.send(`PATCH /api/keys/${first['id']}`, me, wrong);
  }
  await to.send('POST /api/keys', me, {
    ...vendor,
    platform: pasted,
    base_url: `http://${pasted}@x`,
  });
  const { secret } = await to.send('POST /api/virtual-keys', me, { name: 'mine' });
  for (const status of [200, 401, 403, 429, 500]) {
    upstream.unscript();
    if (status !== 200) echo(upstream, status);
    await to.send('POST /api/keys/test', me, {
      ...vendor,
      name: undefined,
      purposes: undefined,
      key: canary('tried'),
    });
    await to.send(
      'POST /v1/chat/completions',
      { authorization: `Bearer ${secret}` },
      chat('[[tokens=2]]'),
    );
    await to.send('GET /v1/models', { authorization: `Bearer ${secret}` });
  }
  upstream.unscript();
  await to.send(`DELETE /api/keys/${swapped['id']}`, me);
  return [String(first['id'])];
}

/** What is given away as files too. */
const EXPORTED = ['/api/v1/usage', '/reports/data', '/api/figures', '/api/requests'];

/** Everything that can be read, as the owner, another member, the operator and nobody. */
async function readAll(
  to: Listener,
  ids: readonly string[],
  who: readonly Headers[],
): Promise<void> {
  const reading = ALL_CALLS.filter(
    ({ method, path }) => method === 'GET' && !path.startsWith('/v1/'),
  );
  for (const path of EXPORTED) {
    for (const format of ['csv', 'json', 'jsonl']) {
      for (const headers of who) await to.send(`GET ${path}?format=${format}`, headers);
    }
  }
  for (const { path } of reading) {
    for (const id of ids) {
      for (const headers of who) {
        await to.send(`GET ${path.replaceAll(/\{\w+\}/g, id)}`, headers);
      }
    }
  }
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path).toString('latin1'));
}

function assertUntold(where: string, texts: readonly string[]): void {
  for (const secret of SECRETS) {
    // Without the name, whose beginning may be shown; and as whoever dumps the memory would find it.
    const told = secret.slice(8);
    const forms = [
      told,
      ...(['base64', 'hex'] as const).map((form) => Buffer.from(secret).toString(form)),
    ];
    for (const text of texts) {
      const found = forms.find((form) => text.includes(form));
      assert.equal(found, undefined, `${secret} ${where}: ${text.slice(0, 200)}`);
    }
  }
}

test('T47 no answer, no log line and no file holds a secret that was stored', {
  timeout: 120_000,
}, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-canary-'));
  const upstream = await startFakeUpstream();
  await using product: Tollkeeper = await startTollkeeper({
    dataDir,
    settings: { OPENAI_API_URL: upstream.url, ALLOW_PRIVATE_HOSTS: '127.0.0.1' },
  });
  const listener = new Listener(product.url);
  const [me, other] = [await memberOf(listener, 'me'), await memberOf(listener, 'other')];
  const ids = await live(listener, upstream, me);
  await readAll(listener, ids, [me, other, OPERATOR, {}]);

  const seen = new Set(upstream.requests().map(({ headers }) => headers['authorization']));
  assert.ok(seen.has(`Bearer ${canary('pasted')}`) && seen.has(`Bearer ${canary('tried')}`));
  assert.ok(listener.heard.length > 60 && product.logged.length > 0);
  assertUntold('in an answer', listener.heard);
  assertUntold('in the log', product.logged);
  // With the journal as it is while the product runs, and as it is left behind.
  assertUntold('in a file', filesIn(dataDir));
  await product.close();
  assertUntold('in a file', filesIn(dataDir));
  await upstream.close();
  rmSync(dataDir, { recursive: true, force: true });
});
