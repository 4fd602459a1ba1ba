/** T18: the process is asked to end with streams open. They end within the grace, and none is off the record. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { streamedChat } from '../fake-upstream/ask.ts';
import type { RecordRow } from '../harness.ts';
import type { Got } from './caller.ts';
import { CREDIT } from './money.ts';
import { openSpawned } from './spawned.ts';

const STREAMS = 50;
const CREDITS = 10_000_000;

interface Ending {
  readonly graceMs: number;
  readonly chunkDelayMs: number;
  readonly signals?: readonly NodeJS.Signals[];
}

/** Fifty streams under way, then the signals. */
async function endWithStreamsOpen(
  t: TestContext,
  { graceMs, chunkDelayMs, signals = ['SIGTERM'] }: Ending,
) {
  const settings = { SHUTDOWN_TIMEOUT_MS: String(graceMs) };
  const { gateway, upstream, ask, breaches } = await openSpawned(t, CREDITS, settings);
  const body = streamedChat(`promptTokens=8 tokens=20 chunkDelayMs=${chunkDelayMs}`);
  const asking = Array.from({ length: STREAMS }, () => ask(body));
  await upstream.whenSeen(STREAMS);
  for (const signal of signals) gateway.child.kill(signal);
  const [code] = (await once(gateway.child, 'exit')) as [number | null];
  const answers = await Promise.all(asking);
  const late = await ask(body);
  assert.deepEqual(await breaches(), []);
  return { code, answers, late, records: gateway.records(), intents: gateway.intents() };
}

function recordsOf(answers: readonly Got[], records: readonly RecordRow[]): RecordRow[] {
  const byId = new Map(records.map((record) => [record.id, record]));
  return answers.map(({ requestId }) => {
    const record = byId.get(requestId ?? '');
    assert.ok(record !== undefined, `${requestId} is not on record`);
    return record;
  });
}

describe('T18 the end of the process', () => {
  test('waits for the streams under way, and each ends as if nothing had happened', async (t) => {
    const ending = { graceMs: 60_000, chunkDelayMs: 10 };
    const { code, answers, late, records, intents } = await endWithStreamsOpen(t, ending);
    assert.equal(code, 0);
    for (const { whole, text } of answers) assert.ok(whole && text.includes('data: [DONE]'), text);
    for (const { outcome, charge_nanos } of recordsOf(answers, records)) {
      assert.deepEqual([outcome, charge_nanos], ['completed', 28 * CREDIT]);
    }
    assert.equal(late.status, 0, 'nobody listens any more');
    assert.deepEqual([records.length, intents], [STREAMS, []]);
  });

  // Ctrl-C reaches the server and npm, which hands it on: one wish, heard twice. Two kinds, because one kind could become one.
  test('waits for them also where npm hands the signal on that the server got as well', async (t) => {
    const ending = { graceMs: 60_000, chunkDelayMs: 10, signals: ['SIGINT', 'SIGTERM'] } as const;
    const { code, answers } = await endWithStreamsOpen(t, ending);
    assert.equal(code, 0);
    for (const { whole, text } of answers) assert.ok(whole && text.includes('data: [DONE]'), text);
  });

  test('comes at once for whoever keeps asking', async (t) => {
    const { gateway, upstream, ask } = await openSpawned(t, CREDITS);
    const asking = ask(streamedChat('promptTokens=8 tokens=20 chunkDelayMs=60000'));
    await upstream.whenSeen(1);
    while (gateway.child.exitCode === null) {
      gateway.child.kill('SIGINT');
      await setImmediate();
    }
    assert.equal(gateway.child.exitCode, 1);
    assert.equal((await asking).whole, false);
  });

  test('breaks off what outlasts the grace, tells the caller so, and charges what was served', async (t) => {
    const ending = { graceMs: 300, chunkDelayMs: 60_000 };
    const { code, answers, records, intents } = await endWithStreamsOpen(t, ending);
    assert.equal(code, 0);
    for (const { text, whole } of answers) {
      assert.ok(!text.includes('data: [DONE]'), text);
      assert.ok(!whole || text.includes('"error"'), text);
    }
    for (const { charge_nanos, hold_nanos } of records) {
      assert.ok((charge_nanos ?? -1) <= (hold_nanos ?? 0));
    }
    assert.deepEqual([records.length, intents], [STREAMS, []]);
  });
});
