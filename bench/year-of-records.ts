/**
 * A year of usage records in a database, as many as wanted, of 50 keys and 40 models. They are written by the product's
 * own rooms, through their doors, so that the sums are made as in life; only the requests are invented, by a generator
 * that says the same in every run.
 */
import { nanos } from '../contract/money.ts';
import { UNKNOWN_USAGE } from '../contract/usage.ts';
import { createAccounts } from '../server/accounts/accounts.ts';
import { systemClock } from '../server/clock.ts';
import { firstId } from '../server/id.ts';
import { createRecords, rollUpsAgree, type UsageRecord } from '../server/records/records.ts';
import { openSqlite, type Storage } from '../server/storage/storage.ts';

export const KEYS = 50;
export const MODELS = 40;
const PROVIDERS = 4;
const PROVIDER_KEYS = 8;
const KEYS_OF_A_USER = 2;
const DAY_MS = 86_400_000;
export const YEAR_MS = 365 * DAY_MS;

/** Records in one transaction: large enough that its cost is that of its rows. */
const TOGETHER = 20_000;
/** Transactions on their way to the thread that writes; more would only fill the memory. */
const UNDER_WAY = 2;

export interface FilledYear {
  /** Secret, id and owner of each virtual key. */
  readonly keys: readonly {
    readonly token: string;
    readonly id: string;
    readonly userId: string;
  }[];
  /** Beyond the last of the invented requests, in milliseconds since the epoch. */
  readonly end: number;
  readonly seconds: number;
}

export interface YearOrder {
  readonly file: string;
  readonly records: number;
  readonly say: (text: string) => void;
}

export async function fillYear({ file, records, say }: YearOrder): Promise<FilledYear> {
  const began = performance.now();
  const storage = await openSqlite({ file, clock: systemClock });
  try {
    const accounts = await createAccounts({ storage, clock: systemClock });
    const keys = [];
    for (let index = 0; index < KEYS; index++) {
      const label = `user-${Math.floor(index / KEYS_OF_A_USER)}`;
      const order = { label, note: null, origin: 'operator', allowUnmetered: true } as const;
      const { key, token } = await accounts.keys.issue(order);
      keys.push({ token, id: key.id, userId: key.userId });
    }
    const end = systemClock.now();
    await write(storage, { keys, end, records, say });
    return { keys, end, seconds: (performance.now() - began) / 1_000 };
  } finally {
    await storage.close();
  }
}

type Plan = Pick<FilledYear, 'keys' | 'end'> & Pick<YearOrder, 'records' | 'say'>;

async function write(storage: Storage, { keys, end, records, say }: Plan): Promise<void> {
  const book = createRecords({ storage, clock: systemClock });
  const chance = createChance(1);
  const start = end - YEAR_MS;
  const step = YEAR_MS / records;
  let underWay: Promise<void>[] = [];
  for (let from = 0; from < records; from += TOGETHER) {
    const to = Math.min(records, from + TOGETHER);
    const writes = [];
    for (let index = from; index < to; index++) {
      const key = keys[skewed(chance, KEYS)] ?? { id: '', userId: '' };
      const at = Math.floor(start + index * step);
      writes.push(...book.finish(invented({ index, at, key, chance }), null));
    }
    underWay.push(storage.commit(writes));
    if (underWay.length >= UNDER_WAY) await underWay.shift();
    if (to % 1_000_000 === 0) say(`${to / 1_000_000} million records are written`);
  }
  await Promise.all(underWay);
  underWay = [];
}

/** Whether the sums are those of the records; reads every one of them. */
export async function sumsAreRight(file: string): Promise<boolean> {
  const storage = await openSqlite({ file, clock: systemClock });
  try {
    return (await rollUpsAgree(storage)).every(({ ok }) => ok);
  } finally {
    await storage.close();
  }
}

interface Request {
  readonly index: number;
  readonly at: number;
  readonly key: { readonly id: string; readonly userId: string };
  readonly chance: Chance;
}

/** Mostly good requests with price and usage; now and then one that was refused, failed or has no price. */
function invented({ index, at, key, chance }: Request): UsageRecord {
  const model = skewed(chance, MODELS);
  const luck = chance();
  const isRefused = luck < 0.01;
  const isFailed = !isRefused && luck < 0.025;
  const isOwed = !isRefused && !isFailed;
  const isPriced = isOwed && luck < 0.97;
  const input = 50 + Math.floor(chance() ** 3 * 20_000);
  const output = 1 + Math.floor(chance() ** 2 * 3_000);
  const cost = nanos((input * (model + 1) + output * (model + 1) * 4) * 10);
  const isCharged = isPriced && skewed(chance, 2) === 0;
  return {
    id: `${firstId('req', at)}7${index.toString(16).padStart(19, '0')}`,
    virtualKeyId: key.id,
    userId: key.userId,
    providerId: isRefused ? null : `provider-${model % PROVIDERS}`,
    providerKeyId: isRefused ? null : `pk_${model % PROVIDER_KEYS}`,
    endpoint: 'chat/completions',
    model: modelName(model),
    servedModel: null,
    serviceTier: null,
    streamed: chance() < 0.5,
    status: isRefused ? 429 : isFailed ? 502 : 200,
    outcome: isRefused ? 'refused' : isFailed ? 'failed' : 'completed',
    provenance: 'reported',
    tokens: isOwed ? { ...UNKNOWN_USAGE, input, cachedInput: input >> 2, output } : UNKNOWN_USAGE,
    cost: isPriced ? cost : null,
    costSource: isPriced ? 'catalogue' : isOwed ? 'unpriced' : 'none',
    priceId: null,
    flawed: false,
    charge: isCharged ? { amount: cost, held: nanos(cost * 2), plan: 'cost' } : null,
    failure: isRefused ? 'rate_limited' : isFailed ? 'upstream_unreachable' : null,
    attempts: isRefused ? 0 : 1,
    upstreamId: null,
    startedAt: at,
    ttftMs: isOwed ? Math.round(60 * 80 ** chance()) : null,
    durationMs: 400 + Math.floor(chance() * 8_000),
  };
}

export const modelName = (index: number): string => `vendor/model-${index}`;

/** From 0 up to 1, 1 not included. */
type Chance = () => number;

/** Some keys and models have most of the requests, and none is without. */
function skewed(chance: Chance, count: number): number {
  return Math.floor(count * chance() ** 1.6);
}

/** A linear congruential generator: what it says is the same in every run, and nobody plays for money with it. */
function createChance(seed: number): Chance {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    // The low digits of such a generator repeat; they are not used.
    return (state >>> 8) / 2 ** 24;
  };
}
