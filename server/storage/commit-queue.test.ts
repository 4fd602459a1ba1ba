import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { HandClock } from '../clock-for-tests.ts';
import { type Batch, CommitQueue, pack, unpack, type Write } from './commit-queue.ts';

/** Longer than the queue ever waits before it tries again. */
const LONG_MS = 10_000;
const WRITTEN = { refused: [], fault: null };
const FULL = { refused: [], fault: 'database or disk is full' };
const PROBE: Write = { sql: 'probe', parameters: ['probe'] };

const write = (name: string): Write => ({ sql: 'insert', parameters: [name] });

function queueByHand() {
  const clock = new HandClock();
  const batches: Batch[] = [];
  const states: string[] = [];
  const queue = new CommitQueue({
    send: (batch) => batches.push(batch),
    clock,
    probe: PROBE,
    notes: {
      firstBundle: 7,
      insert: (bundle, text) => ({ sql: 'note', parameters: [`bundle ${bundle}: ${text}`] }),
      remove: (bundle) => ({ sql: 'forget', parameters: [`bundle ${bundle} goes`] }),
    },
    onState: (state) => states.push(state),
  });
  /** First parameters of each statement that was sent with a batch, commit by commit. */
  const sent = (batch: number) =>
    batches[batch]?.commits.map((commit) => commit.map(([, , parameters]) => parameters[0]));
  return { queue, clock, batches, states, sent };
}

/** Keeps what becomes of a promise without waiting for it. */
function outcomeOf(promise: Promise<void>): { is: string } {
  const outcome = { is: 'open' };
  promise.then(
    () => {
      outcome.is = 'durable';
    },
    (reason: { code: string }) => {
      outcome.is = reason.code;
    },
  );
  return outcome;
}

describe('a parcel', () => {
  const batchOf = (...values: (string | number | null | bigint | Uint8Array)[]): Batch => ({
    declare: [[3, 'insert']],
    commits: [[[3, -1, values]], [[3, 1, ['beside']]]],
    erases: false,
  });

  test('is text, and unpacked it is the batch that was packed', () => {
    const batch = batchOf(null, 0, -1.5, Number.MAX_SAFE_INTEGER, '', 'zażółć "\u2028\0');
    const parcel = pack(batch);
    assert.equal(typeof parcel, 'string');
    assert.deepEqual(unpack(parcel), batch);
  });

  test('carries what has no JSON as it is', () => {
    for (const batch of [batchOf(1n), batchOf(Uint8Array.of(1, 2))]) {
      assert.equal(unpack(pack(batch)), batch);
    }
  });
});

describe('grouping', () => {
  test('the commits of one moment leave as one batch, in order', async () => {
    const { queue, batches, sent } = queueByHand();
    const first = outcomeOf(queue.commit([write('a'), write('b')]));
    const second = outcomeOf(queue.commit([write('c')]));
    await turn();
    assert.equal(batches.length, 1);
    assert.deepEqual(sent(0), [['a', 'b'], ['c']]);
    assert.deepEqual([first.is, second.is], ['open', 'open']);
    queue.onResult(WRITTEN);
    await turn();
    assert.deepEqual([first.is, second.is], ['durable', 'durable']);
  });

  test('what is asked for while a batch is under way forms the next one', async () => {
    const { queue, batches, sent } = queueByHand();
    outcomeOf(queue.commit([write('a')]));
    await turn();
    const late = outcomeOf(queue.commit([write('b')]));
    outcomeOf(queue.commit([write('c')]));
    await turn();
    assert.equal(batches.length, 1);
    queue.onResult(WRITTEN);
    await turn();
    assert.equal(late.is, 'open');
    assert.deepEqual(sent(1), [['b'], ['c']]);
  });

  test('the text of a statement is declared once', async () => {
    const { queue, batches } = queueByHand();
    outcomeOf(queue.commit([write('a'), write('b')]));
    await turn();
    queue.onResult(WRITTEN);
    outcomeOf(queue.commit([write('c'), { sql: 'delete', parameters: [], rows: 1 }]));
    await turn();
    assert.deepEqual(batches[0]?.declare, [[0, 'insert']]);
    assert.deepEqual(batches[1]?.declare, [[1, 'delete']]);
    assert.deepEqual(batches[1]?.commits[0]?.[1], [1, 1, []]);
  });

  test('under load a batch waits while each turn of the event loop brings company', async () => {
    const { queue, batches, sent } = queueByHand();
    for (const name of ['a', 'b', 'c', 'd']) outcomeOf(queue.commit([write(name)]));
    await turn();
    queue.onResult(WRITTEN);
    for (const name of ['e', 'f', 'g']) {
      outcomeOf(queue.commit([write(name)]));
      await turn();
      assert.equal(batches.length, 1);
    }
    for (let idle = 0; idle < 3; idle++) await turn();
    assert.deepEqual(sent(1), [['e'], ['f'], ['g']]);
  });

  test('however much company comes, a batch waits for no more than its time', async () => {
    const { queue, clock, batches } = queueByHand();
    for (const name of ['a', 'b', 'c', 'd']) outcomeOf(queue.commit([write(name)]));
    await turn();
    queue.onResult(WRITTEN);
    outcomeOf(queue.commit([write('e')]));
    clock.pass(LONG_MS);
    for (const name of ['f', 'g', 'h']) {
      outcomeOf(queue.commit([write(name)]));
      await turn();
    }
    assert.equal(batches.length, 2);
  });

  test('a commit that broke a rule fails alone', async () => {
    const { queue } = queueByHand();
    const outcomes = ['a', 'b', 'c'].map((name) => outcomeOf(queue.commit([write(name)])));
    await turn();
    queue.onResult({ refused: [[1, 'UNIQUE constraint failed']], fault: null });
    await turn();
    assert.deepEqual(
      outcomes.map(({ is }) => is),
      ['durable', 'conflict', 'durable'],
    );
    assert.equal(queue.state, 'ok');
  });

  test('a value that cannot be stored rejects its commit and harms no other', async () => {
    const { queue, sent } = queueByHand();
    const bad = queue.commit([{ sql: 'insert', parameters: [{ a: 1 }] }]);
    outcomeOf(queue.commit([write('a')]));
    await assert.rejects(bad, TypeError);
    await turn();
    assert.deepEqual(sent(0), [['a']]);
  });
});

describe('a note', () => {
  test('that is closed before it left for the disk is never written', async () => {
    const { queue, sent } = queueByHand();
    queue.note('r1', () => ({ is: 'text' }));
    const closed = outcomeOf(queue.commit([write('record')], { closes: 'r1' }));
    await turn();
    assert.deepEqual(sent(0), [['record']]);
    queue.onResult(WRITTEN);
    await turn();
    assert.equal(closed.is, 'durable');
  });

  test('leaves with the others of its moment as one bundle, though nobody commits anything', async () => {
    const { queue, sent } = queueByHand();
    queue.note('r1', () => ({ is: 'one' }));
    queue.note('r2', () => ({ is: 'two' }));
    await turn();
    assert.deepEqual(sent(0), [['bundle 7: [["r1",{"is":"one"}],["r2",{"is":"two"}]]']]);
  });

  test('stays until all of its bundle are closed', async () => {
    const { queue, batches, sent } = queueByHand();
    queue.note('r1', () => ({ is: 'one' }));
    queue.note('r2', () => ({ is: 'two' }));
    await turn();
    queue.onResult(WRITTEN);
    outcomeOf(queue.commit([write('first')], { closes: 'r1' }));
    await turn();
    queue.onResult(WRITTEN);
    outcomeOf(queue.commit([write('second')], { closes: 'r2' }));
    await turn();
    queue.onResult(WRITTEN);
    assert.deepEqual(sent(1), [['first']]);
    assert.deepEqual(sent(2), [['second'], ['bundle 7 goes']]);
    await turn();
    assert.equal(batches.length, 3);
  });

  test('that is closed while it is under way is removed with the record that closed it', async () => {
    const { queue, sent } = queueByHand();
    queue.note('r1', () => ({ is: 'one' }));
    await turn();
    outcomeOf(queue.commit([write('record')], { closes: 'r1' }));
    queue.onResult(WRITTEN);
    await turn();
    assert.deepEqual(sent(1), [['record'], ['bundle 7 goes']]);
  });

  test('that is closed twice, or was never made, harms no other', async () => {
    const { queue, sent } = queueByHand();
    queue.note('r1', () => ({ is: 'one' }));
    queue.note('r2', () => ({ is: 'two' }));
    await turn();
    queue.onResult(WRITTEN);
    for (const closes of ['r1', 'r1', 'unknown']) {
      outcomeOf(queue.commit([write(closes)], { closes }));
    }
    await turn();
    assert.deepEqual(sent(1), [['r1'], ['r1'], ['unknown']]);
  });

  test('stays open if the commit that was to close it cannot be stored', async () => {
    const { queue, sent } = queueByHand();
    queue.note('r1', () => ({ is: 'one' }));
    const bad: Write = { sql: 'insert', parameters: [undefined] };
    await assert.rejects(queue.commit([bad], { closes: 'r1' }), TypeError);
    await turn();
    assert.deepEqual(sent(0), [['bundle 7: [["r1",{"is":"one"}]]']]);
  });

  test('is written again after a fault, before what removes it', async () => {
    const { queue, clock, sent } = queueByHand();
    queue.note('r1', () => ({ is: 'one' }));
    await turn();
    outcomeOf(queue.commit([write('record')], { keep: true, closes: 'r1' }));
    queue.onResult(FULL);
    clock.pass(LONG_MS);
    const bundle = 'bundle 7: [["r1",{"is":"one"}]]';
    assert.deepEqual(sent(1), [[bundle], ['record'], ['bundle 7 goes'], ['probe']]);
    queue.onResult(FULL);
    clock.pass(LONG_MS);
    assert.deepEqual(sent(2), [[bundle], ['record'], ['bundle 7 goes'], ['probe']]);
  });
});

describe('a fault of the machine', () => {
  test('rejects everything that waits, at once', async () => {
    const { queue, states } = queueByHand();
    const flying = outcomeOf(queue.commit([write('a')]));
    await turn();
    const waiting = outcomeOf(queue.commit([write('b')], { keep: true }));
    queue.onResult(FULL);
    await turn();
    assert.deepEqual([flying.is, waiting.is], ['storage_unavailable', 'storage_unavailable']);
    assert.equal(queue.state, 'failing');
    assert.deepEqual(states, ['failing']);
  });

  test('leaves kept commits queued, which are written once when the machine allows', async () => {
    const { queue, clock, batches, sent, states } = queueByHand();
    outcomeOf(queue.commit([write('kept')], { keep: true }));
    outcomeOf(queue.commit([write('forgotten')]));
    await turn();
    queue.onResult(FULL);
    clock.pass(LONG_MS);
    assert.deepEqual(sent(1), [['kept'], ['probe']]);
    queue.onResult(FULL);
    clock.pass(LONG_MS);
    assert.deepEqual(sent(2), [['kept'], ['probe']]);
    queue.onResult(WRITTEN);
    assert.equal(queue.state, 'ok');
    assert.deepEqual(states, ['failing', 'ok']);
    outcomeOf(queue.commit([write('next')]));
    await turn();
    assert.deepEqual(sent(3), [['next']]);
    assert.equal(batches.length, 4);
  });

  test('keeps a bounded number of what is kept at best, and all of what must be', async () => {
    const { queue, clock, sent } = queueByHand();
    for (let n = 0; n < 10_001; n++)
      outcomeOf(queue.commit([write('refusal')], { keep: 'at best' }));
    outcomeOf(queue.commit([write('record')], { keep: true }));
    await turn();
    queue.onResult(FULL);
    clock.pass(LONG_MS);
    const again = sent(1) ?? [];
    assert.equal(sent(0)?.length, 10_002);
    assert.equal(again.filter(([text]) => text === 'refusal').length, 10_000);
    assert.deepEqual(again.slice(-2), [['record'], ['probe']]);
  });

  test('ends by itself: a probe is tried although nobody wants to write', async () => {
    const { queue, clock, batches } = queueByHand();
    outcomeOf(queue.commit([write('a')]));
    await turn();
    queue.onResult(FULL);
    clock.pass(LONG_MS);
    const [probe] = batches[1]?.declare ?? [];
    assert.equal(probe?.[1], PROBE.sql);
    assert.equal(batches[1]?.commits.length, 1);
    queue.onResult(WRITTEN);
    assert.equal(queue.state, 'ok');
  });

  test('lets a later commit be rejected with the next attempt, not wait for ever', async () => {
    const { queue, clock } = queueByHand();
    outcomeOf(queue.commit([write('a')]));
    await turn();
    queue.onResult(FULL);
    const late = outcomeOf(queue.commit([write('b')]));
    clock.pass(LONG_MS);
    queue.onResult(FULL);
    await turn();
    assert.equal(late.is, 'storage_unavailable');
  });

  test('makes the attempts rarer, but never rarer than every two seconds', async () => {
    const { queue, clock, batches } = queueByHand();
    outcomeOf(queue.commit([write('a')], { keep: true }));
    await turn();
    queue.onResult(FULL);
    for (let attempt = 2; attempt <= 12; attempt++) {
      clock.pass(2_000);
      assert.equal(batches.length, attempt);
      queue.onResult(FULL);
    }
    clock.pass(1_999);
    assert.equal(batches.length, 12);
  });
});

describe('idle', () => {
  test('resolves when the last batch is on disk', async () => {
    const { queue } = queueByHand();
    outcomeOf(queue.commit([write('a')]));
    const idle = outcomeOf(queue.idle());
    await turn();
    assert.equal(idle.is, 'open');
    queue.onResult(WRITTEN);
    await turn();
    assert.equal(idle.is, 'durable');
  });

  test('resolves at once while the machine refuses writes', async () => {
    const { queue } = queueByHand();
    outcomeOf(queue.commit([write('a')], { keep: true }));
    await turn();
    queue.onResult(FULL);
    await queue.idle();
  });
});
