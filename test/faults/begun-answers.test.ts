/** What a provider has begun to answer is paid for, however it ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFakeUpstream } from '../fake-upstream.ts';
import { startTollkeeper } from '../harness.ts';
import { createCaller } from './caller.ts';

test('an answer that breaks off after its head is not asked for again, because it is billed', async () => {
  await using upstream = await provider();
  await using gateway = await startTollkeeper({
    settings: {
      OPENROUTER_API_KEY: 'key-of-the-first',
      OPENROUTER_API_URL: upstream.url,
      GROQ_API_KEY: 'key-of-the-second',
      GROQ_API_URL: upstream.url,
    },
  });
  await ask(gateway, 'chat/completions', chatWith('cut=reset cutAt=80'));
  const [record, ...more] = gateway.records();
  assert.deepEqual(more, []);
  assert.equal(record?.attempts, 1);
  assert.equal(record?.provenance, 'partial');
  assert.equal(upstream.bill.rows().filter(({ model }) => model !== null).length, 1);
});

test('a connection that breaks before any answer is tried with the next provider key', async () => {
  await using upstream = await provider();
  await using gateway = await startTollkeeper({
    settings: {
      OPENROUTER_API_KEY: 'key-of-the-first',
      OPENROUTER_API_URL: upstream.url,
      GROQ_API_KEY: 'key-of-the-second',
      GROQ_API_URL: upstream.url,
    },
  });
  const got = await ask(
    gateway,
    'chat/completions',
    chatWith('fault=reset-before-headers times=1'),
  );
  assert.equal(got.status, 200);
  const [record, ...more] = gateway.records();
  assert.deepEqual(more, []);
  assert.equal(record?.attempts, 2);
  assert.equal(record?.outcome, 'completed');
});

test('a messages stream that fails after it stated its input has the output that it served on record', async () => {
  await using upstream = await provider();
  await using gateway = await startTollkeeper({
    settings: { ANTHROPIC_API_KEY: 'key-of-the-test', ANTHROPIC_API_URL: upstream.url },
  });
  const body = { ...chatWith('errorAfter=4 promptTokens=50'), stream: true, max_tokens: 20 };
  await ask(gateway, 'messages', body);
  const [record] = gateway.records();
  assert.equal(record?.outcome, 'failed');
  assert.equal(record?.provenance, 'partial');
  assert.equal(record?.input_tokens, 50);
  assert.equal(record?.output_tokens, 4);
});

const MODEL = 'claude-sonnet-4-5';

async function provider() {
  const upstream = await startFakeUpstream();
  return Object.assign(upstream, { [Symbol.asyncDispose]: () => upstream.close() });
}

function chatWith(directive: string) {
  return { model: MODEL, messages: [{ role: 'user', content: `Say hello. [[${directive}]]` }] };
}

async function ask(
  gateway: { url: string; issueKey(): Promise<string> },
  endpoint: string,
  body: object,
) {
  const caller = createCaller();
  const token = await gateway.issueKey();
  try {
    return await caller.ask({ url: `${gateway.url}/v1/${endpoint}`, token, body });
  } finally {
    await caller.close();
  }
}
