/** T18: the process is asked to end with streams open. They end within the grace, and none is off the record. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { streamedChat } from '../fake-upstream/ask.ts';
import type { RecordRow } from '../harness.ts';
import type { Got } from './caller.ts';
import { CREDIT } from './money.ts';
import { openSpawned } from './spawned.ts';

const STREAMS = 50;
const CREDITS = 10_000_000;

/** Fifty streams under way, then SIGTERM. */
async function endWithStreamsOpen(t: TestContext, graceMs: number, chunkDelayMs: number) {
  const settings = { SHUTDOWN_TIMEOUT_MS: String(graceMs) };
  const { gateway, upstream, ask, breaches } = await openSpawned(t, CREDITS, settings);
  const body = streamedChat(`promptTokens=8 tokens=20 chunkDelayMs=${chunkDelayMs}`);
  const asking = Array.from({ length: STREAMS }, () => ask(body));
  await upstream.whenSeen(STREAMS);
  gateway.child.kill('SIGTERM');
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
    const { code, answers, late, records, intents } = await endWithStreamsOpen(t, 60_000, 10);
    assert.equal(code, 0);
    for (const { whole, text } of answers) assert.ok(whole && text.includes('data: [DONE]'), text);
    for (const { outcome, charge_nanos } of recordsOf(answers, records)) {
      assert.deepEqual([outcome, charge_nanos], ['completed', 28 * CREDIT]);
    }
    assert.equal(late.status, 0, 'nobody listens any more');
    assert.deepEqual([records.length, intents], [STREAMS, []]);
  });

  test('breaks off what outlasts the grace, tells the caller so, and charges what was served', async (t) => {
    const { code, answers, records, intents } = await endWithStreamsOpen(t, 300, 60_000);
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
