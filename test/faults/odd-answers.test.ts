/** Answers and requests in shapes that are rare, and what is owed for them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Behaviour } from '../fake-upstream.ts';
import type { RecordRow } from '../harness.ts';
import { balanceOf, fund } from './money.ts';
import { openStand, type Stand } from './stand.ts';

const DOLLAR = 1_000_000_000;
const SECOND = 100_000;
const PICTURE = 40_000_000;
const PRICES = JSON.stringify({
  'gpt-4o-mini': { input: 0.00015, output: 0.0006 },
  'whisper-1': { second: 0.0001 },
  'dall-e-3': { image: 0.04 },
});
const CHAT = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Say hello.' }] };

let stand: Stand;

before(async () => {
  stand = await openStand({ settings: { MODEL_PRICING_JSON: PRICES } });
});
after(() => stand[Symbol.asyncDispose]());

/** What a caller pays who has so much and sends this, where the provider answers like that. */
async function pays(
  request: { path: string; body: object | FormData; has?: number },
  behave: Behaviour,
): Promise<{ status: number; text: string; record: RecordRow; left: number }> {
  const { product, upstream } = stand;
  const { accounts } = product.rooms;
  const label = `payer ${product.records().length}`;
  const rules = { label, note: null, origin: 'operator', allowUnmetered: false } as const;
  const { key, token } = await accounts.keys.issue(rules);
  await fund(product.rooms, key.userId, request.has ?? DOLLAR, { plan: 'cost' });
  upstream.unscript();
  upstream.script({ behave });
  const isForm = request.body instanceof FormData;
  const answer = await fetch(`${product.url}/v1${request.path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      ...(isForm ? {} : { 'content-type': 'application/json' }),
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

test('a chat that claims to run in the background is metered like any other', async () => {
  const body = { ...CHAT, messages: [{ role: 'user', content: '[[promptTokens=10 tokens=5]]' }] };
  const { status, record } = await pays(
    { path: '/chat/completions', body: { ...body, background: true } },
    {},
  );
  assert.deepEqual([status, record.input_tokens, record.output_tokens], [200, 10, 5]);
});
