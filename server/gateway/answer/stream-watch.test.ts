import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EVENT_BYTES_MAX, findProvider, type Wire } from '../../providers/providers.ts';
import { StreamWatch } from './stream-watch.ts';

function watchOf(
  wire: Wire,
  dropUsageChunk = false,
  provider = 'openai',
  pictures = 1,
): StreamWatch {
  const { routing } = findProvider(provider) ?? assert.fail();
  return new StreamWatch({
    wire,
    readUsage: (event, before) => routing.readUsage(wire, event, before),
    dropUsageChunk,
    pictures,
  });
}

function run(watch: StreamWatch, chunks: readonly Buffer[]): string {
  const out = chunks.flatMap((chunk) => watch.take(chunk));
  out.push(...watch.end());
  return Buffer.concat([...out, watch.held ?? Buffer.alloc(0)]).toString('latin1');
}

const delta = (content: string) =>
  `data: ${JSON.stringify({ id: 'c1', model: 'm', choices: [{ index: 0, delta: { content }, finish_reason: null }], usage: null })}\n\n`;
const STOP = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
const USAGE =
  'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}\n\n';
const DONE = 'data: [DONE]\n\n';
const STREAM = `: keep-alive\n\n${delta('häl')}${delta('lo 你好 "\\\n')}${delta('😀')}${STOP}${USAGE}${DONE}`;

/** Cuts bytes at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % bytes.length))].sort((a, b) => a - b);
  return [0, ...at].map((start, i) => bytes.subarray(start, at[i] ?? bytes.length));
}

function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

const places = fc.array(fc.nat(5_000), { maxLength: 40 });
const lineEnds = fc.constantFrom('\n', '\r\n', '\r');

test('what a caller gets and what is read do not depend on where the network cuts (T86)', () => {
  fc.assert(
    fc.property(places, lineEnds, (cuts, lineEnd) => {
      const bytes = Buffer.from(STREAM.replaceAll('\n\n', lineEnd + lineEnd));
      const watch = watchOf('chat');
      assert.equal(run(watch, cut(bytes, cuts)), bytes.toString('latin1'));
      assert.equal(watch.usage?.tokens.input, 7);
      assert.equal(watch.usage?.tokens.output, 3);
      assert.equal(watch.servedText(), 'hällo 你好 "\\\n😀');
      assert.ok(watch.ended && watch.finished);
    }),
    { numRuns: 500 },
  );
});

test('what is served in parts of a content is served text', () => {
  const part = (content: object[]) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
  const thinking = [{ type: 'text', text: 'Hm, ' }];
  const watch = watchOf('chat');
  run(watch, [
    Buffer.from(part([{ type: 'thinking', thinking }]) + part([{ text: 'so.' }]) + STOP),
  ]);
  assert.equal(watch.servedText(), 'Hm, so.');
});

test('one byte at a time is read like one chunk (T86)', () => {
  const bytes = Buffer.from(STREAM);
  const watch = watchOf('chat');
  const single = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
  assert.equal(run(watch, single), bytes.toString('latin1'));
});

test('the usage chunk that we asked for is kept from the caller, whole and alone', () => {
  fc.assert(
    fc.property(places, lineEnds, (cuts, lineEnd) => {
      const end = (text: string) => text.replaceAll('\n\n', lineEnd + lineEnd);
      const watch = watchOf('chat', true);
      const out = run(watch, cut(Buffer.from(end(STREAM)), cuts));
      assert.equal(Buffer.from(out, 'latin1').toString(), end(STREAM.replace(USAGE, '')));
      assert.equal(watch.usage?.tokens.output, 3);
    }),
    { numRuns: 300 },
  );
});

test('a chunk that carries usage beside a choice is never dropped', () => {
  const usage = USAGE.replace('"choices":[]', '"choices":[{"index":0,"delta":{}}]');
  assert.ok(run(watchOf('chat', true), [Buffer.from(usage + DONE)]).includes('prompt_tokens'));
});

test('the end mark is held back until it is asked for', () => {
  const watch = watchOf('chat');
  const out = Buffer.concat([...watch.take(Buffer.from(delta('x') + STOP + DONE))]).toString();
  assert.ok(!out.includes('[DONE]'));
  assert.equal(watch.held?.toString(), DONE);
  assert.deepEqual(watch.take(Buffer.from('data: more\n\n')), []);
});

test('a stream that stops without an end mark does not look complete (T27)', () => {
  const watch = watchOf('chat');
  run(watch, [Buffer.from(delta('x') + delta('y').slice(0, 20))]);
  assert.equal(watch.ended, false);
  assert.equal(watch.finished, false);
});

test('an error inside the stream is noticed, whichever form it has', () => {
  for (const error of [
    '{"error":{"message":"no","code":429}}',
    '{"error":"no"}',
    '{"type":"error"}',
  ]) {
    const watch = watchOf('chat');
    run(watch, [Buffer.from(`${delta('x')}data: ${error}\n\n`)]);
    assert.notEqual(watch.error, null, error);
  }
});

test('an error beside the answer is noticed, and what comes behind it still goes on', () => {
  const last = (event: object) => `data: ${JSON.stringify(event)}\n\n`;
  const beside = { x_groq: { error: 'over capacity' } };
  const stopped = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], ...beside };
  for (const event of [stopped, { choices: [], ...beside }]) {
    const watch = watchOf('chat');
    const stream = delta('x') + last(event) + USAGE + DONE;
    assert.equal(run(watch, [Buffer.from(stream)]), stream);
    assert.deepEqual(watch.error, { message: 'over capacity' });
    assert.equal(watch.usage?.tokens.output, 3);
  }
});

test('end marks and events inside of text are text (T65)', () => {
  const text = '\n\ndata: [DONE]\n\nevent: error\n\n"usage": {"prompt_tokens": 1e9}';
  const watch = watchOf('chat');
  run(watch, [Buffer.from(delta('a') + delta(text) + STOP + DONE)]);
  assert.equal(watch.servedText(), `a${text}`);
  assert.equal(watch.usage, null);
  assert.equal(watch.error, null);
});

test('an event without an end is refused before it fills the memory (T28)', () => {
  const watch = watchOf('chat');
  const line = Buffer.alloc(600_000, 'x');
  const most = Math.floor(EVENT_BYTES_MAX / line.length);
  for (let taken = 0; taken < most; taken++) assert.deepEqual(watch.take(line), []);
  assert.throws(() => watch.take(line), { code: 'upstream_unreadable' });
});

test('an event with a picture in it goes on whole, and what it states is read', () => {
  const picture = 'A'.repeat(3_000_000);
  const event = (type: string, more: object) =>
    `event: ${type}\r\ndata: ${JSON.stringify({ type, b64_json: picture, ...more })}\r\n\r\n`;
  const usage = { input_tokens: 10, output_tokens: 4_160, total_tokens: 4_170 };
  const partial = event('image_generation.partial_image', { partial_image_index: 0 });
  const bytes = Buffer.from(partial + event('image_generation.completed', { usage }));
  const watch = watchOf('images');
  const chunks = cut(
    bytes,
    Array.from({ length: 400 }, (_, index) => index * 16_384 + (index % 5)),
  );
  assert.equal(run(watch, chunks), bytes.toString('latin1'));
  assert.equal(watch.held?.length, bytes.length - partial.length);
  assert.equal(watch.usage?.tokens.output, 4_160);
});

test('a stream of several pictures ends with the last of them, or where it stops after one', () => {
  const picture = (index: number) =>
    `data: ${JSON.stringify({ type: 'image_edit.completed', b64_json: 'eA==', index })}\n\n`;
  const whole = picture(0) + picture(1) + picture(2);
  const watch = watchOf('images', false, 'openai', 3);
  assert.equal(run(watch, [Buffer.from(`${whole}data: beyond\n\n`)]), whole);
  assert.equal(watch.held?.toString(), picture(2));
  const fewer = watchOf('images', false, 'openai', 3);
  assert.equal(run(fewer, [Buffer.from(picture(0))]), picture(0));
  assert.deepEqual([fewer.ended, fewer.finished, fewer.pictures], [false, false, 1]);
});

test('each picture of a stream states what it took itself, and a summary behind them is the whole', () => {
  const usage = { input_tokens: 50, output_tokens: 4_160, total_tokens: 4_210 };
  const picture = `data: ${JSON.stringify({ type: 'image_generation.completed', b64_json: 'eA==', usage })}\n\n`;
  const watch = watchOf('images', false, 'openai', 3);
  run(watch, [Buffer.from(picture.repeat(2))]);
  assert.deepEqual([watch.usage?.tokens.input, watch.usage?.tokens.output], [100, 8_320]);
  const preview = `data: ${JSON.stringify({ type: 'image_generation.partial_image', usage })}\n\n`;
  const shown = watchOf('images', false, 'openai', 3);
  run(shown, [Buffer.from((preview + picture).repeat(2))]);
  assert.deepEqual([shown.usage?.tokens.input, shown.usage?.tokens.output], [100, 8_320]);
  const summary = `data: ${JSON.stringify({ type: 'all', usage: { ...usage, output_tokens: 9_000 } })}\n\n`;
  const told = watchOf('images', false, 'openai', 3);
  run(told, [Buffer.from(picture.repeat(2) + summary)]);
  assert.deepEqual([told.usage?.tokens.input, told.usage?.tokens.output], [50, 9_000]);
});

test('cumulative usage on every chunk counts once, the last word wins', () => {
  const at = (n: number) =>
    `data: {"choices":[{"delta":{"content":"x"}}],"usage":{"prompt_tokens":7,"completion_tokens":${n}}}\n\n`;
  const watch = watchOf('chat');
  run(watch, [Buffer.from(at(1) + at(2) + at(3) + DONE)]);
  assert.equal(watch.usage?.tokens.output, 3);
});

test('a messages stream gives its parts from its first and last events, and ends with message_stop', () => {
  const stream = [
    'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","model":"m","usage":{"input_tokens":25,"cache_read_input_tokens":5,"cache_creation_input_tokens":0,"output_tokens":1}}}\n\n',
    'event: ping\ndata: {"type":"ping"}\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}\n\n',
    'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":15}}\n\n',
    'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  ];
  const watch = watchOf('messages', false, 'anthropic');
  run(watch, [Buffer.from(stream.join(''))]);
  assert.deepEqual(
    { ...watch.usage?.tokens, cacheWrite5m: null, cacheWrite1h: null },
    {
      input: 30,
      cachedInput: 5,
      cacheWrite5m: null,
      cacheWrite1h: null,
      output: 15,
      reasoning: null,
    },
  );
  assert.equal(watch.held?.toString(), stream[4]);
  assert.equal(watch.upstreamId, 'msg_1');
});

test('the model is found behind first events that name none', () => {
  const filters = 'data: {"choices":[],"id":"","model":"","prompt_filter_results":[]}\n\n';
  const ping = 'event: ping\ndata: {"type":"ping"}\n\n';
  const watch = watchOf('chat');
  assert.equal(
    run(watch, [Buffer.from(filters + ping + STREAM)]),
    bytesOf(filters + ping + STREAM),
  );
  assert.deepEqual([watch.servedModel, watch.upstreamId], ['m', 'c1']);
  assert.equal(watch.usage?.tokens.input, 7);
});

test('a responses stream ends with its completed event, which states the usage', () => {
  const completed =
    'event: response.completed\ndata: {"type":"response.completed","response":{"id":"resp_1","usage":{"input_tokens":4,"output_tokens":6,"total_tokens":10}}}\n\n';
  const watch = watchOf('responses');
  run(watch, [
    Buffer.from(
      `event: response.created\ndata: {"type":"response.created","response":{"id":"resp_1","model":"m","usage":null}}\n\nevent: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"Hey"}\n\n${completed}`,
    ),
  ]);
  assert.equal(watch.usage?.tokens.output, 6);
  assert.equal(watch.servedText(), 'Hey');
  assert.equal(watch.held?.toString(), completed);
});
