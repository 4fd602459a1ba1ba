/** T70: no secret turns up in a log, an answer or a file. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { chat } from '../fake-upstream/ask.ts';
import { startFakeUpstream } from '../fake-upstream.ts';
import { ADMIN_TOKEN, startTollkeeper } from '../harness.ts';
import { PROVIDER_SECRET, rawHead, sendRaw } from './stand.ts';

test('T70 provider key, virtual key and admin token turn up in no log line, no answer and no file', {
  timeout: 60_000,
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
  const answers: string[] = [];
  const get = async (line: string, lines: readonly string[] = []): Promise<void> => {
    answers.push((await sendRaw(product.url, rawHead(line, token, lines))).text);
  };
  const post = async (body: object, path = '/chat/completions'): Promise<void> => {
    const text = JSON.stringify(body);
    const lines = ['content-type: application/json', `content-length: ${text.length}`];
    answers.push(
      (await sendRaw(product.url, rawHead(`POST /v1${path}`, token, lines) + text)).text,
    );
  };
  for (const secret of [token, ADMIN_TOKEN, PROVIDER_SECRET]) {
    for (const path of [
      '/v1/models',
      '/v1/files/x/content',
      '/v1/account',
      '/v1/../x',
      '/admin/keys',
      '/reports/data',
      '/health',
      '/nowhere',
      '/models/simple',
    ]) {
      await get(`GET ${path}?api_key=${secret}&key=${secret}`);
      await get(`GET ${path}`, [
        `x-api-key: ${secret}`,
        `x-admin-token: ${secret}x`,
        `cookie: s=${secret}`,
        `referer: http://x/?k=${secret}`,
      ]);
    }
    const message = `bad key ${secret.slice(0, 60)} and "authorization: Bearer ${secret}"`;
    if (secret === PROVIDER_SECRET) {
      for (const behave of [
        { status: 401, message },
        { status: 500, message },
        { errorAfter: 1, message },
        { body: message, contentType: 'text/html' },
        { body: message },
        { status: 302, location: `http://x/?${secret}` },
        { headers: { 'x-echo': secret } },
      ]) {
        for (const stream of [false, true]) {
          upstream.script({ behave });
          await post(chat('', { stream }));
          await post(chat('', { stream, max_tokens: 5 }), '/messages');
          upstream.unscript();
        }
      }
    }
    await get(`GET /v1/models\x01${secret}`);
  }
  for (const fault of [
    'never-answers',
    'reset-before-headers',
    'invalid-json',
    'html-502',
    'gzip-bomb',
    'many-headers',
  ]) {
    await post(chat(`fault=${fault}`));
  }
  const records = product.records();
  assert.ok(records.length > 30);
  await product.close();
  await upstream.close();

  const files = readdirSync(dataDir).map((name) =>
    readFileSync(join(dataDir, name)).toString('latin1'),
  );
  assert.ok(files.length > 0 && product.logged.length > 10 && answers.length > 80);
  for (const secret of [token, ADMIN_TOKEN, PROVIDER_SECRET]) {
    const hash = createHash('sha256').update(secret).digest();
    for (const line of product.logged) assert.ok(!line.includes(secret), line);
    for (const file of files) assert.ok(!file.includes(secret), 'in a file');
    for (const answer of answers) {
      assert.ok(!answer.includes(secret), answer);
      assert.ok(
        !answer.includes(hash.toString('hex')) && !answer.includes(hash.toString('base64')),
        answer,
      );
    }
  }
  rmSync(dataDir, { recursive: true, force: true });
});
