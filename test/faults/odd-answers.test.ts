/** Answers and requests in shapes that are rare, and what is owed for them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Behaviour } from '../fake-upstream.ts';
import { type Asking, DOLLAR, type Paid, paysAt, stream } from './payer.ts';
import { openStand, type Stand } from './stand.ts';

const PRICES = JSON.stringify({
  'gpt-4o-mini': { input: 0.00015, output: 0.0006 },
  'o1-pro': { input: 0.15, output: 0.6 },
  'dall-e-3': { image: 0.04 },
  'gpt-image-1': { input: 0.005, output: 0.04 },
});
const CHAT = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Say hello.' }] };

let stand: Stand;

before(async () => {
  stand = await openStand({ settings: { MODEL_PRICING_JSON: PRICES } });
});
after(() => stand[Symbol.asyncDispose]());

const pays = (request: Asking, behave: Behaviour): Promise<Paid> => paysAt(stand, request, behave);

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
