/** T24: what a provider says about usage is never trusted into the books. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { RecordRow } from '../harness.ts';
import { openStand, type Stand } from './stand.ts';

const SHAPES = [
  ['chat', '/chat/completions', {}],
  ['chat stream', '/chat/completions', { stream: true }],
  ['messages', '/messages', { max_tokens: 100 }],
  ['messages stream', '/messages', { max_tokens: 100, stream: true }],
  ['responses', '/responses', {}],
  ['responses stream', '/responses', { stream: true }],
] as const;

describe('T24 odd usage', { timeout: 180_000 }, () => {
  let stand: Stand;
  before(async () => {
    stand = await openStand();
  });
  after(() => stand[Symbol.asyncDispose]());

  async function recordFor(shape: (typeof SHAPES)[number], directive: string): Promise<RecordRow> {
    const [, path, fields] = shape;
    const content = `Say hello. [[${directive}]]`;
    const prompt =
      path === '/responses' ? { input: content } : { messages: [{ role: 'user', content }] };
    const answer = await stand.ask({ path, body: { model: 'gpt-4o-mini', ...prompt, ...fields } });
    assert.equal(answer.status, 200);
    assert.equal(answer.broke, undefined);
    return stand.recordOf(answer);
  }

  for (const shape of SHAPES) {
    for (const usage of ['missing', 'null'] as const) {
      test(`T24 ${shape[0]}: usage that is ${usage} is counted by the tokenizer and marked`, async () => {
        const record = await recordFor(shape, `usage=${usage} tokens=7`);
        assert.equal(record.provenance, 'estimated');
        assert.equal(record.output_tokens, 7);
        assert.ok((record.input_tokens ?? 0) > 0);
        assert.ok((record.cost_nanos ?? 0) > 0);
        assert.equal(record.flawed, 0);
      });
    }

    test(`T24 ${shape[0]}: an explicit zero stays zero and costs nothing`, async () => {
      const record = await recordFor(shape, 'usage=zero tokens=7');
      assert.equal(record.provenance, 'reported');
      assert.equal(record.input_tokens, 0);
      assert.equal(record.output_tokens, 0);
      assert.equal(record.cost_nanos, 0);
      assert.equal(record.flawed, 0);
    });

    for (const usage of ['negative', 'float', 'string', 'huge'] as const) {
      test(`T24 ${shape[0]}: usage that is ${usage} is clamped to a whole count and flagged`, async () => {
        const record = await recordFor(shape, `usage=${usage} tokens=7`);
        assert.equal(record.flawed, 1);
        assert.equal(record.provenance, 'reported');
        const expected = { negative: 0, float: 8, string: 7, huge: 1_000_000_000 }[usage];
        assert.equal(record.output_tokens, expected);
        for (const count of [record.input_tokens, record.output_tokens, record.cost_nanos]) {
          assert.ok(count !== null && Number.isSafeInteger(count) && count >= 0, String(count));
        }
      });
    }
  }

  for (const place of [
    'twice',
    'cumulative',
    'own-chunk-with-choice',
    'with-finish',
    'in-choice',
    'x-groq',
  ]) {
    test(`T24 usage stated as "${place}" is charged once, as the bill says`, async () => {
      const record = await recordFor(SHAPES[1], `usagePlace=${place} tokens=9 cachedTokens=5`);
      const bill = stand.upstream.bill.row(record.upstream_id ?? '');
      assert.equal(record.provenance, 'reported');
      assert.equal(record.input_tokens, bill?.promptTokens);
      assert.equal(record.output_tokens, 9);
      assert.equal(record.flawed, 0);
    });
  }

  for (const cost of ['-5', '"1e308"', '"many"', '"0x10"']) {
    test(`T24 a stated cost of ${cost} is never a credit`, async () => {
      const record = await recordFor(SHAPES[0], `cost=${cost} tokens=7`);
      assert.ok(record.cost_nanos !== null && record.cost_nanos >= 0);
      assert.ok(record.cost_nanos < 1e12);
    });
  }
});
