/** T4 and T16: the gateway is killed under load with wallets, again and again on one data folder. The books balance. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { chat } from '../fake-upstream/ask.ts';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import {
  auditOf,
  type Process,
  type RecordRow,
  type Settings,
  spawnTollkeeper,
  startTollkeeper,
} from '../harness.ts';
import { type Caller, createCaller, type Got } from './caller.ts';
import { type Dice, diceOf, seedOfRun } from './dice.ts';
import { budgetOf, CREDIT, chargesIn, fund } from './money.ts';
import { LONG } from './stand.ts';

const KILLS = LONG ? 200 : 5;
const CALLERS = 16;
const OUTPUT_MAX = 20;
/** What the provider states, which is less than the estimate of the prompts here. */
const PROMPT_TOKENS = 8;
/** Dice of its own for each request of the run. */
const REQUESTS_MAX = 100_000;
const RICH = 1_000_000_000_000;
/** Runs dry in the middle of the test, so that kills meet refusals too. */
const POOR = 400 * CREDIT * KILLS;

interface Payer {
  readonly userId: string;
  readonly credit: number;
  readonly token: string;
}

/** Wallets and budgets, given by a start before the first kill. */
async function prepare(dataDir: string, settings: Settings): Promise<Payer[]> {
  await using first = await startTollkeeper({ dataDir, settings });
  const { rooms } = first;
  const payers: Payer[] = [];
  for (const [label, credit] of [
    ['rich', RICH],
    ['poor', POOR],
  ] as const) {
    const token = await first.issueKey(label);
    const key = rooms.accounts.keys.find(token);
    assert.ok(key !== null);
    await fund(rooms, key.userId, credit);
    payers.push({ userId: key.userId, credit, token });
  }
  await rooms.ledger.defineBudget(budgetOf('installation', '', RICH));
  return payers;
}

function question(dice: Dice): object {
  const delay = dice.chance(0.2) ? dice.between(300, 2_000) : dice.between(0, 30);
  const streamed = dice.chance(0.5);
  const tokens = dice.between(1, OUTPUT_MAX);
  const pace = streamed && dice.chance(0.5) ? ' chunkDelayMs=3' : '';
  const words = `promptTokens=${PROMPT_TOKENS} tokens=${tokens} delayMs=${delay}${pace}`;
  const bound = dice.chance(0.7) ? { max_tokens: OUTPUT_MAX } : {};
  return chat(words, { stream: streamed, ...bound });
}

/** So many answers must have come before every second kill. */
const ENDS_MIN = 4;

interface Cycle {
  readonly cycle: number;
  readonly seed: number;
  readonly gateway: Process;
  readonly payers: readonly Payer[];
}

/** Load until the kill. @returns the ids of those who saw the end of their answer */
async function loadAndKill({ cycle, seed, gateway, payers }: Cycle): Promise<string[]> {
  const caller: Caller = createCaller();
  const acknowledged: string[] = [];
  let number = 0;
  let alive = true;
  const someEnded = Promise.withResolvers<void>();
  const work = async (): Promise<void> => {
    while (alive) {
      const dice = diceOf(seed, cycle * REQUESTS_MAX + ++number);
      const { token } = payers[dice.between(0, payers.length - 1)] ?? { token: '' };
      const url = `${gateway.url}/v1/chat/completions`;
      const got: Got = await caller.ask({ url, token, body: question(dice) });
      const served = got.whole && got.status === 200 && !got.text.includes('"error"');
      if (served && got.requestId !== null) acknowledged.push(got.requestId);
      if (acknowledged.length >= ENDS_MIN) someEnded.resolve();
    }
  };
  const callers = Array.from({ length: CALLERS }, work);
  await pause(diceOf(seed, cycle * REQUESTS_MAX).between(20, 250));
  // On a slow machine nothing would ever end; every second kill may come before that.
  if (cycle % 2 === 0) await someEnded.promise;
  alive = false;
  await gateway.kill();
  await Promise.all(callers);
  await caller.close();
  return acknowledged;
}

/** Right after a start, with no load yet: nothing is open and every invariant holds. */
async function assertRecovered(gateway: Process, seed: number): Promise<void> {
  assert.deepEqual(gateway.intents(), [], `SEED=${seed}`);
  const findings = await auditOf(join(gateway.dataDir, 'tollkeeper.db'));
  const breaches = findings.filter(({ ok }) => !ok);
  assert.deepEqual(breaches, [], `SEED=${seed}`);
}

/** One sentence for each record whose charge is not what it must be. */
function wrongCharges(
  records: readonly RecordRow[],
  upstream: FakeUpstream,
  dataDir: string,
): string[] {
  const entries = Map.groupBy(chargesIn(dataDir), ({ request }) => request);
  const faults: string[] = [];
  for (const { id, outcome, charge_nanos: charge, hold_nanos: held, upstream_id } of records) {
    const booked = (entries.get(id) ?? []).map(({ amount, kind }) => `${kind} ${-amount}`);
    entries.delete(id);
    const due = (charge ?? 0) === 0 ? [] : [`charge ${charge}`, `budget ${charge}`];
    if (booked.join() !== due.join()) faults.push(`${id}: ${booked} booked, ${due} on record`);
    if (outcome !== 'refused' && (charge ?? -1) > (held ?? -2))
      faults.push(`${id}: ${outcome}, ${charge} of ${held}`);
    const bill = upstream.bill.row(upstream_id ?? '');
    const tokens = (bill?.promptTokens ?? 0) + (bill?.completionTokens ?? 0);
    if (outcome === 'completed' && charge !== tokens * CREDIT)
      faults.push(`${id}: ${charge} for ${tokens} tokens`);
  }
  for (const id of entries.keys()) faults.push(`${id}: charged, and not on record`);
  return faults;
}

async function killAgainAndAgain(
  dataDir: string,
  settings: Settings,
  at: { seed: number; payers: readonly Payer[] },
) {
  const readyMs: number[] = [];
  const acknowledged: string[] = [];
  for (let cycle = 0; cycle < KILLS; cycle++) {
    const startedAt = performance.now();
    const gateway = await spawnTollkeeper({ dataDir, settings });
    readyMs.push(Math.round(performance.now() - startedAt));
    await assertRecovered(gateway, at.seed);
    acknowledged.push(...(await loadAndKill({ cycle, gateway, ...at })));
  }
  return { readyMs: readyMs.toSorted((a, b) => a - b), acknowledged };
}

test('T4 T16 no money is lost or charged twice when the process is killed at random under load', async (t: TestContext) => {
  const seed = seedOfRun();
  t.diagnostic(`SEED=${seed}`);
  const dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-crash-'));
  const upstream = await startFakeUpstream();
  t.after(async () => {
    await upstream.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const settings = { UPSTREAM_API_KEY: 'key-of-the-test', UPSTREAM_BASE: upstream.url };
  const payers = await prepare(dataDir, settings);
  const { readyMs, acknowledged } = await killAgainAndAgain(dataDir, settings, { seed, payers });

  await using last = await startTollkeeper({ dataDir, settings });
  const { ledger } = last.rooms;
  const records = last.records();
  const byOutcome = Map.groupBy(records, ({ outcome }) => outcome);
  const counts = [...byOutcome].map(([outcome, { length }]) => `${outcome} ${length}`);
  const ready = `ready p50 ${readyMs[readyMs.length >> 1]} ms, max ${readyMs.at(-1)} ms`;
  t.diagnostic(`kills ${KILLS}, ${counts.join(', ')}, ${ready}`);

  assert.deepEqual(wrongCharges(records, upstream, dataDir).slice(0, 20), [], `SEED=${seed}`);
  assert.equal(ledger.openHolds(), 0);
  for (const { userId, credit } of payers) {
    const ofUser = records.filter(({ user_id }) => user_id === userId);
    const charged = ofUser.reduce((sum, { charge_nanos }) => sum + (charge_nanos ?? 0), 0);
    const standing = ledger.balance(userId);
    assert.deepEqual([standing?.balance, standing?.held], [credit - charged, 0], `SEED=${seed}`);
    assert.ok(credit - charged >= 0, `SEED=${seed}`);
  }
  const completed = new Set((byOutcome.get('completed') ?? []).map(({ id }) => id));
  const lost = acknowledged.filter((id) => !completed.has(id));
  assert.deepEqual(lost, [], 'whoever saw the end of an answer is on record');
  assert.ok(acknowledged.length > KILLS, 'the load must hold requests that came to their end');
  const unfinished = byOutcome.get('unfinished') ?? [];
  assert.ok(unfinished.length > 0, 'the load must hold requests that the kill cut off');
});
