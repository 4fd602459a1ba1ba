/** The gateway is killed at random moments under load, again and again on one data folder. Nothing may be lost. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BillRow, SeenRow } from '../fake-upstream.ts';
import { type Process, type RecordRow, spawnTollkeeper } from '../harness.ts';
import { type Caller, createCaller } from './caller.ts';
import { type Dice, diceOf, seedOfRun } from './dice.ts';
import { PRICES } from './mixed-calls.ts';
import { LONG } from './stand.ts';

const KILLS = Number(process.env['KILLS'] ?? (LONG ? 200 : 5));
const CALLERS = 24;
/** On no machine takes a commit longer; most are done in a hundredth of it. */
const COMMIT_MS_MAX = 1_000;

const UPSTREAM = fileURLToPath(new URL('../fake-upstream.ts', import.meta.url));

interface Upstream {
  readonly child: ChildProcess;
  readonly url: string;
  bill(): BillRow[];
  seen(): SeenRow[];
}

/** A process of its own, so that its bill and its log outlive every kill. */
async function spawnUpstream(folder: string): Promise<Upstream> {
  const files = { bill: join(folder, 'bill.jsonl'), seen: join(folder, 'seen.jsonl') };
  const prices = JSON.stringify({ '*': PRICES['claude-sonnet-4-5'] });
  const flags = ['--bill-file', files.bill, '--seen-file', files.seen, '--prices', prices];
  const child = spawn(process.execPath, [UPSTREAM, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, url, bill: () => rowsOf(files.bill), seen: () => rowsOf(files.seen) };
}

/** The last line may be half written; it is of no request that anybody saw the end of. */
function rowsOf<Row>(file: string): Row[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Row);
}

/** What a caller knows of one request. The model's name is unique, so every book can be asked for it. */
interface Asked {
  readonly model: string;
  readonly cycle: number;
  readonly acknowledged: boolean;
  readonly requestId: string | null;
}

interface Cycle {
  readonly cycle: number;
  readonly gateway: Process;
  readonly token: string;
  readonly seed: number;
}

/** Requests of one cycle, at most; gives each request of the run dice of its own. */
const REQUESTS_MAX = 100_000;

/** So many answers must have come before every second kill. */
const ENDS_MIN = 4;

/** Load until the kill. @returns what was asked, and when the gateway was killed */
async function loadAndKill(at: Cycle): Promise<{ asked: Asked[]; killedAt: number }> {
  const { gateway, seed, cycle } = at;
  const caller = createCaller();
  const asked: Asked[] = [];
  let number = 0;
  let ends = 0;
  let alive = true;
  const someEnded = Promise.withResolvers<void>();
  const work = async (): Promise<void> => {
    while (alive) {
      const dice = diceOf(seed, cycle * REQUESTS_MAX + ++number);
      const model = `claude-sonnet-4-5-k${cycle}-${number}`;
      const one = await askOnce({ caller, at, dice, model });
      asked.push(one);
      if (one.acknowledged && ++ends >= ENDS_MIN) someEnded.resolve();
    }
  };
  const callers = Array.from({ length: CALLERS }, work);
  await pause(diceOf(seed, cycle * REQUESTS_MAX).between(20, 500));
  // On a slow machine nothing would ever end; every second kill may come before that.
  if (cycle % 2 === 0) await someEnded.promise;
  alive = false;
  const killedAt = Date.now();
  await gateway.kill();
  await Promise.all(callers);
  await caller.close();
  return { asked, killedAt };
}

/** Some answers are slow, so that every kill meets requests that others have overtaken. */
function waitOf(dice: Dice): number {
  return dice.chance(0.15) ? dice.between(400, 2_000) : dice.between(0, 40);
}

async function askOnce(request: {
  caller: Caller;
  at: Cycle;
  dice: Dice;
  model: string;
}): Promise<Asked> {
  const { caller, at, dice, model } = request;
  const { cycle, gateway, token } = at;
  const native = dice.chance(0.5);
  const streamed = dice.chance(0.6);
  const words = [
    `promptTokens=${dice.between(100, 5_000)}`,
    `cachedTokens=${dice.between(0, 50)}`,
    `tokens=${dice.between(1, 30)}`,
    `delayMs=${waitOf(dice)}`,
    ...(streamed && dice.chance(0.5) ? ['chunkDelayMs=2'] : []),
  ];
  const messages = [{ role: 'user', content: `Go on. [[${words.join(' ')}]]` }];
  const asUsual = native
    ? { max_tokens: 100 }
    : streamed
      ? { stream_options: { include_usage: true } }
      : {};
  const got = await caller.ask({
    url: `${gateway.url}/v1/${native ? 'messages' : 'chat/completions'}`,
    token,
    body: { model, messages, stream: streamed, ...asUsual },
  });
  const endMark = native ? 'event: message_stop' : 'data: [DONE]';
  const hasEnd = streamed ? got.text.includes(endMark) : got.whole;
  if (got.whole) assert.equal(got.status, 200, `${model}: ${got.text}`);
  return { model, cycle, acknowledged: hasEnd, requestId: got.requestId };
}

interface Books {
  readonly asked: readonly Asked[];
  /** By number of the cycle. */
  readonly killedAt: readonly number[];
  readonly records: readonly RecordRow[];
  readonly bill: readonly BillRow[];
  readonly seen: readonly SeenRow[];
}

interface Verdict {
  /** One sentence for each request that is not as it must be. */
  readonly faults: string[];
  acknowledged: number;
  /** On record as complete although the end did not reach its caller. */
  recordedOnly: number;
  unfinished: number;
  /** Not on record, and nothing that ended after it began was on disk yet: its intent was still on the way. */
  young: number;
  lost: number;
}

function judge(books: Books): Verdict {
  const { asked, killedAt, records } = books;
  const byModel = Map.groupBy(records, ({ model }) => model);
  const billById = new Map(books.bill.map((row) => [row.id, row]));
  const seenByModel = new Map(books.seen.map((row) => [row.model, row]));
  const lastEnds = lastEndsOf(books, billById);
  const counts = { acknowledged: 0, recordedOnly: 0, unfinished: 0, young: 0, lost: 0 };
  const verdict: Verdict = { faults: [], ...counts };
  for (const one of asked) {
    const [record, second] = byModel.get(one.model) ?? [];
    const fault = (what: string) => verdict.faults.push(`${one.model}: ${what}`);
    if (second !== undefined) fault('on record twice');
    if (one.acknowledged) verdict.acknowledged++;
    if (record !== undefined) {
      const complete = record.outcome === 'completed';
      if (!complete) verdict.unfinished++;
      else if (!one.acknowledged) verdict.recordedOnly++;
      const wrong = complete ? differs(record, billById) : notUnfinished(record);
      if (wrong !== null) fault(wrong);
      if (one.acknowledged && !complete) fault('its caller saw an end that is not on record');
      if (one.acknowledged && one.requestId !== record.id) fault('answered under another id');
      continue;
    }
    const seen = seenByModel.get(one.model);
    if (seen === undefined) continue;
    const age = (killedAt[one.cycle] ?? 0) - seen.at;
    const isOvertaken = seen.at < (lastEnds[one.cycle] ?? 0);
    if (!one.acknowledged && !isOvertaken && age <= COMMIT_MS_MAX) verdict.young++;
    else {
      verdict.lost++;
      const ended = isOvertaken ? ', and one that ended later was seen to' : '';
      fault(`not on record, ${age} ms after the provider saw it${ended}`);
    }
  }
  return verdict;
}

/**
 * When the last answer of each cycle was billed whose end its caller saw. Whatever began before has its intent in the
 * same commit or an earlier one.
 */
function lastEndsOf({ asked, records }: Books, bills: ReadonlyMap<string, BillRow>): number[] {
  const byId = new Map(records.map((record) => [record.id, record]));
  const lastEnds: number[] = [];
  for (const { acknowledged, cycle, requestId } of asked) {
    if (!acknowledged) continue;
    const billed = bills.get(byId.get(requestId ?? '')?.upstream_id ?? '');
    lastEnds[cycle] = Math.max(lastEnds[cycle] ?? 0, billed?.at ?? 0);
  }
  return lastEnds;
}

function differs(record: RecordRow, bill: ReadonlyMap<string, BillRow>): string | null {
  const row = bill.get(record.upstream_id ?? '');
  if (row === undefined) return 'not on the bill';
  if (record.provenance !== 'reported') return `complete, but ${record.provenance}`;
  const ours = [record.model, record.input_tokens, record.cached_tokens];
  const theirs = [row.model, row.promptTokens, row.cachedTokens];
  ours.push(record.output_tokens, record.cost_nanos);
  theirs.push(row.completionTokens, row.costNanos);
  return ours.join() === theirs.join() ? null : `ours ${ours}, theirs ${theirs}`;
}

function notUnfinished(record: RecordRow): string | null {
  const { outcome, provenance, input_tokens: input, output_tokens: output } = record;
  const asItMust = outcome === 'unfinished' && provenance === 'unfinished';
  if (!asItMust) return `recorded as ${outcome}, ${provenance}`;
  return input !== null && input > 0 && output === null ? null : 'more is recorded than is known';
}

function integrityOf(dataDir: string): unknown {
  const database = new DatabaseSync(join(dataDir, 'tollkeeper.db'), { readOnly: true });
  try {
    return database.prepare('pragma integrity_check').get()?.['integrity_check'];
  } finally {
    database.close();
  }
}

interface Starter {
  /** Milliseconds from the start of the process until it said that it is ready. */
  readonly readyMs: number[];
  start(): Promise<Process>;
}

function starterFor(dataDir: string, upstream: Upstream): Starter {
  const readyMs: number[] = [];
  const settings = { ANTHROPIC_API_KEY: 'key-of-the-test', ANTHROPIC_API_URL: upstream.url };
  return {
    readyMs,
    async start() {
      const startedAt = performance.now();
      const gateway = await spawnTollkeeper({ dataDir, settings });
      readyMs.push(Math.round(performance.now() - startedAt));
      return gateway;
    },
  };
}

async function killAgainAndAgain(dataDir: string, upstream: Upstream, seed: number) {
  const starter = starterFor(dataDir, upstream);
  const asked: Asked[] = [];
  const killedAt: number[] = [];
  let token = '';
  for (let cycle = 0; cycle < KILLS; cycle++) {
    const gateway = await starter.start();
    if (cycle === 0) token = await gateway.issueKey();
    const result = await loadAndKill({ cycle, gateway, token, seed });
    asked.push(...result.asked);
    killedAt.push(result.killedAt);
  }
  const last = await starter.start();
  const records = last.records();
  const intents = last.intents();
  await last.close();
  return { asked, killedAt, records, intents, readyMs: starter.readyMs };
}

test('no request is lost or doubled when the process is killed at random under load', async (t: TestContext) => {
  const seed = seedOfRun();
  t.diagnostic(`SEED=${seed}`);
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-kill-'));
  const dataDir = join(folder, 'data');
  const upstream = await spawnUpstream(folder);
  t.after(() => {
    upstream.child.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  const { intents, readyMs, ...run } = await killAgainAndAgain(dataDir, upstream, seed);
  const verdict = judge({ ...run, bill: upstream.bill(), seen: upstream.seen() });
  const { faults, ...counts } = verdict;
  const sorted = readyMs.toSorted((a, b) => a - b);
  const ready = `ready p50 ${sorted[sorted.length >> 1]} ms, max ${sorted.at(-1)} ms`;
  const line = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  t.diagnostic(`kills ${KILLS}, asked ${run.asked.length}, ${line.join(', ')}, ${ready}`);
  assert.deepEqual(faults.slice(0, 20), [], `SEED=${seed}`);
  assert.equal(verdict.lost, 0, `SEED=${seed}`);
  assert.deepEqual(intents, [], 'the last start must have closed every intent');
  assert.equal(integrityOf(dataDir), 'ok');
  assert.ok(counts.acknowledged > KILLS, 'the load must hold requests that came to their end');
  assert.ok(counts.unfinished > 0, 'the load must hold requests that the kill cut off');
});
