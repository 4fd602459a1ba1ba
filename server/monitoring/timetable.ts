/**
 * Which key is due for what, and whose turn it is. A key is claimed with a lease before anything is asked about it, so
 * that several instances can work side by side and no key is done twice; what a dead one left is free again when its
 * lease ends. All of it lies in the database, so it survives a restart.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Storage, Write } from '../storage/storage.ts';
import type { KeyHealthTable } from '../storage/tables/monitoring-tables.ts';

export type KeyRow = Readonly<KeyHealthTable>;

/** What a round of work changes; whatever is not named stays. */
export type KeyChange = Partial<Omit<KeyHealthTable, 'provider_key_id' | 'due_at'>>;

/** What decides when a key is looked at. */
export interface Plan {
  readonly keyId: string;
  readonly lane: string;
  /** Any text; the key is looked at anew when it changes. */
  readonly rules: string;
  /** Tells one secret from another, and nothing about it: with another one all that was known is forgotten. */
  readonly secretMark: string;
  readonly syncs: boolean;
  readonly probes: boolean;
}

export interface Timetable {
  /** Takes in new keys and those with new rules, due at once; all others rest, and how they fared stays known. */
  align(plans: readonly Plan[]): Promise<void>;
  /** Notes a key of which nothing is known yet, at rest until the next time that all are taken in. */
  enter(plan: Plan): Promise<void>;
  /** Makes all keys due for a check now, and for a probe where they are probed. */
  hurry(): Promise<void>;
  /** Claims at most `limit` keys that are due, those longest due first. */
  claim(limit: number, closedLanes: readonly string[]): Promise<readonly KeyRow[]>;
  /**
   * What was done, and when the key is due again.
   *
   * @param lease under which it was done: the write fails if another has claimed the key since, or its rules have changed.
   *   Null: nobody's. Either way it fails if the key got another secret.
   */
  settle(row: KeyRow, change: KeyChange, lease: string | null): Write;
  /** Of the given keys those that are known. */
  rows(keyIds: readonly string[]): Promise<readonly KeyRow[]>;
}

/** Longer than any work on one key may take. */
export const LEASE_MS = 300_000;
/** How far clocks of several instances may differ. */
const SKEW_MS = 60_000;

export interface TimetableDeps {
  readonly storage: Storage;
  readonly clock: Clock;
  /** A name that no other claim of any instance has. */
  readonly nameOfClaim: () => string;
}

export function createTimetable(deps: TimetableDeps): Timetable {
  return new Rows(deps);
}

class Rows implements Timetable {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #nameOfClaim: () => string;
  /** The rules by key of what is on the timetable; null before the first look into the database. */
  #planned: ReadonlyMap<string, string> | null = null;
  /** Those that were entered since, and so laid to rest, also where they are on the timetable. */
  readonly #entered = new Set<string>();
  #latest = Number.POSITIVE_INFINITY;

  constructor({ storage, clock, nameOfClaim }: TimetableDeps) {
    this.#storage = storage;
    this.#clock = clock;
    this.#nameOfClaim = nameOfClaim;
  }

  async align(plans: readonly Plan[]): Promise<void> {
    const before = this.#planned ?? (await this.#onRecord());
    const now = this.#clock.now();
    const isBack = now < this.#latest;
    const fresh = plans.filter(
      ({ keyId, rules }) => this.#entered.has(keyId) || before.get(keyId) !== rules,
    );
    this.#entered.clear();
    const after = new Map(plans.map(({ keyId, rules }) => [keyId, rules]));
    const gone = [...before.keys()].filter((id) => !after.has(id));
    const writes = [
      ...(isBack ? [this.#write(rewound(now))] : []),
      ...fresh.map((plan) => this.#write(planned(plan, now))),
      ...gone.map((id) => this.#write(resting(id))),
    ];
    if (writes.length > 0) {
      // Should this fail, only the database knows what is on the timetable.
      this.#planned = null;
      await this.#storage.commit(writes);
    }
    this.#planned = after;
    this.#latest = now;
  }

  async #onRecord(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#storage.db
      .selectFrom('key_health')
      .select(['provider_key_id as id', 'rules'])
      .where('due_at', 'is not', null)
      .execute();
    return new Map(rows.map(({ id, rules }) => [id, rules]));
  }

  async enter(plan: Plan): Promise<void> {
    const at = this.#clock.now();
    this.#entered.add(plan.keyId);
    await this.#storage.commit([
      this.#write(planned({ ...plan, rules: ENTERED }, at)),
      this.#write(resting(plan.keyId)),
    ]);
  }

  async hurry(): Promise<void> {
    const now = this.#clock.now();
    const hurried = sql`update key_health set check_at = ${now}, due_at = ${now},
      probe_at = iif(probe_at is null, null, ${now}) where due_at is not null`;
    await this.#storage.commit([this.#write(hurried)]);
  }

  async claim(limit: number, closedLanes: readonly string[]): Promise<readonly KeyRow[]> {
    const { db } = this.#storage;
    const now = this.#clock.now();
    // A lease that ends too late to be true was written by a clock that was ahead.
    const due = sql<{ provider_key_id: string }>`
      select provider_key_id from key_health
      where due_at <= ${now}
        and (lease_until is null or lease_until <= ${now} or lease_until > ${now + LEASE_MS + SKEW_MS})
        and lane not in (select value from json_each(${JSON.stringify(closedLanes)}))
      order by due_at limit ${limit}`;
    // Most of the time nothing is due, and that is no reason to write to the disk.
    if ((await due.execute(db)).rows.length === 0) return [];
    const claim = this.#nameOfClaim();
    const claimed = sql`
      update key_health set lease_by = ${claim}, lease_until = ${now + LEASE_MS}
      where provider_key_id in (${due})`;
    await this.#storage.commit([this.#write(claimed)]);
    return await db
      .selectFrom('key_health')
      .selectAll()
      .where('lease_by', '=', claim)
      .orderBy('due_at')
      .execute();
  }

  settle(row: KeyRow, change: KeyChange, lease: string | null): Write {
    const values = {
      ...change,
      ...(lease === null ? {} : { lease_by: null, lease_until: null }),
      scheduled_at: this.#clock.now(),
    };
    const sets = Object.entries(values).map(([name, value]) => sql`${sql.ref(name)} = ${value}`);
    // A key that was switched off meanwhile stays at rest.
    const due = sql`due_at = iif(due_at is null, null, ${firstOf({ ...row, ...change })})`;
    const isOwn = lease === null ? sql`` : sql` and lease_by = ${lease}`;
    const guard = sql`${isOwn} and secret_mark is ${row.secret_mark}`;
    const settled = sql`
      update key_health set ${sql.join([...sets, due])}
      where provider_key_id = ${row.provider_key_id}${guard}`;
    return { ...this.#write(settled), rows: 1 };
  }

  async rows(keyIds: readonly string[]): Promise<readonly KeyRow[]> {
    const ids = sql<string>`(select value from json_each(${JSON.stringify(keyIds)}))`;
    return await this.#storage.db
      .selectFrom('key_health')
      .selectAll()
      .where('provider_key_id', 'in', ids)
      .execute();
  }

  #write(query: RawBuilder<unknown>): Write {
    const { sql: text, parameters } = query.compile(this.#storage.db);
    return { sql: text, parameters };
  }
}

/** The rules of a key that is at rest, as one that was entered and is not planned yet. */
const ENTERED = '';
/** A key that was at rest and was checked so lately need not be checked again when it is planned. */
const LATELY_MS = 60_000;

/** What is known of a key, as it is before anything is. */
const FORGOTTEN = {
  ...{ status: 'unknown', refusals: 0, failures: 0, strikes: 0, kind: null, message: null },
  ...{ balance_nanos: null, currency: null, source: null, balance_at: null },
  ...{ runway_hours: null, runway_low_hours: null, runway_high_hours: null },
  ...{ last_checked_at: null, last_ok_at: null },
} satisfies KeyChange;

/**
 * A key that is new or has new rules is looked at now; how it fared before stays known, unless that was with another
 * secret, which to its provider is another key.
 */
function planned(plan: Plan, now: number): RawBuilder<unknown> {
  const { keyId, lane, rules, secretMark, syncs, probes } = plan;
  const isOther = sql`(secret_mark <> excluded.secret_mark)`;
  const known = Object.entries(FORGOTTEN).map(([name, value]) => {
    const column = sql.ref(name);
    return sql`${column} = iif(${isOther}, ${value}, ${column})`;
  });
  return sql`
    insert into key_health (provider_key_id, lane, status, refusals, failures, strikes, rules, secret_mark,
      check_at, validate_at, sync_at, probe_at, due_at, scheduled_at)
    values (${keyId}, ${lane}, 'unknown', 0, 0, 0, ${rules}, ${secretMark},
      ${now}, ${now}, ${syncs ? now : null}, ${probes ? now : null}, ${now}, ${now})
    on conflict (provider_key_id) do update set
      lane = excluded.lane, rules = excluded.rules, secret_mark = excluded.secret_mark,
      secret_since = iif(${isOther}, ${now}, secret_since), ${sql.join(known)},
      check_at = iif(rules = ${ENTERED} and last_checked_at > ${now - LATELY_MS} and ${isOther} is not true,
        check_at, excluded.check_at),
      validate_at = iif(${isOther}, excluded.validate_at, validate_at),
      sync_at = iif(excluded.sync_at is null or ${isOther}, excluded.sync_at, coalesce(sync_at, excluded.sync_at)),
      probe_at = iif(excluded.probe_at is null or ${isOther}, excluded.probe_at, coalesce(probe_at, excluded.probe_at)),
      due_at = excluded.due_at, scheduled_at = excluded.scheduled_at, lease_by = null, lease_until = null`;
}

/** Neither its address nor its masked secret is kept: the key may be gone, and its owner with it. */
function resting(keyId: string): RawBuilder<unknown> {
  return sql`
    update key_health set due_at = null, lane = '', rules = ${ENTERED} where provider_key_id = ${keyId}`;
}

/** A timetable from the future was written by a clock that was ahead: nobody can wait for it to come true. */
function rewound(now: number): RawBuilder<unknown> {
  return sql`
    update key_health set check_at = ${now}, validate_at = ${now}, due_at = ${now}, scheduled_at = ${now},
      sync_at = iif(sync_at is null, null, ${now}), probe_at = iif(probe_at is null, null, ${now})
    where due_at is not null and scheduled_at > ${now + SKEW_MS}`;
}

function firstOf({ check_at, sync_at, probe_at }: KeyChange): number | null {
  const due = [check_at, sync_at, probe_at].filter((at) => typeof at === 'number');
  return due.length === 0 ? null : Math.min(...due);
}
