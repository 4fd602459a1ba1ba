/** T70: no secret turns up in a log, an answer or a file. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { chat } from '../fake-upstream/ask.ts';
import { type Behaviour, type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { ADMIN_TOKEN, startTollkeeper } from '../harness.ts';
import { PROVIDER_SECRET, rawHead, sendRaw } from './stand.ts';

const PATHS = [
  '/v1/models',
  '/v1/files/x/content',
  '/v1/account',
  '/v1/../x',
  '/admin/keys',
  '/reports/data',
  '/health',
  '/nowhere',
  '/models/simple',
];
const FAULTS = [
  'never-answers',
  'reset-before-headers',
  'invalid-json',
  'html-502',
  'gzip-bomb',
  'many-headers',
];

/** What a provider may answer that repeats the credential it was called with. */
function echoes(secret: string): Behaviour[] {
  const message = `bad key ${secret.slice(0, 60)} and "authorization: Bearer ${secret}"`;
  return [
    { status: 401, message },
    { status: 500, message },
    { errorAfter: 1, message },
    { body: message, contentType: 'text/html' },
    { body: message },
    { status: 302, location: `http://x/?${secret}` },
    { headers: { 'x-echo': secret } },
  ];
}

/** Sends each secret to every place where one could be, and collects all that comes back. */
async function provoke(
  url: string,
  upstream: FakeUpstream,
  token: string,
): Promise<readonly string[]> {
  const answers: string[] = [];
  const get = async (line: string, lines: readonly string[] = []): Promise<void> => {
    answers.push((await sendRaw(url, rawHead(line, token, lines))).text);
  };
  const post = async (body: object, path = '/chat/completions'): Promise<void> => {
    const text = JSON.stringify(body);
    const lines = ['content-type: application/json', `content-length: ${text.length}`];
    answers.push((await sendRaw(url, rawHead(`POST /v1${path}`, token, lines) + text)).text);
  };
  for (const secret of [token, ADMIN_TOKEN, PROVIDER_SECRET]) {
    for (const path of PATHS) {
      await get(`GET ${path}?api_key=${secret}&key=${secret}`);
      await get(`GET ${path}`, [
        `x-api-key: ${secret}`,
        `x-admin-token: ${secret}x`,
        `cookie: s=${secret}`,
        `referer: http://x/?k=${secret}`,
      ]);
    }
    await get(`GET /v1/models\x01${secret}`);
  }
  for (const behave of echoes(PROVIDER_SECRET)) {
    for (const stream of [false, true]) {
      upstream.script({ behave });
      await post(chat('', { stream }));
      await post(chat('', { stream, max_tokens: 5 }), '/messages');
      upstream.unscript();
    }
  }
  for (const fault of FAULTS) await post(chat(`fault=${fault}`));
  return answers;
}

function assertUntold(
  secret: string,
  told: Record<'logs' | 'files' | 'answers', readonly string[]>,
) {
  const hash = createHash('sha256').update(secret).digest();
  for (const line of told.logs) assert.ok(!line.includes(secret), line);
  for (const file of told.files) assert.ok(!file.includes(secret), 'in a file');
  for (const answer of told.answers) {
    for (const form of [secret, hash.toString('hex'), hash.toString('base64')]) {
      assert.ok(!answer.includes(form), answer);
    }
  }
}

test('T70 provider key, virtual key and admin token turn up in no log line, no answer and no file', {
  timeout: 180_000,
}, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-t70-'));
  const upstream = await startFakeUpstream();
  const product = await startTollkeeper({
    dataDir,
    settings: {
      UPSTREAM_BASE: upstream.url,
      UPSTREAM_API_KEY: PROVIDER_SECRET,
      FIRST_BYTE_TIMEOUT_MS: '100',
      LOG_LEVEL: 'debug',
    },
  });
  const token = await product.issueKey();
  const answers = await provoke(product.url, upstream, token);
  assert.ok(product.records().length > 30);
  await product.close();
  await upstream.close();

  const files = readdirSync(dataDir).map((name) =>
    readFileSync(join(dataDir, name)).toString('latin1'),
  );
  const logs = product.logged;
  assert.ok(files.length > 0 && logs.length > 10 && answers.length > 80);
  for (const secret of [token, ADMIN_TOKEN, PROVIDER_SECRET]) {
    assertUntold(secret, { logs, files, answers });
  }
  rmSync(dataDir, { recursive: true, force: true });
});
