/** The same main paths against a stand-in for the providers that was written elsewhere, by other people. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { LLMock } from '@copilotkit/aimock';
import OpenAI from 'openai';
import { type RecordRow, startTollkeeper, type Tollkeeper } from '../harness.ts';
import { assertCostNothing, eventually, PROVIDER_SECRET, recordOf } from './stage.ts';

const mock = new LLMock({ port: 0, host: '127.0.0.1', logLevel: 'silent' });
let tollkeeper: Tollkeeper;
let openai: OpenAI;

before(async () => {
  await mock.start();
  tollkeeper = await startTollkeeper({
    settings: {
      OPENAI_API_KEY: PROVIDER_SECRET,
      OPENAI_API_URL: `${mock.url}/v1`,
      MODEL_PRICING_JSON: '{"gpt-4o-mini": {"input": 0.001, "output": 0.002}}',
    },
  });
  const apiKey = await tollkeeper.issueKey();
  openai = new OpenAI({ baseURL: `${tollkeeper.url}/v1`, apiKey, maxRetries: 0 });
});
after(async () => {
  await tollkeeper.close();
  await mock.stop();
});

const model = 'gpt-4o-mini';
const ask = (content: string) => ({ model, messages: [{ role: 'user' as const, content }] });
const OPENAI_USAGE = { prompt_tokens: 123, completion_tokens: 45, total_tokens: 168 };

function assertMetered(record: RecordRow, tokens: { input: number; output: number }): void {
  assert.deepEqual(
    [record.outcome, record.provenance, record.input_tokens, record.output_tokens],
    ['completed', 'reported', tokens.input, tokens.output],
  );
}

describe('OpenAI’s API', () => {
  test('a chat completion is on record with the usage and its price', async () => {
    mock.onMessage('plain', { content: 'Hi there', usage: OPENAI_USAGE });
    const { result, record } = await recordOf(tollkeeper, () =>
      openai.chat.completions.create(ask('plain')),
    );
    assert.equal(result.choices[0]?.message.content, 'Hi there');
    assert.equal(result._request_id, record.id);
    assertMetered(record, { input: 123, output: 45 });
    assert.equal(record.cost_nanos, 123 * 1_000 + 45 * 2_000);
  });

  for (const include_usage of [true, false]) {
    const title = include_usage ? 'shows its usage once' : 'keeps the usage that nobody asked for';
    test(`a stream ${title}, and is on record with it`, async () => {
      const word = `streamed ${include_usage}`;
      mock.onMessage(word, { content: 'One two three four five', usage: OPENAI_USAGE });
      const { result, record } = await recordOf(tollkeeper, async () => {
        const stream = await openai.chat.completions.create({
          ...ask(word),
          stream: true,
          ...(include_usage ? { stream_options: { include_usage } } : {}),
        });
        let text = '';
        let usages = 0;
        for await (const { choices, usage } of stream) {
          text += choices[0]?.delta.content ?? '';
          if (usage != null) usages++;
        }
        return { text, usages };
      });
      assert.deepEqual(result, {
        text: 'One two three four five',
        usages: include_usage ? 1 : 0,
      });
      assertMetered(record, { input: 123, output: 45 });
    });
  }

  test('a tool call comes back whole, plain and as a stream', async () => {
    mock.onMessage('weather', {
      toolCalls: [{ name: 'weather', arguments: '{"city":"Köln"}' }],
      usage: OPENAI_USAGE,
    });
    const tools = [{ type: 'function' as const, function: { name: 'weather' } }];
    const plain = await recordOf(tollkeeper, () =>
      openai.chat.completions.create({ ...ask('weather'), tools }),
    );
    const [call] = plain.result.choices[0]?.message.tool_calls ?? [];
    assert.ok(call?.type === 'function');
    assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Köln' });
    assertMetered(plain.record, { input: 123, output: 45 });
    const streamed = await recordOf(tollkeeper, () =>
      openai.chat.completions.stream({ ...ask('weather'), tools }).finalMessage(),
    );
    const [again] = streamed.result.tool_calls ?? [];
    assert.ok(again?.type === 'function');
    assert.deepEqual(JSON.parse(again.function.arguments), { city: 'Köln' });
    assertMetered(streamed.record, { input: 123, output: 45 });
  });

  test('embeddings come back whole and are metered by their input', async () => {
    mock.onEmbedding('vector', { embedding: [0.5, 0.25] });
    const { result, record } = await recordOf(tollkeeper, () =>
      openai.embeddings.create({ model: 'text-embedding-3-small', input: 'vector' }),
    );
    assert.deepEqual(result.data[0]?.embedding, [0.5, 0.25]);
    assertMetered(record, { input: result.usage.prompt_tokens, output: 0 });
  });

  test('responses, plain and as a stream, are on record with the usage', async () => {
    const usage = { input_tokens: 21, output_tokens: 8, total_tokens: 29 };
    mock.onMessage('respond', { content: 'A response', usage });
    const plain = await recordOf(tollkeeper, () =>
      openai.responses.create({ model, input: 'respond' }),
    );
    assert.equal(plain.result.output_text, 'A response');
    assertMetered(plain.record, { input: 21, output: 8 });
    const streamed = await recordOf(tollkeeper, async () => {
      let last = '';
      const stream = await openai.responses.create({ model, input: 'respond', stream: true });
      for await (const { type } of stream) last = type;
      return last;
    });
    assert.equal(streamed.result, 'response.completed');
    assertMetered(streamed.record, { input: 21, output: 8 });
  });

  test('429 passes through and costs nothing', async () => {
    const said = { message: 'Slow down', type: 'rate_limit_error', code: 'rate_limit_exceeded' };
    mock.onMessage('too fast', { error: said, status: 429 });
    const { result: error, record } = await recordOf(tollkeeper, () =>
      openai.chat.completions.create(ask('too fast')).then(() => undefined, Object),
    );
    assert.ok(error instanceof OpenAI.RateLimitError);
    assert.equal(error.code, 'rate_limit_exceeded');
    assert.equal(record.status, 429);
    assertCostNothing(record);
  });

  test('a stream that the provider breaks off is an error to the caller, and partial on record', async () => {
    const content = 'word '.repeat(200);
    mock.onMessage('cut', { content }, { truncateAfterChunks: 5, chunkSize: 10, latency: 20 });
    let text = '';
    const broken = async (): Promise<void> => {
      const stream = await openai.chat.completions.create({ ...ask('cut'), stream: true });
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
    };
    const { record } = await recordOf(tollkeeper, () => assert.rejects(broken));
    assert.ok(text.length > 0 && content.startsWith(text));
    assert.equal(record.outcome, 'failed');
    assert.equal(record.provenance, 'partial');
    assert.equal(record.failure, 'upstream_reset');
    assert.ok((record.output_tokens ?? 0) > 0 && (record.output_tokens ?? 0) < 100);
    assert.equal(
      record.cost_nanos,
      (record.input_tokens ?? 0) * 1_000 + (record.output_tokens ?? 0) * 2_000,
    );
  });

  test('an answer that nobody waits for is on record as aborted', async () => {
    mock.onMessage('endless', { content: 'word '.repeat(500) }, { chunkSize: 5, latency: 5 });
    const known = new Set(tollkeeper.records().map(({ id }) => id));
    const stream = await openai.chat.completions.create({ ...ask('endless'), stream: true });
    for await (const { choices } of stream) if (choices[0]?.delta.content) break;
    const record = await eventually(() => tollkeeper.records().find(({ id }) => !known.has(id)));
    assert.equal(record.outcome, 'aborted');
    assert.equal(record.provenance, 'partial');
    assert.ok((record.output_tokens ?? 0) < 500);
  });
});

describe('Anthropic’s API', () => {
  let gate: Tollkeeper;
  let anthropic: Anthropic;

  before(async () => {
    gate = await startTollkeeper({
      settings: { ANTHROPIC_API_KEY: PROVIDER_SECRET, ANTHROPIC_API_URL: `${mock.url}/v1` },
    });
    const apiKey = await gate.issueKey();
    anthropic = new Anthropic({ baseURL: gate.url, apiKey, maxRetries: 0 });
  });
  after(() => gate.close());

  const usage = { input_tokens: 17, output_tokens: 6 };
  const request = (content: string) => ({
    model: 'claude-sonnet-4-6',
    max_tokens: 50,
    messages: [{ role: 'user' as const, content }],
  });

  test('messages, plain and as a stream, are on record with the usage and the list price', async () => {
    mock.onMessage('bonjour', { content: 'Salut toi', usage });
    const cost = 17 * 3_000 + 6 * 15_000;
    const plain = await recordOf(gate, () => anthropic.messages.create(request('bonjour')));
    assert.ok(plain.result.content[0]?.type === 'text');
    assert.equal(plain.result.content[0].text, 'Salut toi');
    assertMetered(plain.record, { input: 17, output: 6 });
    assert.equal(plain.record.cost_nanos, cost);
    const streamed = await recordOf(gate, () =>
      anthropic.messages.stream(request('bonjour')).finalText(),
    );
    assert.equal(streamed.result, 'Salut toi');
    assertMetered(streamed.record, { input: 17, output: 6 });
    assert.equal(streamed.record.cost_nanos, cost);
  });

  test('an error passes through in its own shape', async () => {
    mock.onMessage('trop vite', {
      error: { message: 'Doucement', type: 'rate_limit_error' },
      status: 429,
    });
    const { result: error, record } = await recordOf(gate, () =>
      anthropic.messages.create(request('trop vite')).then(() => undefined, Object),
    );
    assert.ok(error instanceof Anthropic.RateLimitError);
    assert.match(error.message, /Doucement/);
    assertCostNothing(record);
  });
});
