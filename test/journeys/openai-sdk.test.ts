/** The official OpenAI client, with only its base address and its key changed. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI, { toFile } from 'openai';
import { binaryBody } from '../fake-upstream.ts';
import {
  assertAgrees,
  assertCostNothing,
  openStage,
  PROVIDER_SECRET,
  recordOf,
  type Stage,
} from './stage.ts';

let stage: Stage;
let client: OpenAI;

before(async () => {
  stage = await openStage();
  client = clientFor(stage.key);
});
after(() => stage.close());

function clientFor(apiKey: string): OpenAI {
  return new OpenAI({ baseURL: `${stage.tollkeeper.url}/v1`, apiKey, maxRetries: 0 });
}

const model = 'gpt-4o-mini';
const ask = (content: string) => ({ model, messages: [{ role: 'user' as const, content }] });

describe('chat completions', () => {
  test('come back whole, under our request id, and cost what the provider bills', async () => {
    const prompt = 'Say hello. [[tokens=5 cachedTokens=64 reasoningTokens=2]]';
    const { result, record } = await recordOf(stage.tollkeeper, () =>
      client.chat.completions.create(ask(prompt)),
    );
    assert.equal(result.choices[0]?.message.content, ' hello hello hello');
    assert.equal(result.usage?.completion_tokens, 5);
    assert.equal(result._request_id, record.id);
    assert.equal(result.id, record.upstream_id);
    assert.equal(record.reasoning_tokens, 2);
    assert.equal(record.cost_source, 'setting');
    assert.equal(record.provider_id, 'openai');
    assertAgrees(record, stage.upstream);
  });

  test('with tools, several choices and unknown fields reach the provider byte for byte', async () => {
    const body = {
      ...ask('Weather? [[tokens=3]]'),
      n: 2,
      seed: 7,
      tools: [
        {
          type: 'function' as const,
          function: { name: 'weather', parameters: { type: 'object' } },
        },
      ],
      some_new_field: { nested: ['é', 1.0, null] },
    };
    const { result, record } = await recordOf(stage.tollkeeper, () =>
      client.chat.completions.create(body),
    );
    assert.equal(result.choices.length, 2);
    assert.equal(stage.upstream.requests().at(-1)?.body.toString(), JSON.stringify(body));
    assertAgrees(record, stage.upstream);
  });

  test('never show the caller’s key to the provider, nor the provider’s to the caller', async () => {
    const { response } = await client.chat.completions.create(ask('Hi.')).withResponse();
    const seen = stage.upstream.requests().at(-1);
    assert.equal(seen?.headers.authorization, `Bearer ${PROVIDER_SECRET}`);
    assert.ok(!JSON.stringify(seen?.rawHeaders).includes(stage.key));
    assert.ok(!JSON.stringify([...response.headers]).includes(PROVIDER_SECRET));
  });

  test('stream with include_usage gives the caller exactly one usage chunk', async () => {
    const { result: chunks, record } = await recordOf(stage.tollkeeper, async () =>
      Array.fromAsync(
        await client.chat.completions.create({
          ...ask('Say hello. [[tokens=6]]'),
          stream: true,
          stream_options: { include_usage: true },
        }),
      ),
    );
    const withUsage = chunks.filter(({ usage }) => usage != null);
    assert.equal(withUsage.length, 1);
    assert.equal(withUsage[0]?.usage?.completion_tokens, 6);
    assert.deepEqual(withUsage[0]?.choices, []);
    assert.equal(textOf(chunks), ' hello'.repeat(6));
    assert.equal(record.streamed, 1);
    assertAgrees(record, stage.upstream);
  });

  test('stream without include_usage shows the caller none, and the record has it all the same', async () => {
    const { result: chunks, record } = await recordOf(stage.tollkeeper, async () =>
      Array.fromAsync(
        await client.chat.completions.create({
          ...ask('Say hello. [[tokens=6 cachedTokens=10]]'),
          stream: true,
        }),
      ),
    );
    assert.ok(chunks.every(({ usage, choices }) => usage == null && choices.length > 0));
    assert.equal(textOf(chunks), ' hello'.repeat(6));
    assert.deepEqual(stage.upstream.requests().at(-1)?.json?.['stream_options'], {
      include_usage: true,
    });
    assertAgrees(record, stage.upstream);
  });

  test('stream through the client’s own helper', async () => {
    const { result, record } = await recordOf(stage.tollkeeper, () =>
      client.chat.completions.stream(ask('Say hello. [[tokens=4]]')).finalContent(),
    );
    assert.equal(result, ' hello'.repeat(4));
    assertAgrees(record, stage.upstream);
  });
});

function textOf(chunks: readonly OpenAI.ChatCompletionChunk[]): string {
  return chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
}

describe('other metered calls', () => {
  test('responses come back whole and cost what the provider bills', async () => {
    const { result, record } = await recordOf(stage.tollkeeper, () =>
      client.responses.create({ model, input: 'Say hello. [[tokens=7 cachedTokens=20]]' }),
    );
    assert.equal(result.output_text, ' hello'.repeat(7));
    assert.equal(result._request_id, record.id);
    assertAgrees(record, stage.upstream);
  });

  test('responses stream to their completed event, which states the usage that is on record', async () => {
    const { result: events, record } = await recordOf(stage.tollkeeper, async () =>
      Array.fromAsync(
        await client.responses.create({ model, input: 'Say hello. [[tokens=7]]', stream: true }),
      ),
    );
    const last = events.at(-1);
    assert.ok(last?.type === 'response.completed');
    assert.equal(last.response.usage?.output_tokens, record.output_tokens);
    assert.equal(events.filter(({ type }) => type === 'response.output_text.delta').length, 7);
    assertAgrees(record, stage.upstream);
  });

  for (const encoding_format of ['float', 'base64'] as const) {
    test(`embeddings as ${encoding_format}`, async () => {
      const { result, record } = await recordOf(stage.tollkeeper, () =>
        client.embeddings.create({
          model: 'text-embedding-3-small',
          input: ['one', 'two of them'],
          encoding_format,
        }),
      );
      const vector = result.data[1]?.embedding;
      if (encoding_format === 'float') assert.deepEqual(vector, [0.5, 0.25, -0.125, 1]);
      else assert.equal(Buffer.from(String(vector), 'base64').readFloatLE(8), -0.125);
      assertAgrees(record, stage.upstream);
    });
  }

  test('embeddings in the client’s own default encoding are unpacked by it', async () => {
    const { result, record } = await recordOf(stage.tollkeeper, () =>
      client.embeddings.create({ model: 'text-embedding-3-small', input: 'one' }),
    );
    assert.deepEqual(result.data[0]?.embedding, [0.5, 0.25, -0.125, 1]);
    assertAgrees(record, stage.upstream);
  });

  test('legacy completions, plain and as a stream', async () => {
    const body = { model: 'gpt-3.5-turbo-instruct', prompt: 'Once upon [[tokens=4]]' };
    const plain = await recordOf(stage.tollkeeper, () => client.completions.create(body));
    assert.equal(plain.result.choices[0]?.text, ' hello'.repeat(4));
    assertAgrees(plain.record, stage.upstream);
    const streamed = await recordOf(stage.tollkeeper, async () =>
      Array.fromAsync(await client.completions.create({ ...body, stream: true })),
    );
    assert.equal(
      streamed.result.map(({ choices }) => choices[0]?.text).join(''),
      ' hello'.repeat(4),
    );
    assert.ok(streamed.result.every(({ usage }) => usage == null));
    assertAgrees(streamed.record, stage.upstream);
  });

  test('images are billed by tokens or by the piece, as the provider does', async () => {
    const byTokens = await recordOf(stage.tollkeeper, () =>
      client.images.generate({ model: 'gpt-image-1', prompt: 'A tollgate [[tokens=400]]' }),
    );
    assert.equal(byTokens.result.data?.[0]?.b64_json, 'iVBORw0KGgo=');
    assertAgrees(byTokens.record, stage.upstream);
    const byPiece = await recordOf(stage.tollkeeper, () =>
      client.images.generate({ model: 'dall-e-3', prompt: '[[promptTokens=0]]', n: 3 }),
    );
    assert.equal(byPiece.result.data?.length, 3);
    assert.equal(byPiece.record.cost_nanos, 120_000_000);
    assertAgrees(byPiece.record, stage.upstream);
  });

  test('speech arrives byte for byte and is billed by the character', async () => {
    const input = 'Grüße 👋 from the tollgate [[bytes=200001]]';
    const { result, record } = await recordOf(stage.tollkeeper, async () => {
      const answer = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input });
      return { type: answer.headers.get('content-type'), bytes: await answer.arrayBuffer() };
    });
    assert.equal(result.type, 'audio/mpeg');
    assert.ok(Buffer.from(result.bytes).equals(binaryBody(200_001)));
    assertAgrees(record, stage.upstream);
  });

  test('transcriptions take a form of parts, which reaches the provider untouched', async () => {
    const sound = binaryBody(40_000);
    const transcribe = async (name: string, prompt: string) =>
      client.audio.transcriptions.create({
        file: await toFile(sound, 'toll.mp3', { type: 'audio/mpeg' }),
        model: name,
        prompt,
      });
    const byTokens = await recordOf(stage.tollkeeper, () =>
      transcribe('gpt-4o-mini-transcribe', '[[tokens=9]]'),
    );
    assert.equal(byTokens.result.text, 'hello');
    assert.ok(stage.upstream.requests().at(-1)?.body.includes(sound));
    assertAgrees(byTokens.record, stage.upstream);
    const bySecond = await recordOf(stage.tollkeeper, () =>
      transcribe('whisper-1', '[[seconds=12.3]]'),
    );
    assert.equal(bySecond.record.cost_nanos, 1_300_000);
    assertAgrees(bySecond.record, stage.upstream);
  });

  test('moderations are on record at the price that the operator set', async () => {
    const { result, record } = await recordOf(stage.tollkeeper, () =>
      client.moderations.create({ model: 'omni-moderation-latest', input: 'Good day' }),
    );
    assert.equal(result.results[0]?.flagged, false);
    assertAgrees(record, stage.upstream);
  });
});

describe('calls that are not metered', () => {
  test('the list of models is the provider’s and costs nothing', async () => {
    const { result, record } = await recordOf(stage.tollkeeper, () => client.models.list());
    assert.ok(result.data.some(({ id }) => id === model));
    assertCostNothing(record);
  });

  test('a model whose name holds a slash is asked for under that name', async () => {
    const { record } = await recordOf(stage.tollkeeper, () =>
      client.models.retrieve('meta-llama/llama-3.1-8b'),
    );
    assert.equal(stage.upstream.requests().at(-1)?.url, '/v1/models/meta-llama%2Fllama-3.1-8b');
    assertCostNothing(record);
  });

  test('a file goes up whole with the operator’s key, on record as unpriced', async () => {
    const content = binaryBody(300_000);
    const { record } = await recordOf(stage.tollkeeper, async () =>
      client.files.create({ file: await toFile(content, 'batch.jsonl'), purpose: 'batch' }),
    );
    const seen = stage.upstream.requests().at(-1);
    assert.ok(seen?.body.includes(content));
    assert.equal(record.endpoint, 'files');
    assert.equal(record.cost_nanos, null);
    assert.equal(record.cost_source, 'unpriced');
  });
});
