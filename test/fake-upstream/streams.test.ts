import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { type BillRow, type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { ask, chat, type Event, eventsOf, streamedChat } from './ask.ts';

let upstream: FakeUpstream;
before(async () => {
  upstream = await startFakeUpstream();
});
after(() => upstream.close());

async function stream(words: string, path = '/chat/completions') {
  const asked = await ask(upstream.url, { path, body: streamedChat(words) });
  await upstream.whenIdle();
  const row = upstream.bill.row(String(asked.headers['x-request-id'])) as BillRow;
  return { ...asked, row };
}

const contentOf = (events: readonly Event[]): string =>
  events.map(({ json }) => json?.choices?.[0]?.delta?.content ?? '').join('');
const usagesOf = (events: readonly Event[]) =>
  events.map(({ json }) => json?.usage).filter((usage) => usage != null);
const BASE = 'promptTokens=7 tokens=4 reasoningTokens=1';
const plain = async () => eventsOf((await stream(BASE)).text);

test('sends its usage in one chunk of its own, and null elsewhere, to those who ask', async () => {
  const { text, row } = await stream('promptTokens=7 tokens=12 chunks=5');
  const events = eventsOf(text);
  assert.equal(contentOf(events), ' hello'.repeat(12));
  assert.equal(events.filter(({ json }) => json?.choices[0]?.delta.content).length, 5);
  const stated = events.at(-2);
  assert.deepEqual(stated?.json.choices, []);
  assert.equal(stated?.json.usage.completion_tokens, 12);
  for (const { json } of events.slice(0, -2)) assert.equal(json.usage, null);
  assert.equal(events.at(-1)?.data, '[DONE]');
  assert.equal(row.id, stated?.json.id);
  assert.deepEqual([row.outcome, row.costNanos, row.sentTokens], ['complete', 8_250, 12]);
});

test('sends no usage to those who do not ask, unless told to', async () => {
  for (const [words, count] of [
    ['tokens=2', 0],
    ['tokens=2 usageAlways=true', 1],
  ] as const) {
    const { text } = await ask(upstream.url, { body: chat(words, { stream: true }) });
    assert.equal(text.includes('"usage"'), count === 1);
    assert.equal(usagesOf(eventsOf(text)).length, count);
  }
});

test('streams legacy completions and n choices', async () => {
  const body = { model: 'm', prompt: '[[tokens=3]]', stream: true, n: 2 };
  const { text } = await ask(upstream.url, { path: '/completions', body });
  const events = eventsOf(text);
  for (const index of [0, 1]) {
    const mine = events.filter(({ json }) => json?.choices[0]?.index === index);
    assert.equal(mine.map(({ json }) => json.choices[0].text).join(''), ' hello'.repeat(3));
  }
  assert.equal(upstream.bill.rows().at(-1)?.completionTokens, 6);
  assert.equal(upstream.bill.rows().at(-1)?.sentTokens, 6);
});

const PLACES: readonly (readonly [place: string, find: (events: Event[]) => unknown[]])[] = [
  ['own-chunk-with-choice', (events) => [events.at(-2)?.json.usage]],
  ['with-finish', (events) => [events.at(-2)?.json.usage]],
  ['in-choice', (events) => [events.at(-2)?.json.choices[0].usage]],
  ['x-groq', (events) => [events.at(-2)?.json.x_groq.usage]],
  ['twice', (events) => [events.at(-2)?.json.usage, events.at(-3)?.json.usage]],
];
for (const [place, find] of PLACES) {
  test(`T24 states its usage ${place}`, async () => {
    const events = eventsOf((await stream(`${BASE} usagePlace=${place}`)).text);
    for (const usage of find(events)) {
      assert.equal((usage as { total_tokens: number }).total_tokens, 11);
    }
    assert.equal(events.at(-2)?.json.choices.length, place === 'twice' ? 0 : 1);
  });
}

test('T24 states its usage on each chunk, growing', async () => {
  const events = eventsOf((await stream(`${BASE} usagePlace=cumulative`)).text);
  const counts = usagesOf(events).map((usage) => usage.completion_tokens);
  assert.deepEqual(counts, [2, 3, 4, 4]);
});

test('T24 leaves the usage out, says null or lies, and bills the truth', async () => {
  for (const [style, expected] of [
    ['missing', undefined],
    ['null', undefined],
    ['negative', -4],
    ['huge', 1e308],
  ]) {
    const { text, row } = await stream(`${BASE} usage=${style}`);
    assert.equal(usagesOf(eventsOf(text))[0]?.completion_tokens, expected);
    assert.deepEqual([row.outcome, row.completionTokens], ['complete', 4]);
  }
});

test('finishes twice, where asked', async () => {
  const events = eventsOf((await stream('tokens=2 finishTwice=true')).text);
  const finished = events.filter(({ json }) => json?.choices[0]?.finish_reason === 'stop');
  assert.equal(finished.length, 2);
});

test('T86 means the same with any line end, comment and odd byte', async () => {
  const expected = contentOf(await plain());
  for (const [words, sign] of [
    ['lineEnd=crlf', '\r\n\r\n'],
    ['lineEnd=cr', '\r\r'],
    ['comments=true', ': keep-alive\n\n'],
    ['oddBytes=bom', '\ufeffdata'],
    ['oddBytes=nul', '\0\ndata'],
  ] as const) {
    const { text, row } = await stream(`${BASE} ${words}`);
    assert.ok(text.includes(sign), words);
    if (words.includes('lineEnd')) assert.ok(!/[^\r]\n/.test(text), words);
    assert.equal(contentOf(eventsOf(text.replace('\ufeff', ''))), expected, words);
    assert.equal(row.outcome, 'complete');
  }
  const { bytes } = await stream(`${BASE} oddBytes=invalid-utf8`);
  assert.throws(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes), TypeError);
});

/** The chunks of HTTP as they stand on the wire. */
async function wireChunks(words: string): Promise<Buffer[]> {
  const { hostname, port } = new URL(upstream.url);
  const socket = connect(Number(port), hostname);
  const body = JSON.stringify(streamedChat(words));
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}`;
  socket.write(`${head}\r\n\r\n${body}`);
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part);
  const wire = Buffer.concat(parts);
  const chunks: Buffer[] = [];
  for (let at = wire.indexOf('\r\n\r\n') + 4; ; ) {
    const lineEnd = wire.indexOf('\r\n', at);
    const size = Number.parseInt(wire.toString('latin1', at, lineEnd), 16);
    if (size === 0) return chunks;
    chunks.push(wire.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

test('T86 cuts its writes at events, at each byte, or at seeded borders that do not change', async () => {
  const words = 'tokens=3 text=multi-byte';
  const whole = await wireChunks(words);
  for (const chunk of whole) assert.ok(chunk.toString().endsWith('\n\n'));
  const bytes = await wireChunks(`${words} chunking=byte`);
  assert.ok(bytes.every(({ length }) => length === 1));
  const length = Buffer.concat(whole).length;
  assert.equal(bytes.length, length);
  const random = (seed: number) => wireChunks(`${words} chunking=random seed=${seed}`);
  const sizes = (chunks: Buffer[]) => chunks.map((chunk) => chunk.length);
  const [one, again, other] = [await random(1), await random(1), await random(2)];
  assert.deepEqual(sizes(one), sizes(again));
  assert.notDeepEqual(sizes(one), sizes(other));
  assert.equal(Buffer.concat(other).length, length);
  assert.equal(upstream.bill.rows().at(-1)?.sentTokens, 3);
});

test('T65 carries text that looks like the end of a stream inside its events', async () => {
  const events = eventsOf((await stream('tokens=2 text=sse')).text);
  assert.match(contentOf(events), /data: \[DONE\]\n\nevent: message_stop/);
  assert.equal(events.filter(({ data }) => data === '[DONE]').length, 1);
  assert.ok(events.every(({ name }) => name === undefined));
});

test('T27 ends without [DONE], without a finish or without its last blank line', async () => {
  const undone = await stream('tokens=2 tail=no-done');
  assert.ok(!undone.text.includes('[DONE]'));
  assert.ok(undone.text.includes('"finish_reason":"stop"'));
  assert.equal(undone.row.outcome, 'complete');
  const unfinished = await stream('tokens=2 tail=no-finish');
  assert.ok(!unfinished.text.includes('"finish_reason":"stop"'));
  assert.deepEqual([unfinished.broke, unfinished.row.outcome], [undefined, 'failed']);
  assert.equal(unfinished.row.completionTokens, 2);
  const blank = await stream('tokens=2 tail=no-blank-line');
  assert.ok(blank.text.endsWith('data: [DONE]'));
});

test('T27 is cut in mid-line or in mid-character, by RST, FIN or a proper end', async () => {
  for (const how of ['reset', 'close', 'end'] as const) {
    const line = await stream(`tokens=5 cut=${how} cutAt=mid-line`);
    assert.equal(line.broke === undefined, how === 'end');
    assert.ok(!line.text.endsWith('\n'), `${how}: ${line.text}`);
    assert.deepEqual([line.row.outcome, line.row.completionTokens], ['failed', 1]);
    const character = await stream(`tokens=5 cut=${how} cutAt=mid-utf8`);
    assert.ok((character.bytes.at(-1) ?? 0) >= 0xc2);
    assert.equal(character.row.completionTokens, 0);
  }
  assert.equal((await stream('tokens=1 cut=reset cutAt=mid-line')).broke, 'ECONNRESET');
});

test('T26 is cut after any number of bytes, and bills the tokens of whole events', async () => {
  const whole = (await stream('promptTokens=7 tokens=3')).bytes.length;
  for (let at = 0; at <= whole; at += 97) {
    const { bytes, row, broke } = await stream(`promptTokens=7 tokens=3 cut=reset cutAt=${at}`);
    assert.equal(bytes.length, at);
    assert.ok(broke);
    const complete = bytes.toString().match(/" hello".*\n\n/g)?.length ?? 0;
    assert.deepEqual([row.outcome, row.completionTokens], ['failed', complete]);
  }
  const beyond = await stream(`promptTokens=7 tokens=3 cut=reset cutAt=${whole + 1}`);
  assert.deepEqual([beyond.broke, beyond.row.outcome], [undefined, 'complete']);
});

test('says in mid-stream that it failed, in each wire format', async () => {
  const { text, row } = await stream('tokens=5 errorAfter=2 message=overheated');
  const last = eventsOf(text).at(-1);
  assert.equal(last?.json.error.message, 'overheated');
  assert.deepEqual([row.outcome, row.completionTokens], ['failed', 2]);
  for (const path of ['/messages', '/responses']) {
    const event = eventsOf((await stream('tokens=5 errorAfter=2', path)).text).at(-1);
    assert.deepEqual([event?.name, event?.json.type], ['error', 'error']);
  }
});

test('streams messages: named events, a ping, cumulative usage', async () => {
  const words = 'promptTokens=50 cachedTokens=20 tokens=3';
  const { text, row } = await stream(words, '/messages');
  const events = eventsOf(text);
  const names = events.map(({ name }) => name);
  assert.deepEqual(names, [
    'message_start',
    'content_block_start',
    'ping',
    ...Array(3).fill('content_block_delta'),
    'content_block_stop',
    'message_delta',
    'message_stop',
  ]);
  assert.ok(events.every(({ name, json }) => name === json.type));
  const usage = events[0]?.json.message.usage;
  assert.deepEqual([usage.input_tokens, usage.cache_read_input_tokens], [30, 20]);
  assert.equal(events.at(-2)?.json.usage.output_tokens, 3);
  assert.deepEqual([row.promptTokens, row.cachedTokens, row.completionTokens], [50, 20, 3]);
  const old = eventsOf((await stream(`${words} usagePlace=output-only`, '/messages')).text);
  assert.deepEqual(old.at(-2)?.json.usage, { output_tokens: 3 });
});

test('streams responses: numbered events, the usage in the last', async () => {
  const body = { model: 'm', input: '[[promptTokens=9 tokens=3]]', stream: true };
  const { text } = await ask(upstream.url, { path: '/responses', body });
  const events = eventsOf(text);
  assert.deepEqual(
    events.map(({ json }) => json.sequence_number),
    events.map((_, index) => index),
  );
  assert.equal(events[0]?.json.response.usage, null);
  assert.equal(events.at(-1)?.name, 'response.completed');
  assert.equal(events.at(-1)?.json.response.usage.total_tokens, 12);
  assert.ok(!text.includes('[DONE]'));
});

test('waits before its headers and between its events, and means the same', async () => {
  const { text } = await stream(`${BASE} delayMs=2 chunkDelayMs=1`);
  assert.equal(contentOf(eventsOf(text)), contentOf(await plain()));
  const burst = await stream(`${BASE} pace=burst`);
  assert.equal(contentOf(eventsOf(burst.text)), contentOf(await plain()));
});
