/** T1, T2, T14, T15: more callers than money or places, all at once. Exactly what is covered is served. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../../server/clock.ts';
import { NO_LIMITS } from '../../server/limits/limits.ts';
import { type Asked, chat } from '../fake-upstream/ask.ts';
import type { RecordRow } from '../harness.ts';
import { balanceOf, budgetOf, CREDIT, chargesIn, credit, fund, inParallel } from './money.ts';
import { LONG, openStand, type Stand, until } from './stand.ts';

const CLIENTS = 64;
const ATTEMPTS = 5_000;
const OUTPUT = 12;
const BODY = chat('', { max_tokens: OUTPUT });

/** The provider states the prompt as it was estimated and makes all that was allowed: the worst case is the cost. */
function worstCaseHappens(stand: Stand, delayMs: number): { tokens: number } {
  const promptTokens = stand.product.rooms.metering.estimatePrompt(BODY).most;
  stand.upstream.script({ behave: { promptTokens, tokens: OUTPUT, delayMs } });
  return { tokens: promptTokens + OUTPUT };
}

interface Counted {
  readonly served: Asked[];
  readonly refused: Asked[];
}

async function storm(
  stand: Stand,
  tokens: readonly string[],
  attempts = ATTEMPTS,
): Promise<Counted> {
  const answers = await inParallel(attempts, CLIENTS, (number) => {
    const authorization = `Bearer ${tokens[number % tokens.length]}`;
    return stand.ask({ body: BODY, headers: { authorization } });
  });
  const served = answers.filter(({ status }) => status === 200);
  return { served, refused: answers.filter((answer) => !served.includes(answer)) };
}

function assertRefusedForMoney(refused: readonly Asked[]): void {
  for (const { status, headers, text } of refused) {
    assert.equal(status, 402, text);
    assert.equal(headers['x-should-retry'], 'false');
    assert.equal(JSON.parse(text).error.code, 'insufficient_quota');
  }
}

function keyOf(stand: Stand, token: string): { id: string; userId: string } {
  const key = stand.product.rooms.accounts.keys.find(token);
  assert.ok(key !== null);
  return key;
}

/** Each request is on record once, and the served ones with what was booked for them. */
function assertOnRecord(stand: Stand, counted: Counted): void {
  const records = new Map(stand.product.records().map((record) => [record.id, record]));
  const codeOf = ({ headers }: Asked) => records.get(String(headers['x-request-id']));
  const outcomes = (answers: readonly Asked[]) => [
    ...new Set(answers.map((answer) => codeOf(answer)?.outcome)),
  ];
  assert.deepEqual(outcomes(counted.served), ['completed']);
  assert.deepEqual(outcomes(counted.refused), ['refused']);
  const charges = Map.groupBy(chargesIn(stand.product.dataDir), ({ request }) => request);
  const charged = [...records.values()].filter(({ charge_nanos }) => (charge_nanos ?? 0) > 0);
  assert.equal(charges.size, charged.length);
  for (const { id, charge_nanos } of charged) {
    for (const { amount } of charges.get(id) ?? []) assert.equal(-amount, charge_nanos);
  }
}

describe('a storm on money', { timeout: 120_000 }, () => {
  test('T1 of 5,000 attempts on a wallet worth 100 calls exactly 100 are served, and 10 more for credit of 10 more', async () => {
    await using stand = await openStand();
    const { rooms } = stand.product;
    const cost = worstCaseHappens(stand, 50).tokens * CREDIT;
    const { userId } = keyOf(stand, stand.token);
    await fund(rooms, userId, 100 * cost);

    const first = await storm(stand, [stand.token]);
    assert.equal(first.served.length, 100);
    assertRefusedForMoney(first.refused);
    assert.equal(balanceOf(rooms, userId), 0);
    assertOnRecord(stand, first);

    await credit(rooms, userId, 10 * cost);
    const second = await storm(stand, [stand.token], 500);
    assert.equal(second.served.length, 10);
    assertRefusedForMoney(second.refused);
    assert.equal(balanceOf(rooms, userId), 0);
    assert.equal(rooms.ledger.openHolds(), 0);
    assert.equal(stand.upstream.bill.rows().length, 110);
  });

  test('T2 three nested budgets under the plan cost serve exactly 100 calls, and none of them is overspent', async () => {
    await using stand = await openStand({ settings: { DEFAULT_PLAN: 'cost', MARKUP: '1.5' } });
    const { rooms, issueKey } = stand.product;
    worstCaseHappens(stand, 50);
    const tokens = [];
    for (const label of ['ann', 'ann', 'bob', 'bob']) tokens.push(await issueKey(label));
    const keys = tokens.map((token) => keyOf(stand, token));
    const [cost] = await Promise.all([costOfOne(stand), stand.upstream.whenIdle()]);
    const [ofKey, ofAnn, , ofBob] = keys;
    assert.ok(ofKey !== undefined && ofAnn !== undefined && ofBob !== undefined);
    const budgets = [
      budgetOf('key', ofKey.id, 40 * cost),
      budgetOf('user', ofAnn.userId, 60 * cost),
      budgetOf('user', ofBob.userId, 60 * cost + cost - 1),
      budgetOf('installation', '', 100 * cost),
    ];
    for (const budget of budgets) await rooms.ledger.defineBudget(budget);

    const first = await storm(stand, tokens);
    assert.equal(first.served.length, 100);
    assertRefusedForMoney(first.refused);
    assertOnRecord(stand, first);
    await rooms.ledger.defineBudget(budgetOf('installation', '', 110 * cost));
    const second = await storm(stand, tokens, 500);
    assert.equal(second.served.length, 10);
    assertRefusedForMoney(second.refused);

    assert.equal(balanceOf(rooms, 'bud_installation'), 0);
    for (const { id, limit } of budgets.slice(0, 3)) {
      const standing = rooms.ledger.balance(id);
      assert.equal(standing?.held, 0);
      assert.ok((standing?.spent ?? 0) <= limit && (standing?.spent ?? 0) > 0, id);
      assert.equal((standing?.spent ?? 0) % cost, 0);
    }
  });
});

/** What one call is charged, as a metered wallet is told by its record. */
async function costOfOne(stand: Stand): Promise<number> {
  const { userId } = keyOf(stand, stand.token);
  await stand.product.rooms.ledger.defineWallet({
    userId,
    kind: 'metered',
    plan: null,
    markupPpm: null,
  });
  const { charge_nanos, hold_nanos, cost_nanos } = stand.recordOf(await stand.ask({ body: BODY }));
  assert.equal(charge_nanos, hold_nanos);
  assert.equal(charge_nanos, Math.round((cost_nanos ?? 0) * 1.5));
  return charge_nanos ?? 0;
}

/** A time that stands still until it is set, so that no test runs over the edge of a minute by chance. */
function standingClock() {
  const time = { now: Date.UTC(2026, 10, 21, 12, 0, 30) };
  return { time, clock: { ...systemClock, now: () => time.now } };
}

/** Two at once in each. */
const HANG_UP_ROUNDS = LONG ? 500 : 100;

describe('a storm on limits', { timeout: 120_000 }, () => {
  for (const rule of ['requests_per_minute', 'tokens_per_minute'] as const) {
    test(`T14 of 200 at once at 100 calls' worth of ${rule} exactly 100 are served in each minute, and the refused consume nothing`, async () => {
      const { time, clock } = standingClock();
      await using stand = await openStand({ clock });
      const { limits } = stand.product.rooms;
      const { tokens } = worstCaseHappens(stand, 20);
      const { id, userId } = keyOf(stand, stand.token);
      const worth = rule === 'requests_per_minute' ? 100 : 100 * tokens;
      await limits.set('key', id, { ...NO_LIMITS, [rule]: worth });
      for (const minute of [1, 2]) {
        const answers = await inParallel(200, 200, () => stand.ask({ body: BODY }));
        const refused = answers.filter(({ status }) => status !== 200);
        assert.equal(refused.length, 100);
        for (const { status, headers, text } of refused) {
          assert.equal(status, 429, text);
          assert.equal(headers['retry-after'], '30');
          assert.equal(headers['x-should-retry'], 'true');
        }
        const { used, concurrent } = limits.standing(id, userId);
        assert.equal(used.requests_per_minute, 100);
        assert.equal(used.tokens_per_minute, 100 * tokens);
        assert.equal(used.tokens_per_day, minute * 100 * tokens);
        assert.equal(concurrent.running, 0);
        time.now += 60_000;
      }
    });
  }

  test(`T15 after ${2 * HANG_UP_ROUNDS} hang-ups every place among the requests under way is free again`, async () => {
    await using stand = await openStand({ provider: 'OPENAI' });
    const { limits, ledger } = stand.product.rooms;
    const { id, userId } = keyOf(stand, stand.token);
    await limits.set('key', id, { ...NO_LIMITS, max_concurrent: 2 });
    await fund(stand.product.rooms, userId, 1_000_000_000_000);
    const free = () => limits.standing(id, userId).concurrent.running === 0;
    const body = chat('tokens=50 chunkDelayMs=2', { stream: true, max_tokens: 50 });
    for (let round = 0; round < HANG_UP_ROUNDS; round++) {
      const answers = await inParallel(2, 2, () => stand.ask({ body, leaveAfter: 1 }));
      assert.deepEqual(statuses(answers), [200, 200]);
      await until(free);
    }
    const both = await inParallel(2, 2, () => stand.ask({ body: BODY }));
    assert.deepEqual(statuses(both), [200, 200]);
    const records = await stand.settled(2 * HANG_UP_ROUNDS + 2);
    assert.equal(ledger.openHolds(), 0);
    assert.equal(ledger.balance(userId)?.held, 0);
    assert.equal(balanceOf({ ledger }, userId), 1_000_000_000_000 - chargedIn(records));
  });
});

function statuses(answers: readonly Asked[]): number[] {
  return answers.map(({ status }) => status);
}

function chargedIn(records: readonly RecordRow[]): number {
  return records.reduce((sum, { charge_nanos }) => sum + (charge_nanos ?? 0), 0);
}
