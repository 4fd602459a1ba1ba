/**
 * What the journeys have in common: the product in front of scripted providers, the same prices on both sides,
 * and the comparison of our record with the provider's own bill.
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import OpenAI from 'openai';
import {
  type BillRow,
  type FakeUpstream,
  type FakeUpstreamOptions,
  type Prices,
  startFakeUpstream,
} from '../fake-upstream.ts';
import { type RecordRow, type Settings, startTollkeeper, type Tollkeeper } from '../harness.ts';

/** What the scripted providers charge, in nano-dollars per million; MODEL_PRICING says the same in dollars. */
export const PRICES: Prices = {
  'gpt-4o-mini': { input: 150_000_000, cachedInput: 75_000_000, output: 600_000_000 },
  'gpt-3.5-turbo-instruct': { input: 1_500_000_000, output: 2_000_000_000 },
  'text-embedding-3-small': { input: 20_000_000, output: 0 },
  'gpt-image-1': { input: 5_000_000_000, output: 40_000_000_000 },
  'dall-e-3': { input: 0, output: 0, units: { image: 40_000_000_000_000 } },
  'tts-1': { input: 0, output: 0, units: { character: 15_000_000_000 } },
  'whisper-1': { input: 0, output: 0, units: { second: 100_000_000_000 } },
  'gpt-4o-mini-transcribe': { input: 1_250_000_000, output: 5_000_000_000 },
};

/** Dollars per thousand tokens; dollars for each image, character, second and request. */
export const MODEL_PRICING = JSON.stringify({
  'gpt-4o-mini': { input: 0.00015, cached_input: 0.000075, output: 0.0006 },
  'gpt-3.5-turbo-instruct': { input: 0.0015, output: 0.002 },
  'text-embedding-3-small': { input: 0.00002 },
  'gpt-image-1': { input: 0.005, output: 0.04 },
  'dall-e-3': { image: 0.04 },
  'tts-1': { character: 0.000015 },
  'whisper-1': { second: 0.0001 },
  'gpt-4o-mini-transcribe': { input: 0.00125, output: 0.005 },
  'omni-moderation-latest': { request: 0 },
});

export interface Stage extends AsyncDisposable {
  readonly upstream: FakeUpstream;
  readonly tollkeeper: Tollkeeper;
  /** A key as the operator issues it. */
  readonly key: string;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly upstream?: FakeUpstreamOptions;
  /** Default: the scripted provider stands where OpenAI does. */
  readonly settings?: (upstream: FakeUpstream) => Settings;
}

/** One scripted provider behind the product. */
export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const upstream = await startFakeUpstream({ prices: PRICES, ...options.upstream });
  const settings = (options.settings ?? openaiSettings)(upstream);
  const tollkeeper = await startTollkeeper({ settings });
  const key = await tollkeeper.issueKey();
  const close = async (): Promise<void> => {
    await tollkeeper.close();
    await upstream.close();
  };
  return { upstream, tollkeeper, key, close, [Symbol.asyncDispose]: close };
}

/** A secret that looks like one, so that it can be searched for. */
export const PROVIDER_SECRET = 'sk-provider-0123456789abcdef';

export function openaiSettings(upstream: Pick<FakeUpstream, 'url'>): Settings {
  return {
    OPENAI_API_KEY: PROVIDER_SECRET,
    OPENAI_API_URL: upstream.url,
    MODEL_PRICING_JSON: MODEL_PRICING,
  };
}

/**
 * The records that come into being while `act` runs. A record is durable before its caller has the end of the
 * answer, so nothing is waited for.
 */
export async function recordsOf<T>(
  tollkeeper: Tollkeeper,
  act: () => Promise<T>,
): Promise<{ result: T; records: RecordRow[] }> {
  const before = new Set(tollkeeper.records().map(({ id }) => id));
  const result = await act();
  return { result, records: tollkeeper.records().filter(({ id }) => !before.has(id)) };
}

/** As {@link recordsOf}, for an act that leaves exactly one record. */
export async function recordOf<T>(
  tollkeeper: Tollkeeper,
  act: () => Promise<T>,
): Promise<{ result: T; record: RecordRow }> {
  const { result, records } = await recordsOf(tollkeeper, act);
  const [record] = records;
  assert.ok(record !== undefined && records.length === 1, `${records.length} records`);
  return { result, record };
}

/** What is written when nobody waits for it any more, such as the record of an aborted answer. */
export async function eventually<T>(look: () => T | undefined): Promise<T> {
  for (let tries = 0; tries < 2_000; tries++) {
    const found = look();
    if (found !== undefined) return found;
    await pause(5);
  }
  throw new Error('it never came');
}

/** The line of the provider's bill that this record speaks of. */
export function billed(upstream: FakeUpstream, record: RecordRow): BillRow {
  const row = upstream.bill.row(record.upstream_id ?? '');
  assert.ok(row !== undefined, `the provider knows nothing of ${record.upstream_id}`);
  return row;
}

/** The record says what the provider charges: every class of tokens, and the cost to the nano-dollar. */
export function assertAgrees(record: RecordRow, upstream: FakeUpstream): void {
  const row = billed(upstream, record);
  assert.deepEqual(
    {
      model: record.model,
      outcome: record.outcome,
      provenance: record.provenance,
      input: record.input_tokens ?? 0,
      cached: record.cached_tokens ?? 0,
      written: (record.cache_write_5m_tokens ?? 0) + (record.cache_write_1h_tokens ?? 0),
      output: record.output_tokens ?? 0,
      cost: record.cost_nanos,
      flawed: record.flawed,
    },
    {
      model: row.model,
      outcome: 'completed',
      provenance: 'reported',
      input: row.promptTokens,
      cached: row.cachedTokens,
      written: row.cacheWriteTokens + row.cacheWrite1hTokens,
      output: row.completionTokens,
      cost: row.costNanos,
      flawed: 0,
    },
  );
}

/** A request that cost nothing: it is on record, and it is not on the bill. */
export function assertCostNothing(record: RecordRow): void {
  assert.deepEqual(
    { cost: record.cost_nanos, source: record.cost_source, output: record.output_tokens ?? 0 },
    { cost: 0, source: 'none', output: 0 },
  );
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON, or `{text}` for anything else. */
  readonly body: Record<string, unknown>;
}

/** A call as curl would make it. */
export async function call(url: string, init: RequestInit = {}): Promise<Reply> {
  const answer = await fetch(url, init);
  const type = answer.headers.get('content-type') ?? '';
  const body = type.includes('json') ? await answer.json() : { text: await answer.text() };
  return { status: answer.status, headers: answer.headers, body: body as Reply['body'] };
}

/** As {@link call}, with a JSON body. */
export function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  return call(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** One chat completion of 100 input and 3 output tokens, at $0.15 and $0.60 for a million. */
export function chatOnce(url: string, apiKey: string): Promise<OpenAI.ChatCompletion> {
  const content = '[[tokens=3 promptTokens=100]]';
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 }).chat.completions.create({
    model: 'gpt-4o-mini',
    messages: [{ role: 'user', content }],
  });
}

/** In dollars. */
export const COST_OF_CHAT_ONCE = 0.0000168;
