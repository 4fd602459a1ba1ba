/** T84: callers who leave at any moment, and what they owe. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { type Asked, chat } from '../fake-upstream/ask.ts';
import type { RecordRow } from '../harness.ts';
import {
  LONG,
  openStand,
  randomNumbers,
  rawHead,
  type Stand,
  type StandOptions,
  seedOf,
  until,
} from './stand.ts';

const TOKENS = 20;
const RUNS = LONG ? 250 : 30;

interface Left {
  readonly answer: Asked;
  readonly record: RecordRow;
}

/** Streams that are left at the named places and at random bytes. */
async function leaveStreams(stand: Stand, seed: number): Promise<Left[]> {
  const random = randomNumbers(seed);
  const body = chat(`tokens=${TOKENS} chunkDelayMs=1`, { stream: true });
  const whole = (await stand.ask({ body })).bytes;
  const places = [
    1,
    whole.indexOf(' hello'),
    whole.length >> 1,
    whole.lastIndexOf('data: {'),
    whole.length,
  ];
  while (places.length < RUNS) places.push(1 + Math.floor(random() * whole.length));
  const answers: Asked[] = [];
  for (let at = 0; at < places.length; at += 10) {
    const batch = places.slice(at, at + 10);
    answers.push(
      ...(await Promise.all(batch.map((leaveAfter) => stand.ask({ body, leaveAfter })))),
    );
  }
  await stand.settled(places.length + 1);
  return answers.map((answer) => ({ answer, record: stand.recordOf(answer) }));
}

function received(answer: Asked): number {
  return answer.text.split('"content":" hello"').length - 1;
}

describe('T84 abort', { timeout: 180_000 }, () => {
  const stops: StandOptions = { provider: 'OPENAI' };
  const goesOn: StandOptions = { provider: 'GROQ', upstream: { billingAfterAbort: 'goes on' } };

  test('T84 where billing stops with the caller, the provider is hung up on and what was served is charged (seed printed)', async () => {
    await using stand = await openStand(stops);
    const left = await leaveStreams(stand, seedOf('T84 stops'));
    let partial = 0;
    for (const { answer, record } of left) {
      const bill = stand.upstream.bill.row(record.upstream_id ?? '');
      assert.ok(bill !== undefined);
      if (record.provenance === 'reported') {
        assert.equal(record.cost_nanos, bill.costNanos);
        continue;
      }
      partial++;
      assert.deepEqual([record.outcome, record.provenance], ['aborted', 'partial']);
      const output = record.output_tokens ?? -1;
      assert.ok(received(answer) <= output, `received ${received(answer)}, recorded ${output}`);
      assert.ok(output <= bill.sentTokens, `recorded ${output}, sent ${bill.sentTokens}`);
      assert.ok((record.cost_nanos ?? 0) > 0);
    }
    assert.ok(partial > RUNS / 3, `${partial} of ${RUNS} were cut`);
  });

  test('T84 who leaves with the last word of an answer pays for what was thought unseen, whoever the provider is', async () => {
    await using stand = await openStand(stops);
    const words = `tokens=${TOKENS} reasoningTokens=${TOKENS - 5} chunkDelayMs=50`;
    const body = chat(words, { stream: true });
    const { bytes } = await stand.ask({ body });
    const leaveAfter = bytes.indexOf('\n\n', bytes.indexOf('"finish_reason":"')) + 2;
    const answer = await stand.ask({ body, leaveAfter });
    await stand.settled(2);
    const record = stand.recordOf(answer);
    assert.deepEqual([record.provenance, record.output_tokens], ['reported', TOKENS]);
    const bill = stand.upstream.bill.row(record.upstream_id ?? '');
    assert.equal(record.cost_nanos, bill?.costNanos);
  });

  test('T84 where billing goes on, the answer is read to its end and equals the bill (seed printed)', async () => {
    await using stand = await openStand(goesOn);
    const left = await leaveStreams(stand, seedOf('T84 goes on'));
    for (const { record } of left) {
      const bill = stand.upstream.bill.row(record.upstream_id ?? '');
      assert.equal(bill?.outcome, 'complete');
      assert.equal(record.provenance, 'reported');
      assert.equal(record.output_tokens, TOKENS);
      assert.equal(record.cost_nanos, bill?.costNanos);
    }
    assert.ok(left.filter(({ record }) => record.outcome === 'aborted').length > RUNS / 3);
  });

  test('T84 a plain answer whose caller left is read to its end and equals the bill, whoever the provider is', async () => {
    for (const options of [stops, goesOn]) {
      await using stand = await openStand(options);
      await leaveWhenSeen(stand, chat('tokens=5 delayMs=300'));
      const [record] = await stand.settled(1);
      const [bill] = stand.upstream.bill.rows();
      assert.deepEqual([record?.outcome, record?.provenance], ['aborted', 'reported']);
      assert.equal(record?.cost_nanos, bill?.costNanos);
    }
  });

  test('T84 a stream whose caller left before its first byte is on record', async () => {
    for (const options of [stops, goesOn]) {
      await using stand = await openStand(options);
      await leaveWhenSeen(stand, chat('tokens=5 delayMs=300', { stream: true }));
      const records = await stand.settled(1);
      assert.equal(records.length, 1);
      assert.equal(records[0]?.outcome, 'aborted');
    }
  });

  test('T84 a drain that lasts too long is broken off, and what was served is on record', async () => {
    await using stand = await openStand({ ...goesOn, settings: { DRAIN_TIMEOUT_MS: '30' } });
    const body = chat('tokens=9 stallAfter=4', { stream: true });
    const answer = await stand.ask({ body, leaveAfter: 900 });
    await stand.settled(1);
    const record = stand.recordOf(answer);
    assert.deepEqual(
      [record.outcome, record.provenance, record.output_tokens],
      ['aborted', 'partial', 4],
    );
    assert.ok((record.cost_nanos ?? 0) > 0);
  });

  test('T84 a caller who leaves while the provider is still being chosen is on record, and nothing stays open', async () => {
    await using stand = await openStand({ provider: 'OPENAI' });
    // With two providers the lists of models are read first, and here that takes a while.
    await using second = await openStand({
      provider: 'GROQ',
      settings: { OPENAI_API_KEY: 'sk-second', OPENAI_API_URL: stand.upstream.url },
    });
    stand.upstream.script({ match: ({ route }) => route === 'models', behave: { delayMs: 60 } });
    const leaving = new AbortController();
    const call = post(second, chat('tokens=300 pace=burst', { stream: true }), leaving.signal);
    await stand.upstream.whenSeen(1);
    leaving.abort();
    await assert.rejects(call);
    const [record] = await second.settled(1);
    assert.equal(record?.outcome, 'aborted');
    await stand.upstream.whenIdle();
  });

  test('T84 a caller who leaves while its body is sent on says nothing of the provider', async () => {
    await using stand = await openStand();
    const { hostname, port } = new URL(stand.product.url);
    const caller = connect(Number(port), hostname);
    const head = rawHead('POST /v1/files', stand.token, ['transfer-encoding: chunked']);
    caller.write(`${head}5\r\nhello\r\n`);
    await until(() => stand.upstream.openRequests() === 1);
    caller.destroy();
    const [record] = await stand.settled(1);
    assert.deepEqual([record?.outcome, record?.failure], ['aborted', 'invalid_request']);
    const health = await fetch(`${stand.product.url}/health`);
    assert.equal(((await health.json()) as { status: string }).status, 'healthy');
  });
});

function post(stand: Stand, body: object, signal: AbortSignal): Promise<Response> {
  return fetch(`${stand.product.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stand.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
}

async function leaveWhenSeen(stand: Stand, body: object): Promise<void> {
  const leaving = new AbortController();
  const call = post(stand, body, leaving.signal);
  await stand.upstream.whenSeen(1);
  leaving.abort();
  await assert.rejects(call);
}
