import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import Anthropic from '@anthropic-ai/sdk';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import OpenAI from 'openai';
import { ask, chat, streamedChat } from './fake-upstream/ask.ts';
import { type BillRow, binaryBody, type FakeUpstream, startFakeUpstream } from './fake-upstream.ts';

const PRICES = {
  '*': { input: 150_000_000, cachedInput: 75_000_000, output: 600_000_000 },
  dear: { input: 3_000_000_001, cacheWrite: 3_750_000_000, output: 15_000_000_000 },
  pieces: { input: 0, output: 0, units: { image: 40_000_000_000_000, character: 15_000_000_000 } },
};

let upstream: FakeUpstream;
before(async () => {
  upstream = await startFakeUpstream({ prices: PRICES });
});
after(() => upstream.close());

function rowOf(id: string | string[] | undefined): BillRow {
  const row = upstream.bill.row(String(id));
  assert.ok(row);
  return row;
}

test('answers a chat request under one id in body, header and bill', async () => {
  const headers = { authorization: 'Bearer sk-secret-9876' };
  const { status, text, headers: got } = await ask(upstream.url, { body: chat(''), headers });
  const answer = JSON.parse(text);
  assert.equal(status, 200);
  assert.match(answer.id, /^chatcmpl-/);
  assert.equal(got['x-request-id'], answer.id);
  assert.equal(answer.choices[0].message.content, ' hello'.repeat(12));
  assert.equal(encode(answer.choices[0].message.content).length, 12);
  // "Say hello." has 10 characters: 4 + 3 tokens.
  const { at, ...row } = rowOf(answer.id);
  assert.ok(at > 0);
  assert.deepEqual(row, {
    id: answer.id,
    path: '/v1/chat/completions',
    model: 'gpt-4o-mini',
    key: '9876',
    promptTokens: 7,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    cacheWrite1hTokens: 0,
    completionTokens: 12,
    units: {},
    sentTokens: 12,
    streamed: false,
    costNanos: 7 * 150 + 12 * 600,
    outcome: 'complete',
  });
});

test('states and bills each class of tokens, rounding half up once for each request', async () => {
  const words = 'promptTokens=100 cachedTokens=10 cacheWriteTokens=3 tokens=9 reasoningTokens=4';
  const { text } = await ask(upstream.url, { body: chat(words, { model: 'dear' }) });
  const { id, usage, choices } = JSON.parse(text);
  assert.deepEqual(usage, {
    prompt_tokens: 100,
    completion_tokens: 9,
    total_tokens: 109,
    prompt_tokens_details: { cached_tokens: 10, cache_write_tokens: 3 },
    completion_tokens_details: { reasoning_tokens: 4 },
  });
  assert.equal(choices[0].message.content, ' hello'.repeat(5));
  // 97 at 3,000.000001, 3 at 3,750 and 9 at 15,000 nano-dollars: 437,250.000097.
  assert.equal(rowOf(id).costNanos, 437_250);
  const half = await startFakeUpstream({ prices: { '*': { input: 500_000, output: 0 } } });
  await ask(half.url, { body: chat('promptTokens=3') });
  assert.equal(half.bill.totals().costNanos, 2n);
  await half.close();
});

test('leaves the reasoning out of completion_tokens where asked, and bills it', async () => {
  const words = 'promptTokens=10 tokens=9 reasoningTokens=4 reasoningOutside=true';
  const { id, usage } = JSON.parse((await ask(upstream.url, { body: chat(words) })).text);
  assert.deepEqual([usage.completion_tokens, usage.total_tokens], [5, 19]);
  assert.equal(rowOf(id).completionTokens, 9);
});

test('charges the cost that it states', async () => {
  const fixed = JSON.parse((await ask(upstream.url, { body: chat('cost=0.00095') })).text);
  assert.equal(fixed.usage.cost, 0.00095);
  assert.equal(rowOf(fixed.id).costNanos, 950_000);
  const own = JSON.parse((await ask(upstream.url, { body: chat('promptTokens=7 cost=own') })).text);
  assert.equal(own.usage.cost, 0.00000825);
  assert.equal(rowOf(own.id).costNanos, 8_250);
  const absurd = JSON.parse(
    (await ask(upstream.url, { body: chat('cost=-1 promptTokens=7') })).text,
  );
  assert.equal(absurd.usage.cost, -1);
  assert.equal(rowOf(absurd.id).costNanos, 8_250);
});

test('keeps to max_tokens and says so, and answers n choices', async () => {
  const body = chat('', { max_tokens: 5, n: 2 });
  const { id, usage, choices } = JSON.parse((await ask(upstream.url, { body })).text);
  assert.equal(choices.length, 2);
  assert.equal(choices[1].finish_reason, 'length');
  assert.equal(usage.completion_tokens, 10);
  assert.equal(rowOf(id).completionTokens, 10);
});

test('derives the prompt tokens from the prompt, not from what a gateway adds to the body', async () => {
  const bare = JSON.parse((await ask(upstream.url, { body: chat('tokens=1') })).text);
  const body = chat('tokens=1', { user: 'u', metadata: { a: 'b' } });
  const more = JSON.parse((await ask(upstream.url, { body })).text);
  assert.equal(bare.usage.prompt_tokens, more.usage.prompt_tokens);
});

const WRONG_USAGE: readonly (readonly [style: string, expected: unknown])[] = [
  ['missing', undefined],
  ['null', null],
  ['negative', -12],
  ['float', 12.5],
  ['string', '12'],
  ['huge', 1e308],
  ['zero', 0],
];
for (const [style, expected] of WRONG_USAGE) {
  test(`T24 states usage that is ${style}, and bills the truth`, async () => {
    const { text } = await ask(upstream.url, { body: chat(`promptTokens=7 usage=${style}`) });
    const { id, usage } = JSON.parse(text);
    assert.deepEqual(usage == null ? usage : usage.completion_tokens, expected);
    assert.equal(rowOf(id).costNanos, 8_250);
  });
}

test('answers the other endpoints in their shapes', async () => {
  const answers: Record<string, unknown> = {};
  const bodies: Record<string, unknown> = {
    '/completions': { model: 'm', prompt: '[[tokens=2]]' },
    '/embeddings': { model: 'm', input: ['a', 'b'] },
    '/moderations': { model: 'm', input: 'a' },
    '/rerank': { model: 'm', query: 'a', documents: ['b', 'c'] },
    '/messages/count_tokens': { model: 'm', messages: [{ role: 'user', content: 'abcdefgh' }] },
    '/images/generations': { model: 'pieces', prompt: 'a cat', n: 2 },
  };
  for (const path of Object.keys(bodies)) {
    answers[path] = JSON.parse((await ask(upstream.url, { path, body: bodies[path] })).text);
  }
  const at = (path: string) => answers[path] as Record<string, never[]>;
  assert.equal(at('/completions')['choices']?.length, 1);
  assert.equal(at('/embeddings')['data']?.length, 2);
  assert.equal(at('/moderations')['results']?.length, 1);
  assert.equal(at('/rerank')['results']?.length, 2);
  assert.deepEqual(answers['/messages/count_tokens'], { input_tokens: 6 });
  assert.equal(at('/images/generations')['data']?.length, 2);
  assert.equal(upstream.bill.rows().at(-1)?.costNanos, 80_000_000);
  const models = JSON.parse((await ask(upstream.url, { path: '/models', method: 'GET' })).text);
  assert.equal(models.object, 'list');
});

test('speaks in bytes, billed by the character, and downloads of any size', async () => {
  const speech = { model: 'pieces', input: 'héllo [[bytes=70000]]', voice: 'alloy' };
  const spoken = await ask(upstream.url, { path: '/audio/speech', body: speech });
  assert.equal(spoken.headers['content-type'], 'audio/mpeg');
  assert.ok(spoken.bytes.equals(binaryBody(70_000)));
  assert.equal(rowOf(spoken.headers['x-request-id']).units['character'], 21);
  assert.equal(rowOf(spoken.headers['x-request-id']).costNanos, 21 * 15_000);
  const path = `/files/file-1/content?x=${encodeURIComponent('[[bytes=5000000]]')}`;
  const file = await ask(upstream.url, { path, method: 'GET' });
  assert.ok(file.bytes.equals(binaryBody(5_000_000)));
});

test('reads multipart forms: model, directive and size', async () => {
  const form = new FormData();
  form.set('model', 'whisper-1');
  form.set('prompt', '[[seconds=12.3]]');
  form.set('file', new Blob([new Uint8Array(4_000)]), 'a.wav');
  const answer = await fetch(`${upstream.url}/audio/transcriptions`, {
    method: 'POST',
    body: form,
  });
  assert.deepEqual(await answer.json(), {
    text: 'hello',
    usage: { type: 'duration', seconds: 12.3 },
  });
  const row = rowOf(String(answer.headers.get('x-request-id')));
  assert.deepEqual([row.model, row.units, row.promptTokens], ['whisper-1', { second: 13 }, 0]);
});

test('echoes any other request: method, path, headers and the digest of the body', async () => {
  const body = randomBytes(300_000);
  const headers = { 'content-type': 'application/octet-stream', 'x-mine': 'é' };
  const path = '/files/%2e%2e/x?a=1&b=%20';
  const { text } = await ask(upstream.url, { path, method: 'PUT', headers, body });
  const echo = JSON.parse(text);
  assert.deepEqual([echo.method, echo.url], ['PUT', `/v1${path}`]);
  assert.equal(echo.headers['content-type'], 'application/octet-stream');
  assert.deepEqual(echo.body, {
    length: 300_000,
    sha256: createHash('sha256').update(body).digest('hex'),
  });
});

test('packs an honest answer in gzip, br and zstd', async () => {
  const unpack = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync };
  for (const [coding, open] of Object.entries(unpack)) {
    const { headers, bytes } = await ask(upstream.url, { body: chat(`encoding=${coding}`) });
    assert.equal(headers['content-encoding'], coding);
    assert.equal(JSON.parse(open(bytes).toString()).object, 'chat.completion');
  }
});

test('refuses with each status in the shape of the wire format, and bills nothing', async () => {
  for (const status of [400, 401, 402, 404, 429, 500, 503]) {
    const words = `status=${status} retryAfter=7 message="so it is"`;
    const answer = await ask(upstream.url, { body: chat(words) });
    assert.equal(answer.status, status);
    assert.equal(answer.headers['retry-after'], '7');
    assert.equal(JSON.parse(answer.text).error.message, 'so it is');
    const { outcome, costNanos } = rowOf(answer.headers['x-request-id']);
    assert.deepEqual([outcome, costNanos], ['failed', 0]);
  }
  const other = await ask(upstream.url, { path: '/messages', body: chat('status=402') });
  assert.equal(JSON.parse(other.text).type, 'error');
  assert.equal(JSON.parse(other.text).error.type, 'billing_error');
});

test('redirects to where it is told', async () => {
  for (const status of [301, 302, 307, 308]) {
    const words = `status=${status} location=http://127.0.0.1:1/stolen`;
    const answer = await ask(upstream.url, { body: chat(words) });
    assert.deepEqual(
      [answer.status, answer.headers['location']],
      [status, 'http://127.0.0.1:1/stolen'],
    );
  }
});

test('follows a rule before the directive, as often as the rule says', async () => {
  upstream.script({
    match: ({ json }) => json?.['user'] === 'ruled',
    behave: (seen) => ({ status: 500, message: `no, ${seen.model}` }),
    times: 2,
  });
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) {
    const body = chat('tokens=1', { user: 'ruled' });
    statuses.push((await ask(upstream.url, { body })).status);
  }
  assert.equal((await ask(upstream.url, { body: chat('') })).status, 200);
  assert.deepEqual(statuses, [500, 500, 200]);
  const headers = { 'x-own': ['1', '2'] };
  upstream.script({ behave: { status: 202, body: '{"data":{}}', headers }, times: 1 });
  const own = await ask(upstream.url, { path: '/key', method: 'GET' });
  assert.deepEqual([own.status, own.text, own.headers['x-own']], [202, '{"data":{}}', ['1', '2']]);
});

test('follows a directive only the first times, where it says so', async () => {
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) {
    const body = chat('status=503 times=2 message=once-more');
    statuses.push((await ask(upstream.url, { body })).status);
  }
  assert.deepEqual(statuses, [503, 503, 200]);
});

test('answers 400 to a directive that it does not know', async () => {
  for (const words of ['tokenz=3', 'tokens=many', 'fault=nonsense', 'comments=maybe']) {
    const { status, text } = await ask(upstream.url, { body: chat(words) });
    assert.equal(status, 400);
    assert.match(JSON.parse(text).error.message, /does not know/);
  }
});

test('shows what it saw', async () => {
  const count = upstream.requests().length;
  const body = streamedChat('tokens=1');
  await ask(upstream.url, { body, headers: { 'x-api-key': 'sk-ant-1234' } });
  await upstream.whenSeen(count + 1);
  const seen = upstream.requests().at(-1);
  assert.equal(seen?.streamed, true);
  assert.equal(seen?.key, '1234');
  assert.deepEqual(JSON.parse(String(seen?.body)), body);
});

test('serves the official OpenAI client: chat, streams, responses, embeddings, errors', async () => {
  const client = new OpenAI({ baseURL: upstream.url, apiKey: 'sk-x', maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: 'Hi [[tokens=3]]' }];
  const model = 'gpt-4o-mini';
  const plain = await client.chat.completions.create({ model, messages });
  assert.equal(plain.choices[0]?.message.content, ' hello hello hello');
  const stream = client.chat.completions.stream({ model, messages });
  assert.equal(await stream.finalContent(), ' hello hello hello');
  const events = client.responses.stream({ model, input: 'Hi [[tokens=3]]' });
  const response = await events.finalResponse();
  assert.deepEqual(
    [response.output_text, response.usage?.output_tokens],
    [' hello hello hello', 3],
  );
  const { data } = await client.embeddings.create({ model, input: 'Hi' });
  assert.deepEqual(data[0]?.embedding, [0.5, 0.25, -0.125, 1]);
  const refused = client.responses.create({ model, input: '[[status=429]]' });
  await assert.rejects(refused, OpenAI.RateLimitError);
});

test('serves the official Anthropic client: messages, streams, counts, errors', async () => {
  const baseURL = upstream.url.replace(/\/v1$/, '');
  const client = new Anthropic({ baseURL, apiKey: 'sk-ant-x', maxRetries: 0 });
  const words = 'tokens=3 promptTokens=50 cachedTokens=20 cacheWriteTokens=5 cacheWrite1hTokens=2';
  const messages = [{ role: 'user' as const, content: `Hi [[${words}]]` }];
  const ordinary = { model: 'claude-x', max_tokens: 100, messages };
  const plain = await client.messages.create(ordinary);
  const streamed = await client.messages.stream(ordinary).finalMessage();
  for (const { usage, content } of [plain, streamed]) {
    assert.deepEqual(content, [{ type: 'text', text: ' hello hello hello' }]);
    assert.equal(usage.input_tokens, 23);
    assert.equal(usage.cache_read_input_tokens, 20);
    assert.equal(usage.cache_creation_input_tokens, 7);
    assert.equal(usage.cache_creation?.ephemeral_1h_input_tokens, 2);
    assert.equal(usage.output_tokens, 3);
  }
  assert.equal(rowOf(streamed.id).promptTokens, 50);
  const counted = await client.messages.countTokens(ordinary);
  assert.equal(counted.input_tokens, 50);
  const broken = [{ role: 'user' as const, content: '[[errorAfter=1]]' }];
  const failing = client.messages.stream({ ...ordinary, messages: broken }).finalMessage();
  await assert.rejects(failing, Anthropic.APIError);
});

test('adds up: the totals are the sum of the rows', () => {
  const rows = upstream.bill.rows();
  const { requests, costNanos, completionTokens } = upstream.bill.totals();
  assert.equal(requests, rows.length);
  assert.equal(
    costNanos,
    rows.reduce((sum, row) => sum + BigInt(row.costNanos), 0n),
  );
  assert.equal(
    completionTokens,
    rows.reduce((sum, row) => sum + row.completionTokens, 0),
  );
});
