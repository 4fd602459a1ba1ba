/** Pictures and sound, by the piece or by the tokens that they take: what is held for them, and what is owed. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '../../server/clock.ts';
import { SEED_DEFAULTS } from '../../server/limits/limits.ts';
import type { Behaviour } from '../fake-upstream.ts';
import { fund } from './money.ts';
import { type Asking, DOLLAR, form, type Paid, paysAt, stream } from './payer.ts';
import { openStand, type Stand } from './stand.ts';

const SECOND = 100_000;
const PICTURE = 40_000_000;
const PRICES = JSON.stringify({
  'gpt-4o-mini': { input: 0.00015, output: 0.0006 },
  'claude-opus-5': { input: 0.00015, output: 0.0006 },
  'whisper-1': { second: 0.0001 },
  'dall-e-3': { image: 0.04 },
  'tts-1': { character: 0.000015 },
  'gpt-image-1': { input: 0.005, output: 0.04 },
  'gpt-4o-mini-tts': { input: 0.0006, output: 0.012 },
  'gpt-4o-mini-transcribe': { input: 0.00125, output: 0.005 },
});

let stand: Stand;

before(async () => {
  stand = await openStand({ settings: { MODEL_PRICING_JSON: PRICES } });
});
after(() => stand[Symbol.asyncDispose]());

const pays = (request: Asking, behave: Behaviour): Promise<Paid> => paysAt(stand, request, behave);

test('speech that is streamed as mere sound goes on as it is, and is charged', async () => {
  const body = { model: 'tts-1', input: 'Hello.', stream: true };
  const sound = { contentType: 'audio/mpeg', body: 'no event, and no end of one' };
  const { text, record } = await pays({ path: '/audio/speech', body }, sound);
  assert.equal(text, sound.body);
  assert.deepEqual([record.outcome, record.charge_nanos], ['completed', 6 * 15_000]);
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

/** A picture of that size, as far as its head tells. */
function png(width: number, height: number): string {
  const head = Buffer.alloc(50_000);
  head.write('\x89PNG', 'latin1');
  head.write('IHDR', 12);
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  return `data:image/png;base64,${head.toString('base64')}`;
}

test('a picture in a prompt is held by its size, its detail and the model, without a size by the largest', async () => {
  const shown = (url: string, detail?: string, model = 'gpt-4o-mini') => {
    const content = [{ type: 'image_url', image_url: { url, detail } }];
    return { model, max_tokens: 10, messages: [{ role: 'user', content }] };
  };
  const path = '/chat/completions';
  const held = async (body: object, at = path) => {
    const { status, record } = await pays({ path: at, body }, {});
    assert.equal(status, 200);
    // Ten tokens of answer, and what frames the message.
    return Math.floor(((record.hold_nanos ?? 0) - 10 * 600) / 150) - 8;
  };
  assert.equal(await held(shown(png(1_024, 1_024))), 25_501);
  assert.equal(await held(shown(png(64, 64))), 8_500);
  assert.equal(await held(shown(png(8_000, 8_000), 'low')), 2_833);
  assert.equal(await held(shown('https://pictures.example/1.png')), 48_169);
  assert.equal(await held(shown(png(1_024, 1_024), undefined, 'claude-opus-5')), 1_369);
  const { model, ...deployed } = shown(png(1_024, 1_024));
  assert.equal(await held(deployed, `/deployments/${model}${path}`), 25_501);
  // Of what a flat guess would have covered, the provider bills twenty times as much.
  const few = await pays({ path, body: shown(png(1_024, 1_024)), has: 1_300 * 150 + 6_000 }, {});
  assert.deepEqual([few.status, few.record.charge_nanos], [402, null]);
});

test('pictures without a size are held at the price of the longest prompt that they may make', async () => {
  const settings = { MODEL_PRICING_JSON: '{}' };
  await using vendor = await openStand({ provider: 'ANTHROPIC', settings });
  const { userId } = vendor.product.rooms.accounts.keys.find(vendor.token) ?? assert.fail();
  await fund(vendor.product.rooms, userId, 10 * DOLLAR, { plan: 'cost' });
  const source = { type: 'url', url: 'https://pictures.example/1.png' };
  const content = Array.from({ length: 130 }, () => ({ type: 'image', source }));
  const messages = [{ role: 'user', content }];
  const body = { model: 'claude-sonnet-4-5', max_tokens: 10, messages };
  const { hold_nanos } = vendor.recordOf(await vendor.ask({ path: '/messages', body }));
  // Beyond 200,000 tokens a million of them costs $6 in place of $3.
  assert.ok((hold_nanos ?? 0) > 130 * 1_568 * 6_000, String(hold_nanos));
});

test('a picture that takes more than a minute allows is served, and counted as what it took', async () => {
  const time = { now: Date.parse('2026-11-30T12:00:30Z') };
  await using own = await openStand({ clock: { ...systemClock, now: () => time.now } });
  const { accounts, limits } = own.product.rooms;
  const { id, userId } = accounts.keys.find(own.token) ?? assert.fail();
  await limits.set('key', id, SEED_DEFAULTS);
  const usage = { prompt_tokens: 25_509, completion_tokens: 5, total_tokens: 25_514 };
  own.upstream.script({ behave: { body: JSON.stringify({ id: 'c1', choices: [], usage }) } });
  const part = { type: 'image_url', image_url: { url: png(1_024, 1_024) } };
  const body = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: [part] }] };
  for (const minute of [1, 2]) {
    assert.equal((await own.ask({ body })).status, 200);
    const { used } = limits.standing(id, userId);
    const { tokens_per_minute, tokens_per_hour } = used;
    assert.deepEqual([tokens_per_minute, tokens_per_hour], [25_514, minute * 25_514]);
    const { status, headers } = await own.ask({ body });
    assert.deepEqual([status, headers['retry-after']], [429, '30']);
    time.now += 60_000;
  }
});

test('every picture is held that comes along to be worked on', async () => {
  const path = '/images/edits';
  const edit = (pictures: number, name = 'image[]') => {
    const filled = form({ model: 'gpt-image-1', prompt: 'x' });
    for (let i = 0; i < pictures; i++) filled.append(name, new Blob(['x']));
    return filled;
  };
  const held = async (body: object | FormData) => {
    const { status, record } = await pays({ path, body }, {});
    assert.equal(status, 200);
    return record.hold_nanos ?? 0;
  };
  const each = 6_821 * 5_000;
  const made = await held({ model: 'gpt-image-1', prompt: '' });
  assert.equal(made, 6_240 * 40_000);
  assert.equal(await held(edit(1, 'image')), made + each);
  assert.equal(await held(edit(3)), made + 3 * each);
  const images = [{ file_id: 'file-1' }, { image_url: 'https://pictures.example/1.png' }];
  assert.equal(await held({ model: 'gpt-image-1', prompt: '', images }), made + 2 * each);
});
