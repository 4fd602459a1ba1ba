/** T25: providers that accept a call and then say nothing, or next to nothing. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { chat, eventsOf } from '../fake-upstream/ask.ts';
import { LONG, openStand, rawHead } from './stand.ts';

const IMPATIENT = { FIRST_BYTE_TIMEOUT_MS: '80', IDLE_TIMEOUT_MS: '80', DRAIN_TIMEOUT_MS: '80' };

describe('T25 hang', { timeout: 180_000, concurrency: 8 }, () => {
  for (const stream of [false, true]) {
    const kind = stream ? 'stream' : 'plain';

    test(`T25 ${kind}: a provider that never answers ends as 503 upstream_timeout, on record`, async () => {
      await using stand = await openStand({ settings: IMPATIENT });
      const answer = await stand.ask({ body: chat('fault=never-answers', { stream }) });
      assert.equal(answer.status, 503);
      assert.equal(JSON.parse(answer.text).error.code, 'upstream_timeout');
      assert.equal(answer.headers['x-should-retry'], 'true');
      await stand.upstream.whenIdle();
      const record = stand.recordOf(answer);
      assert.deepEqual([record.outcome, record.failure], ['failed', 'upstream_timeout']);
      assert.equal(record.cost_nanos, 0);
    });

    test(`T25 ${kind}: headers and then silence end as 503 upstream_timeout, on record`, async () => {
      await using stand = await openStand({ settings: IMPATIENT });
      const answer = await stand.ask({ body: chat('fault=headers-then-silence', { stream }) });
      assert.equal(answer.status, 503);
      assert.equal(JSON.parse(answer.text).error.code, 'upstream_timeout');
      await stand.upstream.whenIdle();
      assert.equal(stand.recordOf(answer).failure, 'upstream_timeout');
    });
  }

  test('T25 a byte now and then, slower than the idle limit, ends as upstream_timeout', async () => {
    await using stand = await openStand({ settings: IMPATIENT });
    const answer = await stand.ask({ body: chat('fault=drip chunkDelayMs=3000') });
    assert.equal(answer.status, 503);
    assert.equal(JSON.parse(answer.text).error.code, 'upstream_timeout');
    await stand.upstream.whenIdle();
  });

  test('T25 a byte now and then, for ever, ends where a whole answer is too large', async () => {
    await using stand = await openStand({ settings: { MAX_RESPONSE_BYTES: '50' } });
    const answer = await stand.ask({ body: chat('fault=drip') });
    assert.equal(answer.status, 503);
    assert.equal(JSON.parse(answer.text).error.code, 'upstream_too_large');
    await stand.upstream.whenIdle();
    assert.equal(stand.recordOf(answer).failure, 'upstream_too_large');
  });

  test('T25 a stream that falls silent tells its caller by an error event, and what was served is on record', async () => {
    await using stand = await openStand({ settings: IMPATIENT });
    const answer = await stand.ask({ body: chat('tokens=9 stallAfter=4', { stream: true }) });
    assert.equal(answer.status, 200);
    const last = eventsOf(answer.text).at(-1);
    assert.equal(last?.json.error.code, 'upstream_timeout');
    assert.ok(!answer.text.includes('[DONE]'));
    await stand.upstream.whenIdle();
    const record = stand.recordOf(answer);
    assert.deepEqual([record.provenance, record.output_tokens], ['partial', 4]);
    assert.ok((record.cost_nanos ?? 0) > 0);
  });

  for (const fault of ['drip', 'headers-then-silence', 'never-answers']) {
    test(`T25 a caller who leaves a call that hangs (${fault}) leaves nothing in flight`, async () => {
      await using stand = await openStand({ settings: { DRAIN_TIMEOUT_MS: '50' } });
      const leaving = new AbortController();
      const call = fetch(`${stand.product.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${stand.token}`, 'content-type': 'application/json' },
        body: JSON.stringify(chat(`fault=${fault}`)),
        signal: leaving.signal,
      });
      await stand.upstream.whenSeen(1);
      leaving.abort();
      await assert.rejects(call);
      const [record] = await stand.settled(1);
      assert.equal(record?.outcome, 'aborted');
    });
  }

  test('T85 a caller who reads nothing of its stream for longer than the idle limit is given up', async () => {
    await using stand = await openStand({ settings: IMPATIENT });
    const body = JSON.stringify(chat('fault=endless', { stream: true }));
    const lines = ['content-type: application/json', `content-length: ${body.length}`];
    const { hostname, port } = new URL(stand.product.url);
    const socket = connect(Number(port), hostname).pause();
    socket.on('error', () => undefined);
    socket.write(rawHead('POST /v1/chat/completions', stand.token, lines) + body);
    const [record] = await stand.settled(1);
    assert.equal(record?.outcome, 'aborted');
    socket.destroy();
  });

  test('T25 500 calls that hang leave memory flat, nothing in flight and 500 records', async () => {
    await using stand = await openStand({
      settings: { ...IMPATIENT, FIRST_BYTE_TIMEOUT_MS: '300' },
    });
    const hang = async (count: number): Promise<void> => {
      const body = chat('fault=never-answers', { padding: 'x'.repeat(10_000) });
      const answers = await Promise.all(Array.from({ length: count }, () => stand.ask({ body })));
      for (const answer of answers) assert.equal(answer.status, 503);
    };
    await hang(100);
    const before = process.memoryUsage().rss;
    for (let round = 0; round < (LONG ? 10 : 2); round++) await hang(200);
    const grown = process.memoryUsage().rss - before;
    assert.ok(grown < 128 * 1024 * 1024, `grew by ${grown} bytes`);
    const records = await stand.settled(LONG ? 2_100 : 500);
    assert.ok(records.every(({ failure }) => failure === 'upstream_timeout'));
  });
});
