/** T60: bodies of every kind. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { type Asked, chat } from '../fake-upstream/ask.ts';
import { LONG, openStand, type Stand, seedOf } from './stand.ts';

const CASES = LONG ? 100_000 : 1_000;
const BATCH = 25;
const PATHS = [
  '/chat/completions',
  '/completions',
  '/messages',
  '/responses',
  '/embeddings',
  '/images/generations',
  '/audio/speech',
  '/moderations',
  '/rerank',
];
const DECISIVE = [
  'model',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'background',
  'n',
];
const REAL = [
  JSON.stringify(
    chat('', {
      stream: true,
      stream_options: { include_usage: false },
      tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
    }),
  ),
  JSON.stringify({
    model: 'claude-sonnet-4-5',
    max_tokens: 9,
    system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }],
    messages: [{ role: 'user', content: [{ type: 'image', source: { data: 'AAAA' } }] }],
  }),
  JSON.stringify({
    model: 'gpt-4o-mini',
    input: [{ role: 'user', content: [{ type: 'input_text', text: 'é👋' }] }],
    stream: true,
  }),
  JSON.stringify({ model: 'text-embedding-3-small', input: [[1, 2, 3], [4]] }),
];

/** Bodies that look like real ones but have any value anywhere. */
const shaped = fc
  .dictionary(
    fc.constantFrom(
      ...DECISIVE,
      'messages',
      'input',
      'prompt',
      'system',
      'tools',
      'instructions',
      'documents',
      '__proto__',
      'constructor',
    ),
    fc.jsonValue({ maxDepth: 4 }),
  )
  .map((body) => JSON.stringify(body));

const mutated = fc
  .tuple(
    fc.constantFrom(...REAL),
    fc.nat(),
    fc.nat(60),
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.constantFrom('{', '[', '"', '\\', '\\ud800', '\0', ',"model":1', '\ufeff'),
    ),
  )
  .map(([body, at, length, insert]) => {
    const start = at % body.length;
    return body.slice(0, start) + insert + body.slice(start + length);
  });

const anyBody = fc.oneof(fc.json({ maxDepth: 6 }), shaped, mutated, fc.string({ unit: 'binary' }));

describe('T60 JSON fuzz', { timeout: LONG ? 3_600_000 : 60_000 }, () => {
  let stand: Stand;
  before(async () => {
    stand = await openStand({ upstream: { keepRequests: false } });
    stand.upstream.script({
      behave: { body: '{"id":"x","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}' },
    });
  });
  after(() => stand[Symbol.asyncDispose]());

  test('T60 no body makes us answer 5xx or fall over (seed printed)', async () => {
    const seed = seedOf('T60');
    const all = fc.sample(fc.tuple(fc.constantFrom(...PATHS), anyBody), { numRuns: CASES, seed });
    let served = 0;
    for (let at = 0; at < all.length; at += BATCH) {
      const batch = all.slice(at, at + BATCH);
      const answers = await Promise.all(
        batch.map(([path, body]) => stand.ask({ path, body: Buffer.from(body) })),
      );
      answers.forEach((answer, index) => {
        assert.ok(
          answer.status === 200 || answer.status === 400,
          `${answer.status} ${answer.text} for ${batch[index]}`,
        );
        if (answer.status === 200) served++;
      });
    }
    assert.ok(served > CASES / 10, `${served} were served`);
    const records = await stand.settled(CASES);
    assert.equal(records.length, CASES);
  });

  test('T60 a decisive member that stands there twice is refused, however it is written', async () => {
    const refusals: Promise<Asked>[] = [];
    for (const name of DECISIVE) {
      const first = name.charCodeAt(0).toString(16).padStart(4, '0');
      for (const again of [name, `\\u${first}${name.slice(1)}`]) {
        for (const body of [
          `{"${name}":1,"x":{"y":[]},"${again}":2}`,
          ` { "${again}" : "a\\"b" , "${name}":{} } `,
          `{"${name}":null,"${again}":null}`,
        ]) {
          refusals.push(stand.ask({ body }));
        }
      }
    }
    for (const answer of await Promise.all(refusals)) {
      assert.equal(answer.status, 400);
      assert.match(JSON.parse(answer.text).error.message, /twice/);
    }
  });

  test('T60 a body of JSON under the type of a form is read as JSON all the same', async () => {
    for (const type of [
      'multipart/form-data; boundary=x',
      'Multipart/Form-Data',
      'text/plain',
      'application/x-www-form-urlencoded',
    ]) {
      const headers = { 'content-type': type };
      const twice = await stand.ask({ headers, body: '{"model":"a","model":"b"}' });
      assert.equal(twice.status, 400, type);
      const once = await stand.ask({ headers, body: '{"model":"gpt-4o-mini","messages":[]}' });
      assert.deepEqual([once.status, stand.recordOf(once).model], [200, 'gpt-4o-mini'], type);
    }
  });
});
