/** The provider's bill against our records: every request on both sides, to the nano-dollar. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { type RecordRow, type Settings, startTollkeeper } from '../harness.ts';
import { type Caller, createCaller, type Got } from './caller.ts';
import { type Called, compare } from './comparison.ts';
import { diceOf, seedOfRun } from './dice.ts';
import { type MixedCall, mixedCall, PRICES, pricesAsSetting } from './mixed-calls.ts';
import { LONG } from './stand.ts';

/** Enough for each exit to be met many times. */
const CALLS = LONG ? 10_000 : 2_000;
const CALLERS = 64;

/** Which of our providers lists which models, by the path below which the scripted one is asked. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  '/stops/v1/models': ['gpt-4o-mini', 'odd-prices', 'small-vectors'],
  '/claude/v1/models': ['claude-sonnet-4-5'],
  '/router/v1/models': ['shared-model', 'states-its-cost', 'routed-claude'],
  '/quick/v1/models': ['shared-model', 'quick-model'],
};

/** Tells who wants to know that the provider has seen a request. */
class Arrivals {
  readonly #waiting = new Map<string, () => void>();

  expect(name: string, tell: () => void): void {
    this.#waiting.set(name, tell);
  }

  seen(name: unknown): void {
    this.#waiting.get(String(name))?.();
    this.#waiting.delete(String(name));
  }
}

async function scriptedProvider(
  billingAfterAbort: 'stops' | 'goes on',
  arrivals: Arrivals,
): Promise<FakeUpstream> {
  const upstream = await startFakeUpstream({
    prices: PRICES,
    billingAfterAbort,
    // The vendors that bill on state their usage unasked.
    behaviour: { usageAlways: billingAfterAbort === 'goes on' },
  });
  upstream.script({
    match: ({ path }) => path in LISTS,
    behave: ({ path }) => ({ body: JSON.stringify({ data: LISTS[path]?.map((id) => ({ id })) }) }),
  });
  upstream.script({
    match({ headers }) {
      arrivals.seen(headers['x-call']);
      return false;
    },
    behave: {},
  });
  return upstream;
}

function settingsFor(stops: FakeUpstream, goesOn: FakeUpstream): Settings {
  const at = (upstream: FakeUpstream, name: string) => upstream.url.replace('/v1', `/${name}/v1`);
  return {
    UPSTREAM_API_KEY: 'key-of-the-first',
    UPSTREAM_BASE: at(stops, 'stops'),
    ANTHROPIC_API_KEY: 'key-of-the-second',
    ANTHROPIC_API_URL: at(stops, 'claude'),
    OPENROUTER_API_KEY: 'key-of-the-third',
    OPENROUTER_API_URL: at(goesOn, 'router'),
    GROQ_API_KEY: 'key-of-the-fourth',
    GROQ_API_URL: at(goesOn, 'quick'),
    MODEL_PRICING_JSON: pricesAsSetting(),
  };
}

interface Load {
  readonly seed: number;
  readonly url: string;
  readonly token: string;
  readonly caller: Caller;
  readonly arrivals: Arrivals;
}

/** Every call with the retries of its caller; as many at a time as there are callers. */
async function makeCalls(load: Load): Promise<Called[]> {
  const made: Called[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let number = next++; number < CALLS; number = next++) {
      const call = mixedCall(diceOf(load.seed, number), number);
      for (let tries = 0; tries <= call.retries; tries++) {
        const name = `${number}.${tries}`;
        const got = await callOnce(load, name, call);
        made.push({ name, call, got });
        const wantsMore = !got.left && (!got.whole || got.status === 429 || got.status >= 500);
        if (!wantsMore) break;
      }
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, work));
  return made;
}

function callOnce(load: Load, name: string, call: MixedCall): Promise<Got> {
  const { url, token, caller, arrivals } = load;
  const leaving = new AbortController();
  if (call.fate === 'caller leaves before the answer') {
    arrivals.expect(name, () => leaving.abort());
  }
  return caller.ask({
    url: `${url}/v1/${call.endpoint}`,
    token,
    headers: { 'x-call': name },
    body: call.body,
    leaveWhen: leaving.signal,
    ...(call.leaveAfter === null ? {} : { leaveAfter: call.leaveAfter }),
  });
}

interface Run {
  readonly called: readonly Called[];
  readonly records: readonly RecordRow[];
  readonly intents: number;
}

async function run(
  providers: readonly [FakeUpstream, FakeUpstream],
  load: Omit<Load, 'url' | 'token' | 'caller'>,
) {
  const dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-bill-'));
  const caller = createCaller();
  try {
    const gateway = await startTollkeeper({ dataDir, settings: settingsFor(...providers) });
    const token = await gateway.issueKey();
    const called = await makeCalls({ ...load, url: gateway.url, token, caller });
    for (const provider of providers) await provider.whenIdle();
    // The caller may be gone before its request is settled; the shutdown waits for the last one.
    await gateway.close();
    const result: Run = { called, records: gateway.records(), intents: gateway.intents().length };
    return result;
  } finally {
    await caller.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function lineOf(counts: object): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

test(`every request of a mixed load of ${CALLS} is on record once and costs what the provider bills, 10000 in the long run`, async (t: TestContext) => {
  const seed = seedOfRun();
  t.diagnostic(`SEED=${seed}`);
  const arrivals = new Arrivals();
  const stops = await scriptedProvider('stops', arrivals);
  const goesOn = await scriptedProvider('goes on', arrivals);
  const startedAt = performance.now();
  const { called, records, intents } = await run([stops, goesOn], { seed, arrivals });
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const summary = compare({ called, records, providers: [stops, goesOn] });
  await stops.close();
  await goesOn.close();
  t.diagnostic(`${lineOf(summary.counts)} in ${seconds} s`);
  assert.deepEqual(summary.faults.slice(0, 20), [], `SEED=${seed}`);
  assert.equal(intents, 0, 'no intent may be left');
  assert.equal(summary.counts.ourNanos, summary.counts.billedNanos, `SEED=${seed}`);
  for (const kind of ['completed', 'drained', 'partial', 'refused', 'retried'] as const) {
    assert.ok(summary.counts[kind] > CALLS / 200, `the load must hold requests that are ${kind}`);
  }
});
