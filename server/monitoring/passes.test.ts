import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { HandClock } from '../clock-for-tests.ts';
import { createLanes } from './lanes.ts';
import { createPasses } from './passes.ts';
import type { KeyRow } from './timetable.ts';

test('a host that has finished all its keys while it was left out of a claim gets the rest of its keys', {
  timeout: 20_000,
}, async () => {
  const clock = new HandClock('2026-11-20T00:00:00Z');
  const lanes = createLanes(clock, { perSecond: 1_000, concurrent: 1 });
  const due = Array.from(
    { length: 50 },
    (_, index) => ({ provider_key_id: `pk_${index}`, lane: 'host' }) as KeyRow,
  );
  let gate = Promise.withResolvers<void>();
  const claim = async (limit: number, closed: readonly string[]): Promise<readonly KeyRow[]> => {
    if (!closed.includes('host')) return due.splice(0, limit);
    gate.resolve();
    await turnOfLoop();
    gate = Promise.withResolvers();
    return [];
  };
  const refuse = (): never => assert.fail('not a part of a pass');
  const passes = createPasses({
    ...{ clock, lanes, log: { warn: refuse }, align: async () => undefined },
    timetable: { claim, align: refuse, enter: refuse, hurry: refuse, settle: refuse, rows: refuse },
    // The last ones are not waited for: no claim would open their gate.
    work: {
      turn: async () => (due.length === 0 ? undefined : gate.promise),
      check: refuse,
      sync: refuse,
      probe: refuse,
    },
  });
  const { done, broken } = await passes.run();
  assert.deepEqual({ done, broken, left: due.length }, { done: 50, broken: 0, left: 0 });
});

test('whoever asks while a pass finds nothing more to do is heard by it still', async () => {
  const clock = new HandClock('2026-11-20T00:00:00Z');
  const lanes = createLanes(clock, { perSecond: 1_000, concurrent: 1 });
  const refuse = (): never => assert.fail('not a part of a pass');
  const due: KeyRow[] = [];
  let asked: Promise<unknown> | null = null;
  const claim = async (limit: number): Promise<readonly KeyRow[]> => {
    const claimed = due.splice(0, limit);
    if (asked !== null) return claimed;
    due.push({ provider_key_id: 'pk_1', lane: 'host' } as KeyRow);
    asked = passes.run();
    return claimed;
  };
  const passes = createPasses({
    ...{ clock, lanes, log: { warn: refuse }, align: async () => undefined },
    timetable: { claim, align: refuse, enter: refuse, hurry: refuse, settle: refuse, rows: refuse },
    work: { turn: async () => undefined, check: refuse, sync: refuse, probe: refuse },
  });
  const { done } = await passes.run();
  assert.deepEqual({ done, left: due.length }, { done: 1, left: 0 });
});
