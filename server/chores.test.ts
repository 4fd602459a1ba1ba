import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChoresRooms, startChores } from './chores.ts';
import { HandClock } from './clock-for-tests.ts';

/** Repeats, as the chores need it. */
class ChoresClock extends HandClock {
  override every(intervalMs?: number, run?: () => void): () => void {
    const [ms, work] = [intervalMs ?? assert.fail(), run ?? assert.fail()];
    let cancel = (): void => undefined;
    const again = (): void => {
      cancel = this.after(ms, () => {
        work();
        again();
      });
    };
    again();
    return () => cancel();
  }
}

/** How often in a minute it was looked whether a key is due. */
async function looksInAMinute(rule: Parameters<typeof startChores>[1]): Promise<number> {
  let looks = 0;
  const clock = new ChoresClock();
  const rooms = {
    accounts: { keys: { noteUses: async () => undefined } },
    ledger: { sweep: () => [], snapshot: async () => undefined },
    monitoring: {
      tick: async () => {
        looks += 1;
      },
      close: async () => undefined,
    },
    log: { warn: () => assert.fail() },
    clock,
  } as unknown as ChoresRooms;
  const chores = startChores(rooms, rule);
  clock.pass(60_000);
  await chores.close();
  return looks;
}

test('it is looked often enough for probes that come close together, and not oftener than is of use', async () => {
  for (const [probeMs, looks] of [
    [300_000, 12],
    [10_000, 12],
    [4_000, 30],
    [1_000, 120],
  ] as const) {
    assert.equal(await looksInAMinute({ watches: true, probeMs }), looks, String(probeMs));
  }
  assert.equal(await looksInAMinute({ watches: false, probeMs: 1_000 }), 0);
});
