/** T26 and T27: providers that break off. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { chat, eventsOf, streamedChat } from '../fake-upstream/ask.ts';
import { openStand, type Stand } from './stand.ts';

describe('T26 reset', { timeout: 180_000 }, () => {
  let stand: Stand;
  before(async () => {
    stand = await openStand();
  });
  after(() => stand[Symbol.asyncDispose]());

  for (const stream of [false, true]) {
    test(`T26 a reset before the headers (${stream ? 'stream' : 'plain'}) is 503 upstream_reset, tried once, billed nothing`, async () => {
      const seen = stand.upstream.requests().length;
      const answer = await stand.ask({ body: chat('fault=reset-before-headers', { stream }) });
      assert.equal(answer.status, 503);
      assert.equal(JSON.parse(answer.text).error.code, 'upstream_reset');
      assert.equal(stand.upstream.requests().length - seen, 1);
      const record = stand.recordOf(answer);
      assert.deepEqual([record.outcome, record.cost_nanos, record.attempts], ['failed', 0, 1]);
    });
  }

  test('T26 a plain answer that is reset after any number of bytes is 503, tried once, one record', async () => {
    for (const cut of ['reset', 'close'] as const) {
      for (let at = 1; at < 400; at += 23) {
        const seen = stand.upstream.requests().length;
        const answer = await stand.ask({ body: chat(`tokens=9 cut=${cut} cutAt=${at}`) });
        assert.equal(answer.status, 503, `${cut} at ${at}`);
        assert.equal(JSON.parse(answer.text).error.code, 'upstream_reset');
        assert.equal(stand.upstream.requests().length - seen, 1);
        assert.equal(stand.recordOf(answer).outcome, 'failed');
      }
    }
  });

  test('T26 a stream that is reset after any number of bytes ends in an error, never looks whole, one record', async () => {
    const whole = await stand.ask({ body: streamedChat('tokens=6') });
    const end = whole.bytes.indexOf('data: [DONE]');
    for (const cut of ['reset', 'close'] as const) {
      for (let at = 0; at < end; at += 41) {
        const seen = stand.upstream.requests().length;
        const answer = await stand.ask({ body: streamedChat(`tokens=6 cut=${cut} cutAt=${at}`) });
        const error =
          answer.status === 200
            ? eventsOf(answer.text).at(-1)?.json.error
            : JSON.parse(answer.text).error;
        assert.equal(error?.code, 'upstream_reset', `${cut} at ${at}: ${answer.text}`);
        assert.ok(!answer.text.includes('[DONE]'));
        assert.equal(answer.broke, undefined);
        assert.equal(stand.upstream.requests().length - seen, 1);
        const record = stand.recordOf(answer);
        assert.equal(record.outcome, 'failed');
        const shown = eventsOf(answer.text).filter(
          ({ json }) => json?.choices?.[0]?.delta?.content,
        );
        if (record.provenance === 'partial') assert.equal(record.output_tokens, shown.length);
        if (shown.length > 0) assert.ok((record.cost_nanos ?? 0) > 0);
      }
    }
  });
});

describe('T27 truncated streams', { timeout: 180_000 }, () => {
  let stand: Stand;
  let client: OpenAI;
  before(async () => {
    stand = await openStand();
    client = new OpenAI({ baseURL: `${stand.product.url}/v1`, apiKey: stand.token, maxRetries: 0 });
  });
  after(() => stand[Symbol.asyncDispose]());

  for (const how of ['cut=end', 'cut=end cutAt=mid-utf8', 'cut=end cutAt=1500', 'tail=no-finish']) {
    test(`T27 a stream that ends properly but too early (${how}) throws in the official client and is billed once`, async () => {
      const recorded = stand.product.records().length;
      const seen = stand.upstream.requests().length;
      const content = `Say hello. [[tokens=8 ${how}]]`;
      const stream = await client.chat.completions.create({
        model: 'gpt-4o-mini',
        messages: [{ role: 'user', content }],
        stream: true,
      });
      let pieces = 0;
      await assert.rejects(async () => {
        for await (const chunk of stream) if (chunk.choices[0]?.delta.content) pieces++;
      }, /broke the connection/);
      const records = stand.product.records().slice(recorded);
      assert.equal(records.length, 1);
      assert.equal(stand.upstream.requests().length - seen, 1);
      assert.equal(records[0]?.provenance, 'partial');
      assert.equal(records[0]?.failure, 'upstream_reset');
      if (pieces > 0) assert.ok((records[0]?.output_tokens ?? 0) >= 1);
      assert.ok((records[0]?.cost_nanos ?? 0) > 0);
    });
  }

  test('T27 a messages stream without its end tells the caller by an error event', async () => {
    const body = { ...streamedChat('tokens=8 cut=end'), max_tokens: 100 };
    const answer = await stand.ask({ path: '/messages', body });
    const last = eventsOf(answer.text).at(-1);
    assert.equal(last?.name, 'error');
    assert.equal(last?.json.type, 'error');
    assert.ok(!answer.text.includes('message_stop'));
    assert.equal(stand.recordOf(answer).provenance, 'partial');
  });

  test('T27 a responses stream without its end tells the caller by an error event', async () => {
    const body = { model: 'gpt-4o-mini', input: 'Hi [[tokens=8 cut=end]]', stream: true };
    const answer = await stand.ask({ path: '/responses', body });
    const last = eventsOf(answer.text).at(-1);
    assert.deepEqual([last?.name, last?.json.type], ['error', 'error']);
    assert.ok(!answer.text.includes('response.completed'));
    assert.equal(stand.recordOf(answer).provenance, 'partial');
  });

  for (const tail of ['no-done', 'no-blank-line']) {
    test(`T27 a stream whose choice has finished is whole with tail=${tail}`, async () => {
      const answer = await stand.ask({ body: streamedChat(`tokens=8 tail=${tail}`) });
      assert.ok(!answer.text.includes('"error"'));
      const record = stand.recordOf(answer);
      assert.deepEqual([record.outcome, record.output_tokens], ['completed', 8]);
    });
  }
});
