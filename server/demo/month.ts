/** A month of usage that nobody had: believable, the same for the same seed and instant, and priced for real. */
import { readFileSync } from 'node:fs';
import { ZERO } from '../../contract/money.ts';
import { type TokenUsage, UNKNOWN_USAGE } from '../../contract/usage.ts';
import { DAY_MS, HOUR_MS } from '../clock.ts';
import type { Metering, Price } from '../metering/metering.ts';
import type { UsageRecord } from '../records/records.ts';
import { type Chance, createChance } from './chance.ts';

/** Who asks for what, and how much. Data, so that a model of today can take the place of one of yesterday. */
export interface Script {
  readonly seed: number;
  readonly people: readonly Person[];
  readonly providerKeys: readonly StoredKey[];
  readonly models: Readonly<Record<string, Habit>>;
}

/** A provider key of the installation. Its secret opens an account of the scripted provider and nothing else. */
export interface StoredKey {
  readonly platform: string;
  readonly name: string;
  readonly secret: string;
  /** Decimals. */
  readonly thresholdUsd?: string;
  /** What was on it when the month began, where the provider tells no balance. */
  readonly anchorUsd?: string;
}

export interface Person {
  readonly name: string;
  /** A note for each virtual key. */
  readonly keys: readonly string[];
  /** Requests on an ordinary day. */
  readonly weekday: number;
  readonly weekend: number;
  /** A machine: it asks at night as well. */
  readonly roundTheClock?: boolean;
  /** How often which model, as weights. */
  readonly models: Readonly<Record<string, number>>;
}

interface Habit {
  readonly provider: string;
  readonly catalogue: string | null;
  readonly endpoint: string;
  /** Tokens in the middle of the field. */
  readonly prompt: number;
  readonly answer: number;
  /** Shares from 0 to 1: of the prompt, of the answer, of the requests. */
  readonly cached: number;
  readonly written?: number;
  readonly reasoning?: number;
  readonly streamed: number;
  /** Its answers do not state their usage. */
  readonly silent?: boolean;
  readonly tokensPerSecond: number;
}

/** A virtual key with the person to whom it was issued. */
export interface Holder {
  readonly person: Person;
  readonly userId: string;
  readonly keyIds: readonly string[];
}

export interface ImaginedRequest {
  readonly record: UsageRecord;
  readonly price: Price | null;
}

export interface MonthOptions {
  readonly script: Script;
  readonly holders: readonly Holder[];
  /** The end of the month, in milliseconds since the epoch. */
  readonly now: number;
  readonly metering: Pick<Metering, 'price' | 'rate'>;
}

export function readScript(): Script {
  return JSON.parse(readFileSync(new URL('./month.json', import.meta.url), 'utf8')) as Script;
}

/** So many UTC days, today included, are what a report shows by default. */
const DAYS = 30;
/** What began later than this before now might not have ended yet. */
const LAST_START_MS = 120_000;

/** How much is asked in each hour of a working day, UTC. */
const WORKING_HOURS = [0, 0, 0, 0, 0, 0, 1, 4, 9, 12, 12, 9, 5, 9, 12, 12, 10, 6, 3, 2, 2, 1, 0, 0];

/** All requests of the month in the order in which they began; about five thousand. */
export function imagineMonth(options: MonthOptions): readonly ImaginedRequest[] {
  const { script, holders, now } = options;
  const chance = createChance(script.seed);
  const today = Math.floor(now / DAY_MS);
  const requests: ImaginedRequest[] = [];
  for (let day = today - DAYS + 1; day <= today; day++) {
    for (const holder of holders) {
      for (const startedAt of startsOf(day, holder.person, chance)) {
        const request = imagine({ ...options, holder, startedAt, chance });
        // Drawn all the same, so that the hour of the first start changes nothing that came before it.
        if (startedAt < now - LAST_START_MS) requests.push(request);
      }
    }
  }
  return requests.sort((a, b) => a.record.startedAt - b.record.startedAt);
}

function startsOf(day: number, person: Person, chance: Chance): readonly number[] {
  // The first day of the epoch was a Thursday.
  const weekday = (day + 4) % 7;
  const usual = weekday === 0 || weekday === 6 ? person.weekend : person.weekday;
  const count = Math.round(usual * chance.between(0.7, 1.3));
  return Array.from({ length: count }, () => {
    const hour = person.roundTheClock ? chance.below(24) : chance.index(WORKING_HOURS);
    return day * DAY_MS + hour * HOUR_MS + chance.below(HOUR_MS);
  });
}

interface Moment extends MonthOptions {
  readonly holder: Holder;
  readonly startedAt: number;
  readonly chance: Chance;
}

function imagine(moment: Moment): ImaginedRequest {
  const { script, holder, startedAt, chance } = moment;
  const names = Object.keys(holder.person.models);
  const model = names[chance.index(Object.values(holder.person.models))] ?? '';
  const habit = script.models[model];
  if (habit === undefined) throw new Error(`the script has no habit for ${model}`);
  const asked: UsageRecord = {
    id: requestId(startedAt, chance),
    virtualKeyId: holder.keyIds[chance.below(holder.keyIds.length)] ?? '',
    userId: holder.userId,
    providerId: habit.provider,
    // A server of one's own is the upstream of the settings.
    providerKeyId: `env:${habit.provider === 'custom' ? 'upstream' : habit.provider}`,
    endpoint: habit.endpoint,
    model,
    servedModel: model,
    serviceTier: null,
    streamed: chance.happens(habit.streamed),
    status: 200,
    outcome: 'completed',
    provenance: habit.silent === true ? 'estimated' : 'reported',
    tokens: tokensOf(habit, chance),
    cost: ZERO,
    costSource: 'none',
    priceId: null,
    flawed: false,
    charge: null,
    failure: null,
    attempts: 1,
    upstreamId: `demo-${chance.hex(12)}`,
    startedAt,
    ttftMs: Math.round(chance.around(420)),
    durationMs: 0,
  };
  return priced(moment, habit, timed(withFate(asked, chance), habit));
}

function tokensOf(habit: Habit, chance: Chance): TokenUsage {
  const input = Math.round(chance.around(habit.prompt));
  const output = Math.round(chance.around(habit.answer));
  const stated = habit.silent !== true;
  const share = (part: number, of: number): number =>
    Math.floor(of * part * chance.between(0.4, 1));
  const written = habit.written === undefined ? null : share(habit.written, input);
  return {
    input,
    cachedInput: stated ? share(habit.cached, input) : null,
    cacheWrite5m: written,
    cacheWrite1h: null,
    output,
    reasoning: habit.reasoning === undefined ? null : share(habit.reasoning, output),
  };
}

/** Nothing was served: no tokens, no cost, no time at which an answer began. */
const NOTHING_SERVED = {
  tokens: UNKNOWN_USAGE,
  provenance: 'reported',
  servedModel: null,
  upstreamId: null,
  ttftMs: null,
} as const;

/** Most requests simply succeed. The others are spread as a quiet month would spread them. */
function withFate(asked: UsageRecord, chance: Chance): UsageRecord {
  const fate = chance.between(0, 100);
  if (fate < 1.2) {
    const status = chance.happens(0.7) ? 429 : 500;
    return { ...asked, ...NOTHING_SERVED, outcome: 'failed', status };
  }
  if (fate < 1.6) {
    const failure = chance.happens(0.5) ? 'upstream_timeout' : 'upstream_unreachable';
    return { ...asked, ...NOTHING_SERVED, outcome: 'failed', status: 503, failure };
  }
  if (fate < 1.9) {
    return {
      ...asked,
      ...NOTHING_SERVED,
      outcome: 'refused',
      status: 403,
      failure: 'account_path_forbidden',
      endpoint: 'organization/usage/completions',
      providerId: null,
      providerKeyId: null,
      model: null,
      streamed: false,
      attempts: 0,
    };
  }
  if (!asked.streamed || fate > 5.4) return asked;
  const { tokens } = asked;
  const served = Math.ceil((tokens.output ?? 0) * chance.between(0.1, 0.9));
  const cut = { ...tokens, output: served, reasoning: null };
  const partial = { ...asked, tokens: cut, provenance: 'partial' } as const;
  return fate < 5
    ? { ...partial, outcome: 'aborted' }
    : { ...partial, outcome: 'failed', status: 503, failure: 'upstream_reset' };
}

function timed(record: UsageRecord, habit: Habit): UsageRecord {
  const { ttftMs, tokens } = record;
  if (ttftMs === null) return { ...record, durationMs: record.attempts === 0 ? 1 : 180 };
  const writing = Math.round(((tokens.output ?? 0) / habit.tokensPerSecond) * 1000);
  // An answer in one piece has no first byte before it is whole.
  return record.streamed
    ? { ...record, durationMs: ttftMs + writing }
    : { ...record, ttftMs: ttftMs + writing, durationMs: ttftMs + writing + 2 };
}

/** The same price list and the same arithmetic as for a request that really was made. */
function priced(
  { metering, startedAt }: Moment,
  { catalogue }: Habit,
  record: UsageRecord,
): ImaginedRequest {
  const { model, tokens } = record;
  if (model === null || record.ttftMs === null) return { record, price: null };
  const price = metering.price({
    catalogue,
    model,
    at: startedAt,
    inputTokens: tokens.input ?? 0,
  });
  const usage = { tokens, cost: null, units: {}, flawed: false };
  const { cost, source, priceId } = metering.rate({ usage, price, local: false });
  return { record: { ...record, cost, costSource: source, priceId }, price };
}

/** In the shape and order of real ids, so that sorting by id is sorting by time. */
function requestId(at: number, chance: Chance): string {
  const time = Math.floor(at).toString(16).padStart(12, '0');
  return `req_${time}7${chance.hex(3)}8${chance.hex(15)}`;
}
