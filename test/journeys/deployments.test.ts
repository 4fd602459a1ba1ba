/** Paths that name a deployment, as Azure has them: they are metered as what stands behind it is. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { KeyRules } from '../../server/accounts/accounts.ts';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { CREDIT, fund } from '../faults/money.ts';
import { type LocalTollkeeper, type RecordRow, startTollkeeper } from '../harness.ts';
import { assertAgrees, MODEL_PRICING, PRICES, PROVIDER_SECRET, post, recordOf } from './stage.ts';

const WORDS = 'Hi. [[promptTokens=10 tokens=1000]]';
const CHAT = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: WORDS }] };
const DOLLAR = 1_000_000_000;

let upstream: FakeUpstream;
/** Where no deployment is at home, though it alone lists a model that a body may name. */
let other: FakeUpstream;
let tollkeeper: LocalTollkeeper;
let operators: string;

before(async () => {
  upstream = await startFakeUpstream({ prices: PRICES });
  other = await startFakeUpstream();
  other.script({
    match: ({ route }) => route === 'models',
    behave: { body: JSON.stringify({ data: [{ id: 'other-only' }] }) },
  });
  tollkeeper = await startTollkeeper({
    settings: {
      UPSTREAM_API_KEY: PROVIDER_SECRET,
      UPSTREAM_BASE: upstream.url.replace('/v1', '/openai'),
      UPSTREAM_API_VERSION: '2026-06-01',
      OPENAI_API_KEY: `${PROVIDER_SECRET}-other`,
      OPENAI_API_URL: other.url,
      MODEL_PRICING_JSON: MODEL_PRICING,
    },
  });
  operators = await tollkeeper.issueKey();
});
after(async () => {
  await tollkeeper.close();
  await upstream.close();
  await other.close();
});

function ask(path: string, body: unknown, token = operators) {
  const headers = { authorization: `Bearer ${token}` };
  return recordOf(tollkeeper, () =>
    post(`${tollkeeper.url}/v1/deployments/${path}`, body, headers),
  );
}

/** A caller who pays, under a plan of their own. */
async function holder(plan: 'flat' | 'cost', rules: Partial<KeyRules> = {}): Promise<string> {
  const { accounts, storage } = tollkeeper.rooms;
  const { key, token } = await accounts.keys.issue({
    label: `holder ${plan} ${Object.keys(rules)}`,
    note: null,
    origin: 'operator',
    allowUnmetered: false,
  });
  const { write, apply } = accounts.keys.change(key, { models: null, ...rules });
  await storage.commit([write]);
  apply();
  await fund(tollkeeper.rooms, key.userId, DOLLAR, { plan });
  return token;
}

describe('a deployment in the path', () => {
  const CASES: readonly (readonly [string, object])[] = [
    ['chat/completions', CHAT],
    ['chat/completions', { ...CHAT, stream: true }],
    ['completions', { model: 'gpt-3.5-turbo-instruct', prompt: WORDS }],
    ['embeddings', { model: 'text-embedding-3-small', input: 'Hi.' }],
    ['images/generations', { model: 'dall-e-3', prompt: '[[promptTokens=0]]' }],
    ['audio/speech', { model: 'tts-1', input: 'Hello.' }],
  ];
  for (const [path, body] of CASES) {
    test(`${path}${'stream' in body ? ' as a stream' : ''} is on record as the provider bills it`, async () => {
      const { result, record } = await ask(`toll/${path}`, body);
      assert.equal(result.status, 200);
      assert.equal(record.endpoint, `deployments/toll/${path}`);
      assertAgrees(record, upstream);
      const sent = upstream.requests().at(-1);
      assert.equal(sent?.url, `/openai/deployments/toll/${path}?api-version=2026-06-01`);
    });
  }

  test('is the model where the body names none, and has its price', async () => {
    const { record } = await ask('gpt-4o-mini/chat/completions', { messages: CHAT.messages });
    assert.deepEqual(
      [record.model, record.input_tokens, record.output_tokens, record.cost_nanos],
      ['gpt-4o-mini', 10, 1_000, 601_500],
    );
    const form = new FormData();
    form.set('file', new Blob(['sound']), 'sound.wav');
    const headers = { authorization: `Bearer ${operators}` };
    const url = `${tollkeeper.url}/v1/deployments/whisper-1/audio/transcriptions`;
    const { record: heard } = await recordOf(tollkeeper, () =>
      fetch(url, { method: 'POST', headers, body: form }).then((answer) => answer.text()),
    );
    assert.equal(heard.model, 'whisper-1');
  });

  test('has the price of what it serves, also where a stream begins with an event that names nothing', async () => {
    const filters = { choices: [], id: '', model: '', prompt_filter_results: [] };
    const answer = {
      id: 'c1',
      model: 'gpt-4o-mini',
      choices: [{ index: 0, finish_reason: 'stop' }],
    };
    const usage = { prompt_tokens: 10, completion_tokens: 1_000 };
    const events = [filters, answer, { ...answer, choices: [], usage }];
    const data = events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
    const body = `${data.join('')}data: [DONE]\n\n`;
    upstream.script({ behave: { body, contentType: 'text/event-stream' }, times: 1 });
    const claim = { ...CHAT, model: 'text-embedding-3-small', stream: true };
    const { record } = await ask('toll/chat/completions', claim);
    assert.deepEqual([record.served_model, record.upstream_id], ['gpt-4o-mini', 'c1']);
    assert.equal(record.cost_nanos, 601_500);
  });

  test('goes the default route, whoever lists the model that the body names', async () => {
    const { result, record } = await ask('toll/chat/completions', { ...CHAT, model: 'other-only' });
    assert.equal(result.status, 200);
    assert.deepEqual([record.provider_id, record.model], ['custom', 'other-only']);
  });
});

describe('a caller who pays', () => {
  const refusal = ({ outcome, failure }: RecordRow) => [outcome, failure];

  test('is charged for what the deployment answers', async () => {
    const { result, record } = await ask('toll/chat/completions', CHAT, await holder('flat'));
    assert.equal(result.status, 200);
    assert.equal(record.charge_nanos, 1_010 * CREDIT);
  });

  test('has none of what cannot be metered, nor the account of the provider', async () => {
    const token = await holder('flat');
    for (const path of ['toll/batches', 'toll', 'a/deployments/b/chat/completions', 'a/b/c']) {
      const { record } = await ask(path, CHAT, token);
      assert.deepEqual(refusal(record), ['refused', 'unmetered_path_forbidden'], path);
    }
    const { record } = await ask('toll/usage', CHAT, token);
    assert.deepEqual(refusal(record), ['refused', 'account_path_forbidden']);
  });

  test('pays the price of the deployment, whatever model the body claims', async () => {
    const token = await holder('cost');
    const { record } = await ask('gpt-3.5-turbo-instruct/chat/completions', CHAT, token);
    assert.equal(record.charge_nanos, 10 * 1_500 + 1_000 * 2_000);
    const { record: unpriced } = await ask('toll/chat/completions', CHAT, token);
    assert.deepEqual(refusal(unpriced), ['refused', 'unpriced_model']);
  });

  test('with certain models reaches the deployments of those names only', async () => {
    const token = await holder('flat', { models: ['gpt-4o-mini'] });
    const { record } = await ask('o1-pro/chat/completions', CHAT, token);
    assert.deepEqual(refusal(record), ['refused', 'model_forbidden']);
    const { result } = await ask('gpt-4o-mini/chat/completions', CHAT, token);
    assert.equal(result.status, 200);
  });
});

test('a deployment in the base address has its own price, whatever the body claims', async () => {
  const base = upstream.url.replace('/v1', '/openai/deployments/gpt-4o-mini');
  await using product = await startTollkeeper({
    settings: {
      UPSTREAM_API_KEY: PROVIDER_SECRET,
      UPSTREAM_BASE: base,
      MODEL_PRICING_JSON: MODEL_PRICING,
    },
  });
  const headers = { authorization: `Bearer ${await product.issueKey()}` };
  const claim = { ...CHAT, model: 'text-embedding-3-small' };
  const { record } = await recordOf(product, () =>
    post(`${product.url}/v1/chat/completions`, claim, headers),
  );
  assert.deepEqual([record.model, record.cost_nanos], ['text-embedding-3-small', 601_500]);
});
