/**
 * T4 T17: the gateway dies at one step of a request, at one of each kind, in the long run at each single one.
 * Nothing is charged twice.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { chat } from '../fake-upstream/ask.ts';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { auditOf, type Process, type Settings, spawnTollkeeper } from '../harness.ts';
import { createCaller, type Got } from './caller.ts';
import { diceOf, seedOfRun } from './dice.ts';
import { CREDIT, chargesIn } from './money.ts';
import { LONG } from './stand.ts';

/** No request comes to this step, so none crashes. */
const NO_STEP = 0;
/** Fewer, and the crash point is blind. */
const STEPS_MIN = 12;
const CREDITS = 1_000_000;
const PROMPT_TOKENS = 8;
const OUTPUT_TOKENS = 5;
const BOUND = 20;

const PRELOAD = new URL('./crash-point.ts', import.meta.url).href;

interface Scene {
  readonly dataDir: string;
  readonly settings: Settings;
  readonly upstream: FakeUpstream;
  readonly token: string;
  readonly keyId: string;
}

/** A key of a user with credit, bounded by a budget too, so that a request is charged on two accounts. */
async function setScene(dataDir: string, upstream: FakeUpstream): Promise<Scene> {
  const settings = { UPSTREAM_API_KEY: 'key-of-the-test', UPSTREAM_BASE: upstream.url };
  const first = await spawnTollkeeper({ dataDir, settings });
  const order = { label: 'ann', credits: CREDITS, budget: '100' };
  const { token, id } = (await first.operator('/admin/keys', { body: order })) as {
    token: string;
    id: string;
  };
  await first.close();
  return { dataDir, settings, upstream, token, keyId: id };
}

/** One request, and what became of it. */
interface Asked {
  readonly got: Got;
  readonly crashed: boolean;
  /** Requests that were on the books before. */
  readonly before: ReadonlySet<string>;
}

async function startToDie(scene: Scene, step: number): Promise<Process> {
  const crash = { CRASH_AT: String(step), CRASH_STEPS_FILE: join(scene.dataDir, `steps-${step}`) };
  const settings = { ...scene.settings, ...crash, NODE_OPTIONS: `--import=${PRELOAD}` };
  return spawnTollkeeper({ dataDir: scene.dataDir, settings });
}

/** Asks once; the process dies at that step, unless the request has fewer. */
async function askToDie(
  scene: Scene,
  gateway: Process,
  at: { step: number; streamed: boolean },
): Promise<Asked> {
  const before = new Set(chargesIn(scene.dataDir).map(({ request }) => request));
  const caller = createCaller();
  const words = `promptTokens=${PROMPT_TOKENS} tokens=${OUTPUT_TOKENS}`;
  const body = chat(words, { max_tokens: BOUND, stream: at.streamed });
  const url = `${gateway.url}/v1/chat/completions`;
  const got = await caller.ask({ url, token: scene.token, body });
  await caller.close();
  // Steps may follow the end of the answer, such as a note that is removed.
  const crashed = await hasDied(gateway);
  await scene.upstream.whenIdle();
  return { got, crashed, before };
}

async function hasDied({ child }: Process): Promise<boolean> {
  for (let looks = 0; looks < 50 && child.signalCode === null; looks++) await pause(10);
  return child.signalCode !== null;
}

/** Ready without a manual step: nothing is open, nothing is held, the books balance, to the nano-dollar. */
async function assertRecovered(scene: Scene, gateway: Process): Promise<void> {
  assert.deepEqual(gateway.intents(), []);
  const findings = await auditOf(join(scene.dataDir, 'tollkeeper.db'));
  assert.deepEqual(
    findings.filter(({ ok }) => !ok),
    [],
  );
  const records = gateway.records();
  const charged = records.reduce((sum, { charge_nanos }) => sum + (charge_nanos ?? 0), 0);
  const key = (await gateway.operator(`/api/virtual-keys/${scene.keyId}`)) as {
    budget: { held_usd: string; spent_usd: string };
  };
  assert.deepEqual(key.budget.held_usd, '0');
  assert.equal(Math.round(Number(key.budget.spent_usd) * 1e9), charged);
  const { users } = (await gateway.operator('/admin/balance')) as { users: { credits: number }[] };
  assert.equal(users[0]?.credits, CREDITS - charged / CREDIT);
}

/** How the books must speak of a request, whatever became of it. To be asked when a start has recovered it. */
function judge(scene: Scene, { got, crashed, before }: Asked): string {
  const books = chargesIn(scene.dataDir).filter(({ request }) => !before.has(request));
  const amounts = books.map(({ kind, amount }) => `${kind} ${-amount}`);
  // The final event of a stream says that it is whole, also where the connection died before it was closed.
  const isEnded = got.whole || got.text.includes('data: [DONE]');
  const acknowledged = isEnded && got.status === 200 && !got.text.includes('"error"');
  const due = (PROMPT_TOKENS + OUTPUT_TOKENS) * CREDIT;
  if (acknowledged) assert.deepEqual(amounts, [`charge ${due}`, `budget ${due}`]);
  if (!crashed) assert.ok(acknowledged, got.text);
  assert.ok(amounts.length === 0 || amounts.length === 2, amounts.join());
  assert.equal(new Set(books.map(({ amount }) => amount)).size, Math.min(1, amounts.length));
  return acknowledged ? 'acknowledged' : amounts.length > 0 ? 'charged' : 'not charged';
}

/** The steps of one request, in their order, told by one that meets no crash. */
async function stepsOf(scene: Scene, streamed: boolean): Promise<string[]> {
  await using gateway = await startToDie(scene, NO_STEP);
  const asked = await askToDie(scene, gateway, { step: NO_STEP, streamed });
  assert.equal(judge(scene, asked), 'acknowledged');
  const lines = readFileSync(join(scene.dataDir, `steps-${NO_STEP}`), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => line.slice(line.indexOf(' ') + 1));
}

/** All of them in the long run; otherwise one of each kind, by chance. Counted from 1. */
function stepsToTry(steps: readonly string[], seed: number): number[] {
  if (LONG) return steps.map((_, at) => at + 1);
  const kinds = Map.groupBy(steps.keys(), (at) => steps[at]);
  return [...kinds.values()].map(([first = 0, ...more], number) => {
    return diceOf(seed, number).pick([first, ...more]) + 1;
  });
}

async function crashAtSteps(t: TestContext, scene: Scene, streamed: boolean): Promise<void> {
  const steps = await stepsOf(scene, streamed);
  assert.ok(steps.length > STEPS_MIN, `there were ${steps.length} steps only`);
  const seed = seedOfRun();
  t.diagnostic(`SEED=${seed}`);
  const tried = stepsToTry(steps, seed).toSorted((a, b) => a - b);
  const readyMs: number[] = [];
  const outcomes: string[] = [];
  let last: Asked | null = null;
  let crashes = 0;
  // The last start recovers from the last crash, and its request meets none.
  for (const step of [...tried, NO_STEP]) {
    const startedAt = performance.now();
    await using gateway = await startToDie(scene, step);
    readyMs.push(Math.round(performance.now() - startedAt));
    await assertRecovered(scene, gateway);
    if (last !== null) outcomes.push(judge(scene, last));
    last = await askToDie(scene, gateway, { step, streamed });
    if (last.crashed) crashes++;
  }
  const counts = [...Map.groupBy(outcomes, (outcome) => outcome)];
  const said = counts.map(([outcome, { length }]) => `${outcome} ${length}`).join(', ');
  const sorted = readyMs.toSorted((a, b) => a - b);
  const ready = `ready p50 ${sorted[sorted.length >> 1]} ms, max ${sorted.at(-1)} ms`;
  t.diagnostic(`${crashes} crashes at ${tried.length} of ${steps.length} steps: ${said}; ${ready}`);
  assert.ok(crashes > tried.length / 2, `only ${crashes} of ${tried.length} steps were reached`);
}

for (const kind of LONG ? ['plain', 'stream'] : ['plain']) {
  test(`T4 T17 a ${kind} request whose process dies at a step of any kind is charged once or not at all`, async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-crash-at-'));
    const upstream = await startFakeUpstream();
    t.after(async () => {
      await upstream.close();
      rmSync(dataDir, { recursive: true, force: true });
    });
    await crashAtSteps(t, await setScene(dataDir, upstream), kind === 'stream');
  });
}
