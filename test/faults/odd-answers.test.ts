/** Answers and requests in shapes that are rare, and what is owed for them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { WalletDefinition } from '../../server/ledger/ledger.ts';
import type { Behaviour } from '../fake-upstream.ts';
import type { RecordRow } from '../harness.ts';
import { balanceOf, fund } from './money.ts';
import { openStand, type Stand } from './stand.ts';

const DOLLAR = 1_000_000_000;
const SECOND = 100_000;
const PICTURE = 40_000_000;
const PRICES = JSON.stringify({
  'gpt-4o-mini': { input: 0.00015, output: 0.0006 },
  'o1-pro': { input: 0.15, output: 0.6 },
  'whisper-1': { second: 0.0001 },
  'dall-e-3': { image: 0.04 },
  'tts-1': { character: 0.000015 },
  'gpt-image-1': { input: 0.005, output: 0.04 },
  'gpt-4o-mini-tts': { input: 0.0006, output: 0.012 },
  'gpt-4o-mini-transcribe': { input: 0.00125, output: 0.005 },
});
const CHAT = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Say hello.' }] };

let stand: Stand;

before(async () => {
  stand = await openStand({ settings: { MODEL_PRICING_JSON: PRICES } });
});
after(() => stand[Symbol.asyncDispose]());

/** What a caller pays who has so much and sends this, where the provider answers like that. */
async function pays(
  request: {
    path: string;
    body: object | FormData;
    has?: number;
    headers?: object;
    wallet?: Partial<WalletDefinition>;
  },
  behave: Behaviour,
): Promise<{ status: number; text: string; record: RecordRow; left: number }> {
  const { product, upstream } = stand;
  const { accounts } = product.rooms;
  const label = `payer ${product.records().length}`;
  const rules = { label, note: null, origin: 'operator', allowUnmetered: false } as const;
  const { key, token } = await accounts.keys.issue(rules);
  const wallet = { plan: 'cost', ...request.wallet } as const;
  await fund(product.rooms, key.userId, request.has ?? DOLLAR, wallet);
  upstream.unscript();
  upstream.script({ behave });
  const isForm = request.body instanceof FormData;
  const answer = await fetch(`${product.url}/v1${request.path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      ...(isForm ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    body: isForm ? (request.body as FormData) : JSON.stringify(request.body),
  });
  const text = await answer.text();
  const record = product.records().at(-1) ?? assert.fail();
  assert.equal(record.id, answer.headers.get('x-request-id'));
  return { status: answer.status, text, record, left: balanceOf(product.rooms, key.userId) };
}

function stream(...events: object[]): Behaviour {
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  return { body, contentType: 'text/event-stream' };
}

function form(fields: Readonly<Record<string, string | Blob>>): FormData {
  const filled = new FormData();
  for (const [name, value] of Object.entries(fields)) filled.append(name, value);
  return filled;
}

test('a stream that fails before it says or states anything owes nothing', async () => {
  const failed = { id: 'resp_1', model: 'gpt-4o-mini', usage: null, error: { message: 'no' } };
  const cases = [
    ['/chat/completions', CHAT, stream({ error: { message: 'overloaded', code: 429 } })],
    [
      '/responses',
      { model: 'gpt-4o-mini', input: 'Say hello.' },
      stream(
        { type: 'response.created', response: { ...failed, error: null } },
        { type: 'response.failed', response: failed },
      ),
    ],
  ] as const;
  for (const [path, body, behave] of cases) {
    const { record, left } = await pays({ path, body: { ...body, stream: true } }, behave);
    assert.deepEqual(
      [record.outcome, record.cost_source, record.charge_nanos],
      ['failed', 'none', 0],
    );
    assert.equal(left, DOLLAR, path);
  }
});

test('an answer that is whole and an error owes nothing, whichever form the error has', async () => {
  for (const error of ['no such model', { message: 'no such model' }]) {
    const asked = { path: '/chat/completions', body: CHAT };
    const { status, record } = await pays(asked, { body: JSON.stringify({ error }) });
    assert.deepEqual([status, record.outcome, record.charge_nanos], [200, 'failed', 0]);
  }
});

test('a wallet that only counts refuses no model for want of a price', async () => {
  const { status, record } = await pays(
    {
      path: '/chat/completions',
      body: { ...CHAT, model: 'nobody-knows-this' },
      wallet: { kind: 'metered' },
    },
    {},
  );
  assert.deepEqual([status, record.cost_source, record.charge_nanos], [200, 'unpriced', 0]);
});

test('a response that fails after it spoke is on record as failed, with what it served', async () => {
  const { record } = await pays(
    { path: '/responses', body: { model: 'gpt-4o-mini', input: 'Say hello.', stream: true } },
    stream(
      { type: 'response.created', response: { id: 'resp_1', model: 'gpt-4o-mini', usage: null } },
      { type: 'response.output_text.delta', delta: 'hello hello' },
      { type: 'response.failed', response: { id: 'resp_1', usage: null } },
    ),
  );
  assert.deepEqual([record.outcome, record.provenance], ['failed', 'partial']);
  assert.equal(record.output_tokens, 2);
});

test('what a caller is told of its charge stands apart from a last event without a blank line', async () => {
  const end = { id: 'c1', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
  const cut = `data: ${JSON.stringify(end)}`;
  const { text } = await pays(
    {
      path: '/chat/completions',
      body: { ...CHAT, stream: true },
      headers: { 'x-gateway-usage': 'true' },
    },
    { body: cut, contentType: 'text/event-stream' },
  );
  const [charge, ...last] = text.split('\n\n');
  assert.match(charge ?? '', /^data: \{"gateway_usage":\{.*\}\}$/);
  assert.deepEqual(last, [cut]);
});

test('speech that is streamed as mere sound goes on as it is, and is charged', async () => {
  const body = { model: 'tts-1', input: 'Hello.', stream: true };
  const sound = { contentType: 'audio/mpeg', body: 'no event, and no end of one' };
  const { text, record } = await pays({ path: '/audio/speech', body }, sound);
  assert.equal(text, sound.body);
  assert.deepEqual([record.outcome, record.charge_nanos], ['completed', 6 * 15_000]);
});

test('a bound or a number that no money covers is refused for want of credit', async () => {
  const huge = Number.MAX_SAFE_INTEGER;
  const cases = [
    ['/chat/completions', { ...CHAT, max_tokens: huge }],
    ['/chat/completions', { ...CHAT, max_tokens: 1_000_000, n: huge }],
    ['/images/generations', { model: 'dall-e-3', prompt: 'x', n: 1e300 }],
  ] as const;
  for (const [path, body] of cases) {
    const { status, record } = await pays({ path, body }, {});
    assert.deepEqual([status, record.failure], [402, 'insufficient_quota'], JSON.stringify(body));
  }
});

test('of several prompts each has its answer held', async () => {
  const limit = { model: 'gpt-4o-mini', max_tokens: 1_000 };
  const cases = [
    ['/completions', { ...limit, prompt: ['a', 'b', 'c'] }, 3],
    ['/completions', { ...limit, prompt: [[1], [2]], best_of: 2 }, 4],
    ['/completions', { ...limit, prompt: [1, 2, 3] }, 1],
    ['/chat/completions', { ...CHAT, ...limit, n: '3' }, 3],
  ] as const;
  for (const [path, body, answers] of cases) {
    const least = answers * 1_000 * 600;
    assert.equal((await pays({ path, body, has: least }, {})).status, 402, JSON.stringify(body));
    const { record } = await pays({ path, body, has: least + 100_000 }, {});
    assert.ok((record.hold_nanos ?? 0) > least, JSON.stringify(body));
  }
});

test('of several models that may answer, the dearest is held, and the one that answers is charged', async () => {
  const path = '/chat/completions';
  const body = { ...CHAT, max_tokens: 100, models: ['gpt-4o-mini', 'o1-pro'] };
  const least = 100 * 600_000;
  assert.equal((await pays({ path, body, has: least }, {})).status, 402);
  const usage = { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 };
  const answer = { id: 'c1', model: 'o1-pro', choices: [], usage };
  const paid = await pays({ path, body }, { body: JSON.stringify(answer) });
  assert.equal(paid.record.charge_nanos, 10 * 150_000 + 20 * 600_000);
  assert.ok((paid.record.hold_nanos ?? 0) > least);
  const bounded = await pays({ path, body: { ...body, max_tokens: null }, has: least }, {});
  assert.equal(bounded.status, 200);
  assert.ok((bounded.record.hold_nanos ?? 0) <= least);
  const unknown = { ...body, models: ['nobody-knows-this'] };
  assert.equal((await pays({ path, body: unknown }, {})).record.failure, 'unpriced_model');
  const many = { ...body, models: Array.from({ length: 21 }, () => 'gpt-4o-mini') };
  assert.equal((await pays({ path, body: many }, {})).record.failure, 'invalid_request');
});

test('what only some servers take for the background is refused', async () => {
  const sent = stand.upstream.requests().length;
  for (const background of [1, 'true', 'yes']) {
    const body = { model: 'gpt-4o-mini', input: 'Say hello.', background };
    const { status, record } = await pays({ path: '/responses', body }, {});
    assert.deepEqual([status, record.failure], [400, 'invalid_request']);
  }
  assert.equal(stand.upstream.requests().length, sent);
});

test('a chat that claims to run in the background is metered like any other', async () => {
  const body = { ...CHAT, messages: [{ role: 'user', content: '[[promptTokens=10 tokens=5]]' }] };
  const { status, record } = await pays(
    { path: '/chat/completions', body: { ...body, background: true } },
    {},
  );
  assert.deepEqual([status, record.input_tokens, record.output_tokens], [200, 10, 5]);
});

test('all pictures are held that a form asks for', async () => {
  const image = new Blob(['x']);
  const asks = (n: string) => form({ model: 'dall-e-3', prompt: 'x', n, image });
  const path = '/images/edits';
  const refused = await pays({ path, body: asks('10'), has: 9 * PICTURE }, {});
  assert.equal(refused.status, 402);
  const data = Array.from({ length: 10 }, () => ({ b64_json: 'eA==' }));
  const made = { body: JSON.stringify({ data }) };
  const { record, left } = await pays({ path, body: asks('10'), has: 10 * PICTURE }, made);
  assert.deepEqual([record.hold_nanos, record.charge_nanos, left], [10 * PICTURE, 10 * PICTURE, 0]);
  const twice = asks('1');
  twice.append('n', '10');
  assert.equal((await pays({ path, body: twice, has: 9 * PICTURE }, {})).status, 402);
});

test('pictures and speech that are billed by tokens have the most of them held', async () => {
  const pictures = { model: 'gpt-image-1', prompt: '[[promptTokens=10 tokens=800]]', n: 2 };
  const cases = [
    ['/images/generations', pictures, 2 * 6_240 * 40_000],
    ['/images/generations', { ...pictures, quality: 'low' }, 2 * 408 * 40_000],
    ['/audio/speech', { model: 'gpt-4o-mini-tts', input: 'Hello.'.repeat(100) }, 900 * 12_000],
  ] as const;
  for (const [path, body, least] of cases) {
    const { status, record } = await pays({ path, body, has: least }, {});
    assert.deepEqual([status, record.charge_nanos], [402, null], JSON.stringify(body));
    const paid = await pays({ path, body, has: least + 1_000_000 }, {});
    assert.equal(paid.status, 200, paid.text);
    assert.ok((paid.record.hold_nanos ?? 0) > least && (paid.record.charge_nanos ?? 0) > 0);
    assert.ok(paid.left >= 0);
  }
});

test('a recording whose model is billed by tokens is held by its size', async () => {
  const file = new Blob(['x'.repeat(10_000)]);
  const usage = { type: 'tokens', input_tokens: 100, output_tokens: 20, total_tokens: 120 };
  const { status, record } = await pays(
    { path: '/audio/transcriptions', body: form({ model: 'gpt-4o-mini-transcribe', file }) },
    { body: JSON.stringify({ text: 'Hello.', usage }) },
  );
  assert.deepEqual([status, record.charge_nanos], [200, 225_000]);
  assert.ok((record.hold_nanos ?? 0) >= 10 * (17 * 1_250 + 5 * 5_000));
});

test('a picture that comes as a stream is not free', async () => {
  const body = { model: 'dall-e-3', prompt: 'x', stream: true };
  const { record } = await pays(
    { path: '/images/generations', body },
    stream({ type: 'image_generation.completed', b64_json: 'eA==' }),
  );
  assert.deepEqual([record.cost_nanos, record.charge_nanos], [PICTURE, PICTURE]);
});

test('every picture of a stream of several reaches its caller, and is paid', async () => {
  const body = { model: 'dall-e-3', prompt: 'x', n: 2, stream: true };
  const picture = { type: 'image_generation.completed', b64_json: 'eA==' };
  const asked = { path: '/images/generations', body };
  const { text, record } = await pays(asked, stream(picture, picture));
  assert.equal(text.split('eA==').length - 1, 2);
  assert.deepEqual([record.outcome, record.charge_nanos], ['completed', 2 * PICTURE]);
});

test('every picture of a stream that is billed by tokens is paid, and not the last one only', async () => {
  const body = { model: 'gpt-image-1', prompt: 'x', n: 3, stream: true };
  const usage = { input_tokens: 10, output_tokens: 1_000, total_tokens: 1_010 };
  const picture = { type: 'image_generation.completed', b64_json: 'eA==', usage };
  const { record } = await pays({ path: '/images/generations', body }, stream(picture, picture));
  assert.deepEqual([record.input_tokens, record.output_tokens], [20, 2_000]);
  assert.equal(record.charge_nanos, 20 * 5_000 + 2_000 * 40_000);
});

test('of the pictures of a stream those are paid that came, also where it fails', async () => {
  const path = '/images/generations';
  const body = { model: 'dall-e-3', prompt: 'x', n: 3, stream: true };
  const picture = { type: 'image_generation.completed', b64_json: 'eA==' };
  const failed = { type: 'error', error: { message: 'The next one is not allowed.' } };
  for (const [events, outcome] of [
    [[picture], 'completed'],
    [[picture, picture, failed], 'failed'],
  ] as const) {
    const { record, text } = await pays({ path, body }, stream(...events));
    const came = text.split('eA==').length - 1;
    assert.deepEqual([record.outcome, record.charge_nanos], [outcome, came * PICTURE]);
  }
  const { record } = await pays({ path, body }, stream(failed));
  assert.deepEqual([record.outcome, record.charge_nanos], ['failed', 0]);
});

test('a stream that a form asks for is on record as one, and is charged what it states', async () => {
  const file = new Blob(['x'.repeat(10_000)]);
  const heard = () => form({ model: 'gpt-4o-mini-transcribe', file, stream: 'true' });
  const usage = { type: 'tokens', input_tokens: 100, output_tokens: 20, total_tokens: 120 };
  const said = { type: 'transcript.text.delta', delta: 'hello' };
  const path = '/audio/transcriptions';
  const { record, text } = await pays(
    { path, body: heard() },
    stream(said, { type: 'transcript.text.done', text: 'hello', usage }),
  );
  assert.match(text, /transcript\.text\.done/);
  assert.deepEqual([record.streamed, record.outcome], [1, 'completed']);
  assert.equal(record.charge_nanos, 100 * 1_250 + 20 * 5_000);
  // A model that streams nothing overlooks the wish.
  const plain = await pays(
    { path, body: form({ model: 'whisper-1', file, stream: 'True' }) },
    { body: 'Hello there.', contentType: 'text/plain' },
  );
  assert.deepEqual(
    [plain.status, plain.text, plain.record.outcome],
    [200, 'Hello there.', 'completed'],
  );
});

test('pictures that a form asks for as a stream are on record as one, their previews held', async () => {
  const edit = (stream: string) =>
    form({ model: 'gpt-image-1', prompt: 'x', image: new Blob(['x']), stream, n: '1' });
  const picture = { type: 'image_edit.completed', b64_json: 'eA==' };
  const usage = { input_tokens: 10, output_tokens: 1_000, total_tokens: 1_010 };
  const path = '/images/edits';
  const streamed = await pays({ path, body: edit('true') }, stream({ ...picture, usage }));
  const { record } = await pays({ path, body: edit('false') }, stream({ ...picture, usage }));
  assert.deepEqual([streamed.record.streamed, record.streamed], [1, 0]);
  const previews = (streamed.record.hold_nanos ?? 0) - (record.hold_nanos ?? 0);
  assert.equal(previews, 3 * 100 * 40_000);
});

test('a transcription that states no length is charged by what was heard, and says so', async () => {
  const body = () => form({ model: 'whisper-1', file: new Blob(['x'.repeat(100_000)]) });
  const said = 'It was a dark and stormy night. '.repeat(10);
  const cases = [
    [said, 'text/plain', 22],
    [JSON.stringify({ text: said }), 'application/json', 22],
    ['WEBVTT\n\n00:01.000 --> 01:02.500\nHello.\n', 'text/vtt', 63],
    // No recording of this size is longer, whatever is said in it.
    ['We met at 999999999999999:00:00.000 sharp.', 'text/plain', 101],
  ] as const;
  for (const [text, contentType, seconds] of cases) {
    const asked = { path: '/audio/transcriptions', body: body() };
    const got = await pays(asked, { body: text, contentType });
    const { provenance, cost_nanos, charge_nanos } = got.record;
    const cost = seconds * SECOND;
    assert.deepEqual(
      [provenance, cost_nanos, charge_nanos],
      ['estimated', cost, cost],
      contentType,
    );
  }
});

test('a length that cannot be true is on record, and takes no more than was held', async () => {
  const body = form({ model: 'whisper-1', file: new Blob(['x'.repeat(100_000)]) });
  const usage = { type: 'tokens', input_tokens: 0, output_tokens: 0 };
  const said = JSON.stringify({ text: 'Hello.', duration: 1e300, usage });
  const { status, record } = await pays({ path: '/audio/transcriptions', body }, { body: said });
  assert.deepEqual([status, record.flawed], [200, 1]);
  assert.equal(record.charge_nanos, record.hold_nanos);
});

test('an answer of text is read and charged whatever its server calls it', async () => {
  const usage = { prompt_tokens: 1_000, completion_tokens: 2_000 };
  const body = JSON.stringify({ id: 'c1', model: 'gpt-4o-mini', choices: [], usage });
  for (const contentType of ['application/octet-stream', 'image/png']) {
    const asked = { path: '/chat/completions', body: CHAT };
    const { status, text, record } = await pays(asked, { body, contentType });
    assert.deepEqual([status, record.provenance, record.output_tokens], [200, 'reported', 2_000]);
    assert.equal(record.charge_nanos, 1_350_000);
    assert.ok(text.startsWith(body.slice(0, -1)), text);
  }
});

test('a caller who writes objects for numbers and names breaks nothing, and is on record', async () => {
  const odd = { toString: 1, valueOf: 1 };
  const picture = { path: '/images/generations', model: 'gpt-image-1', prompt: 'x' };
  const asked = [
    { ...picture, n: odd, stream: true },
    { ...picture, n: odd, partial_images: odd },
    { path: '/chat/completions', ...CHAT, n: odd, best_of: odd },
    { path: '/responses', model: 'gpt-4o-mini', input: 'x', tools: [{ type: odd }] },
  ];
  const done = stream({ type: 'image_generation.completed', b64_json: 'eA==' });
  for (const { path, ...body } of asked) {
    const behave = 'stream' in body ? done : {};
    const { status, record } = await pays({ path, body, has: 10 * DOLLAR }, behave);
    assert.deepEqual([status, record.outcome], [200, 'completed'], path);
  }
  const { product, upstream } = stand;
  upstream.unscript();
  upstream.script({ behave: done });
  const { path, ...body } = { ...picture, n: odd, stream: true };
  const unheld = await stand.ask({ path, body });
  assert.deepEqual([unheld.status, stand.recordOf(unheld).outcome], [200, 'completed']);
  assert.equal(product.intents().length, 0);
});
