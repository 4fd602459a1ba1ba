/** Probes: a tiny completion that shows whether a key really serves, and what that costs. Only where it was asked for. */
import { sql } from 'kysely';
import { type Nanos, nanos } from '../../contract/money.ts';
import { type CostSource, UNKNOWN_USAGE } from '../../contract/usage.ts';
import { type Clock, DAY_MS, utcDay } from '../clock.ts';
import { toFailure } from '../failure.ts';
import { newId } from '../id.ts';
import type { Metering } from '../metering/metering.ts';
import {
  type AccountAnswer,
  type Ask,
  type JsonObject,
  type Provider,
  wantsPayment,
} from '../providers/providers.ts';
import type { CostOfDay } from '../records/records.ts';
import { compileOnce, type Storage, type Write } from '../storage/storage.ts';
import type { WatchedKey } from './watched-key.ts';

/** Enough for a word; some models refuse to write less. */
const OUTPUT_TOKENS_MAX = 16;

/** What a probe is told where nobody pays. */
export const NOTHING_LEFT = 'The account has nothing left to pay with.';
/** A provider errs once; what it says so often in a row holds. */
const TOLD_UNTIL_UNPAID = 2;

export interface Probe {
  readonly id: string;
  readonly keyId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly model: string;
  readonly ok: boolean;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** Null: unpriced, which is not free. */
  readonly cost: Nanos | null;
  readonly costSource: CostSource;
  readonly latencyMs: number;
  /** A sentence without secrets and without a word of the provider's. */
  readonly error: string | null;
}

export type ProbedKey = Pick<WatchedKey, 'id' | 'provider' | 'probeModel'>;

export interface Probes {
  /** Makes a completion with the key. Never rejects for what the provider does. */
  probe(key: ProbedKey, ask: Ask): Promise<Probe>;
  append(probe: Probe): Write;
  /** Were the last probes of a key since an instant all told that nobody pays? */
  areUnpaid(keyId: string, since: number): Promise<boolean>;
  /** What probes of a key cost since an instant, by UTC day. Unpriced ones add nothing. */
  costs(keyId: string, since: number): Promise<readonly CostOfDay[]>;
}

export interface ProbesDeps {
  readonly storage: Pick<Storage, 'db'>;
  readonly clock: Clock;
  readonly metering: Pick<Metering, 'price' | 'rate'>;
  /** The model of probes where neither key nor provider has one. */
  readonly model: string;
}

export function createProbes({ storage, clock, metering, ...usual }: ProbesDeps): Probes {
  const insert = compileOnce(
    storage.db.insertInto('probes').values({
      id: '',
      provider_key_id: '',
      at: 0,
      model: '',
      ok: 0,
      input_tokens: 0,
      output_tokens: 0,
      cost_nanos: 0,
      cost_source: '',
      latency_ms: 0,
      error: '',
    }),
  );

  return {
    async probe({ id, provider, probeModel }, ask) {
      const model = probeModel ?? provider.probeModel ?? usual.model;
      const at = clock.now();
      const startedAt = clock.elapsed();
      const tried = await attempt(ask, bodyFor(provider, model));
      const latencyMs = Math.round(clock.elapsed() - startedAt);
      const bill =
        tried.error === null
          ? billOf({ metering, provider, model }, tried.body, at)
          : { inputTokens: null, outputTokens: null, cost: null, costSource: 'none' as const };
      const { error } = tried;
      return {
        id: newId('prb'),
        keyId: id,
        at,
        model,
        ok: error === null,
        latencyMs,
        error,
        ...bill,
      };
    },
    append: (probe) =>
      insert([
        probe.id,
        probe.keyId,
        probe.at,
        probe.model,
        probe.ok ? 1 : 0,
        probe.inputTokens,
        probe.outputTokens,
        probe.cost,
        probe.costSource,
        probe.latencyMs,
        probe.error,
      ]),
    areUnpaid: (keyId, since) => areUnpaid(storage, keyId, since),
    costs: (keyId, since) => costs(storage, keyId, since),
  };
}

async function areUnpaid(
  { db }: ProbesDeps['storage'],
  keyId: string,
  since: number,
): Promise<boolean> {
  const last = await db
    .selectFrom('probes')
    .select('error')
    .where('provider_key_id', '=', keyId)
    .where('at', '>=', since)
    .orderBy('id', 'desc')
    .limit(TOLD_UNTIL_UNPAID)
    .execute();
  return last.filter(({ error }) => error === NOTHING_LEFT).length === TOLD_UNTIL_UNPAID;
}

async function costs(
  { db }: ProbesDeps['storage'],
  keyId: string,
  since: number,
): Promise<readonly CostOfDay[]> {
  const rows = await db
    .selectFrom('probes')
    .select([
      sql<number>`at / ${sql.lit(DAY_MS)}`.as('day'),
      sql<number>`sum(cost_nanos)`.as('cost'),
    ])
    .where('provider_key_id', '=', keyId)
    .where('at', '>=', since)
    .where('cost_nanos', 'is not', null)
    .groupBy('day')
    .execute();
  return rows.map(({ day, cost }) => ({ date: utcDay(day * DAY_MS), cost: nanos(cost) }));
}

/** What the answer says was used, and what that costs. */
function billOf(
  of: { metering: ProbesDeps['metering']; provider: Provider; model: string },
  body: unknown,
  at: number,
) {
  const { metering, model } = of;
  const { routing } = of.provider;
  const usage = routing.readUsage('chat', objectIn(body)) ?? {
    tokens: UNKNOWN_USAGE,
    cost: null,
    units: {},
    flawed: false,
  };
  const { input, output } = usage.tokens;
  const isKnown = usage.cost !== null || (input !== null && output !== null);
  const catalogue = routing.priceCatalogue;
  const price = isKnown ? metering.price({ catalogue, model, at, inputTokens: input ?? 0 }) : null;
  const { cost, source } = metering.rate({ usage, price, local: false });
  return { inputTokens: input, outputTokens: output, cost, costSource: source };
}

function bodyFor({ routing }: Provider, model: string): JsonObject {
  return {
    model,
    messages: [{ role: 'user', content: 'ping' }],
    [routing.chatBound(model)]: OUTPUT_TOKENS_MAX,
  };
}

type Tried = { readonly body: unknown; readonly error: null } | { readonly error: string };

async function attempt(ask: Ask, body: JsonObject): Promise<Tried> {
  let answer: AccountAnswer;
  try {
    answer = await ask({ method: 'POST', path: '/chat/completions', dialect: 'openai', body });
  } catch (error) {
    return { error: toFailure(error).kind.sentence };
  }
  const { status, body: told } = answer;
  const isGood = status >= 200 && status < 300 && Array.isArray(objectIn(told)['choices']);
  if (isGood) return { body: told, error: null };
  if (wantsPayment(answer)) return { error: NOTHING_LEFT };
  if (status === 429) return { error: 'The provider asks for fewer calls.' };
  return { error: `The provider answered status ${status} and no completion.` };
}

function objectIn(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
}
