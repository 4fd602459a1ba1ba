/** T78 T79: the clock jumps, and days end while requests are under way. What was used counts where it was admitted. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { nanos } from '../../contract/money.ts';
import { type Clock, systemClock } from '../../server/clock.ts';
import { NO_LIMITS } from '../../server/limits/limits.ts';
import { chat, streamedChat } from '../fake-upstream/ask.ts';
import { balanceOf, budgetOf, CREDIT, fund } from './money.ts';
import { openStand, type Stand, until } from './stand.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const PLENTY = 1_000_000_000_000;

/** A wall clock that stands where it is set; durations go on as they do. */
function standingClock(at: string): { now: number; clock: Clock } {
  const time = { now: Date.parse(at), clock: systemClock };
  time.clock = { ...systemClock, now: () => time.now };
  return time;
}

function keyOf({ product, token }: Stand) {
  const key = product.rooms.accounts.keys.find(token);
  assert.ok(key !== null);
  return key;
}

/** Amounts on a budget's books, by the period they count in. */
function periodsOf({ product }: Stand, budget: string): (readonly [string, number])[] {
  const database = new DatabaseSync(join(product.dataDir, 'tollkeeper.db'), { readOnly: true });
  const rows = database
    .prepare('select period, amount from ledger_entries where account_id = ? order by id')
    .all(budget);
  database.close();
  return rows.map(({ period, amount }) => [String(period), -Number(amount)] as const);
}

describe('T79 a request that ends on another day', () => {
  test('is charged to the day in which it began, though its budget was lowered and its key deleted', async () => {
    const time = standingClock('2026-12-31T23:59:59.500Z');
    await using stand = await openStand({ clock: time.clock });
    const { rooms } = stand.product;
    const key = keyOf(stand);
    await fund(rooms, key.userId, PLENTY);
    const budget = { ...budgetOf('key', key.id, 1_000 * CREDIT), period: 'day' as const };
    await rooms.ledger.defineBudget(budget);
    await rooms.limits.set('key', key.id, { ...NO_LIMITS, tokens_per_day: 1_000 });
    const body = { ...streamedChat('promptTokens=8 tokens=5 delayMs=400'), max_tokens: 50 };
    const asking = stand.ask({ body });
    await stand.upstream.whenSeen(1);
    time.now += 1_000;
    await rooms.ledger.defineBudget({ ...budget, limit: 0 });
    await rooms.accounts.keys.revoke(key.id);
    const answer = await asking;
    assert.ok(answer.text.includes('[DONE]'), answer.text);
    const record = stand.recordOf(answer);
    assert.deepEqual([record.outcome, record.charge_nanos], ['completed', 13 * CREDIT]);
    assert.deepEqual(periodsOf(stand, budget.id), [['2026-12-31', 13 * CREDIT]]);
    const standing = rooms.ledger.balance(budget.id);
    assert.deepEqual([standing?.spent, standing?.held], [0, 0], 'the new day is untouched');
    assert.equal(rooms.limits.standing(key.id, null).used.tokens_per_day, 0);
  });
});

describe('a request that runs for hours', () => {
  test('keeps what is held for it', async () => {
    const time = standingClock('2026-11-20T12:00:00Z');
    await using stand = await openStand({ clock: time.clock });
    const { ledger } = stand.product.rooms;
    const { userId } = keyOf(stand);
    await fund(stand.product.rooms, userId, PLENTY);
    const asking = stand.ask({ body: streamedChat('promptTokens=8 tokens=5 delayMs=400') });
    await stand.upstream.whenSeen(1);
    time.now += 12 * HOUR;
    assert.deepEqual(ledger.sweep(), []);
    const { charge_nanos, hold_nanos } = stand.recordOf(await asking);
    assert.ok((charge_nanos ?? 0) > 0 && (charge_nanos ?? 0) <= (hold_nanos ?? 0));
  });

  test('is on record and charged though nothing was held for it any more, and nobody remembered that it was', async () => {
    await using stand = await openStand();
    const { ledger } = stand.product.rooms;
    const { userId } = keyOf(stand);
    await fund(stand.product.rooms, userId, PLENTY);
    const asking = stand.ask({ body: streamedChat('promptTokens=8 tokens=5 delayMs=400') });
    await until(() => stand.product.intents().length > 0);
    const [intent] = stand.product.intents();
    assert.ok(ledger.release(intent?.id ?? ''), 'as the sweeper does');
    for (let other = 0; other < 4_001; other++) {
      ledger.hold({ id: `req_${other}`, amount: nanos(0), wallet: null, budgets: [] });
      ledger.release(`req_${other}`);
    }
    const { outcome, charge_nanos } = stand.recordOf(await asking);
    assert.deepEqual([outcome, charge_nanos], ['completed', 13 * CREDIT]);
    assert.equal(balanceOf(stand.product.rooms, userId), PLENTY - 13 * CREDIT);
  });
});

describe('T78 a clock that jumps', () => {
  test('forth opens the next windows once, back opens none again, and no duration is negative', async () => {
    const time = standingClock('2026-11-20T12:30:00Z');
    await using stand = await openStand({ clock: time.clock });
    const { limits } = stand.product.rooms;
    const key = keyOf(stand);
    await limits.set('key', key.id, { ...NO_LIMITS, requests_per_hour: 2 });
    const served = async (): Promise<number> => {
      const body = chat('tokens=1');
      const answers = await Promise.all(Array.from({ length: 6 }, () => stand.ask({ body })));
      return answers.filter(({ status }) => status === 200).length;
    };
    assert.equal(await served(), 2);
    time.now += HOUR;
    assert.equal(await served(), 2);
    time.now -= 10 * MINUTE;
    assert.equal(await served(), 0);
    time.now -= HOUR;
    assert.equal(await served(), 0);
    time.now += DAY;
    assert.equal(await served(), 2);
    for (const { duration_ms, ttft_ms } of stand.product.records()) {
      assert.ok(duration_ms >= 0 && (ttft_ms ?? 0) >= 0);
    }
  });

  test('gives no second budget to a day that comes twice', async () => {
    const time = standingClock('2026-11-20T23:50:00Z');
    await using stand = await openStand({ clock: time.clock });
    const { ledger } = stand.product.rooms;
    const key = keyOf(stand);
    // Enough for two calls, whose worst case is their cost.
    const budget = { ...budgetOf('key', key.id, 2 * 109 * CREDIT), period: 'day' as const };
    await ledger.defineBudget(budget);
    const ask = async () => {
      const answer = await stand.ask({ body: chat('promptTokens=8 tokens=1', { max_tokens: 1 }) });
      return answer.status;
    };
    const untilRefused = async (): Promise<number> => {
      let count = 0;
      while ((await ask()) === 200) count++;
      return count;
    };
    const first = await untilRefused();
    assert.ok(first > 0);
    time.now += 20 * MINUTE;
    assert.equal(await untilRefused(), first, 'the next day has a budget of its own');
    time.now -= 20 * MINUTE;
    assert.equal(await untilRefused(), 0, 'the day before has none left');
  });
});
