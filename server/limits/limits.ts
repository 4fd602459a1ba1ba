/**
 * The door of `limits`: may this request go now? Requests and tokens per minute, hour and day of the UTC clock, and
 * requests under way at once, for each virtual key and each user. Money is not here.
 *
 * Rules lie in the database and in memory, counters in memory only: an admission is one step of the main thread, so no
 * two requests can take the same last place. After a restart the counters are rebuilt from what is on record.
 */
import type { Selectable } from 'kysely';
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import type { Storage, Write } from '../storage/storage.ts';
import type { RateLimitsTable } from '../storage/tables/limits-tables.ts';
import { rateLimitHeaders } from './headers.ts';
import { Booking, type Pass, wholeTokens } from './pass.ts';
import { failureOf, worstBreach } from './refusal.ts';
import { checkedLimits, NO_LIMITS, type RateLimits, type Scope } from './rules.ts';
import { type Standing, standingOf } from './standing.ts';
import { SteadyTime } from './steady-time.ts';
import { NO_RULES, type Rules, rulesOf, Subject } from './subject.ts';

export type { Pass } from './pass.ts';
export {
  NO_LIMITS,
  type RateLimits,
  RULES,
  type Rule,
  type Scope,
  SEED_DEFAULTS,
} from './rules.ts';
export type { Standing } from './standing.ts';
export { createTokenBucket, type Taken, type TokenBucket } from './token-bucket.ts';

/** When a place among the requests under way may be free again is anybody's guess. */
const BUSY_WAIT_MS = 1_000;

export interface AdmissionRequest {
  readonly keyId: string;
  readonly userId: string;
  /** What is reserved: a whole number from 0 up; 0 where a call is not metered by tokens. */
  readonly tokens: number;
}

/** What was used before the start, of one request or of several that began in the same minute. */
export interface PastUse {
  readonly keyId: string;
  readonly userId: string;
  /** When it was admitted, in milliseconds since the epoch. */
  readonly at: number;
  readonly tokens: number;
  /** How many requests; 1 unless said otherwise. */
  readonly requests?: number;
}

/** New limits, ready to be committed together with other writes. */
export interface LimitsChange {
  readonly write: Write;
  /** Lets the limits hold; to be called when the write is durable. */
  apply(): void;
}

export interface Limits {
  /** What holds for a key or user: what was set, else the default of its scope. */
  get(scope: Scope, scopeId: string): RateLimits;
  /**
   * Replaces all limits of a key or user, durable when the promise resolves; they hold from then on, and what was used
   * before counts.
   *
   * @throws Failure `validation_failed` for what is no limit, `storage_unavailable`; then nothing has changed
   */
  set(scope: Scope, scopeId: string, limits: RateLimits): Promise<void>;
  /** The same for an act that writes more than limits. @throws Failure `validation_failed` */
  change(scope: Scope, scopeId: string, limits: RateLimits): LimitsChange;
  /** Does a rule of this key or user count tokens? */
  countsTokens(keyId: string, userId: string): boolean;
  /**
   * Admits a request if every rule of its key and its user allows it, and books it with both; a refused one is booked
   * nowhere. Whoever holds the pass ends it, whatever happens.
   *
   * @throws Failure `rate_limited` with the refusal and the wait, `request_over_limit` if waiting can never help
   */
  admit(request: AdmissionRequest): Pass;
  /**
   * Counts what was used before the start. To be called once, before the first request, with the requests of the current
   * UTC day that had been admitted; older ones change nothing.
   */
  restore(past: Iterable<PastUse>): void;
  /** Null: of the other of the two alone. */
  standing(keyId: string | null, userId: string | null): Standing;
  /** The `x-ratelimit-*` headers of the tightest rules, admitted or refused; none where nothing is limited. */
  headersFor(keyId: string, userId: string): Record<string, string>;
}

export interface LimitsOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  /** What holds where nothing was set; without it, nothing is limited. */
  readonly defaults?: Readonly<Partial<Record<Scope, RateLimits>>>;
}

/** @throws Failure `storage_unavailable` */
export async function createLimits(options: LimitsOptions): Promise<Limits> {
  const limiter = new Limiter(options);
  await limiter.load();
  return limiter;
}

class Limiter implements Limits {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #time: SteadyTime;
  readonly #defaults: Readonly<Record<Scope, Rules>>;
  /** Whoever has limits or has called since the start: no more than were issued. */
  readonly #subjects: Readonly<Record<Scope, Map<string, Subject>>> = {
    key: new Map(),
    user: new Map(),
  };

  constructor({ storage, clock, defaults }: LimitsOptions) {
    this.#storage = storage;
    this.#clock = clock;
    this.#time = new SteadyTime(clock);
    this.#defaults = {
      key: rulesOf(defaults?.key ?? NO_LIMITS),
      user: rulesOf(defaults?.user ?? NO_LIMITS),
    };
  }

  async load(): Promise<void> {
    const rows = await this.#storage.db.selectFrom('rate_limits').selectAll().execute();
    for (const row of rows) {
      const scope = row.scope === 'user' ? 'user' : 'key';
      this.#subjectOf(scope, row.scope_id).rules = rulesOf(fromRow(row));
    }
  }

  get(scope: Scope, scopeId: string): RateLimits {
    return this.#rules(scope, scopeId).limits;
  }

  async set(scope: Scope, scopeId: string, limits: RateLimits): Promise<void> {
    const change = this.change(scope, scopeId, limits);
    await this.#storage.commit([change.write]);
    change.apply();
  }

  change(scope: Scope, scopeId: string, limits: RateLimits): LimitsChange {
    const checked = checkedLimits(limits);
    const changed = { ...checked, changed_at: this.#clock.now() };
    const write = this.#storage.db
      .insertInto('rate_limits')
      .values({ scope, scope_id: scopeId, ...changed })
      .onConflict((c) => c.columns(['scope', 'scope_id']).doUpdateSet(changed))
      .compile();
    const apply = () => {
      this.#subjectOf(scope, scopeId).rules = rulesOf(checked);
    };
    return { write, apply };
  }

  countsTokens(keyId: string, userId: string): boolean {
    return this.#rules('key', keyId).countsTokens || this.#rules('user', userId).countsTokens;
  }

  admit({ keyId, userId, tokens }: AdmissionRequest): Pass {
    const reserved = wholeTokens(tokens);
    const now = this.#time.now();
    const key = this.#subjectOf('key', keyId);
    const user = this.#subjectOf('user', userId);
    // Both are asked before either is charged, and both must be rolled to the same instant.
    const keyFits = key.fits(now, reserved);
    const userFits = user.fits(now, reserved);
    if (!keyFits || !userFits) throw this.#refusalOf([key, user], reserved, now);
    return new Booking(key, user, now, reserved);
  }

  restore(past: Iterable<PastUse>): void {
    const uses = [...past];
    // What is on record has been, even if the clock has gone back since.
    for (const { at } of uses) this.#time.saw(at);
    const now = this.#time.now();
    for (const { keyId, userId, at, tokens, requests = 1 } of uses) {
      for (const subject of [this.#subjectOf('key', keyId), this.#subjectOf('user', userId)]) {
        subject.roll(now);
        subject.book(at, requests, wholeTokens(tokens));
      }
    }
  }

  standing(keyId: string | null, userId: string | null): Standing {
    return standingOf(...this.#at(this.#time.now(), keyId, userId));
  }

  headersFor(keyId: string, userId: string): Record<string, string> {
    const now = this.#time.now();
    return rateLimitHeaders(...this.#at(now, keyId, userId), now);
  }

  /** Key and user as they stand at that instant; nobody is remembered for having been looked at. */
  #at(now: number, keyId: string | null, userId: string | null): [key: Subject, user: Subject] {
    const key =
      keyId === null
        ? new Subject('key', NO_RULES)
        : (this.#subjects.key.get(keyId) ?? new Subject('key', this.#defaults.key));
    const user =
      userId === null
        ? new Subject('user', NO_RULES)
        : (this.#subjects.user.get(userId) ?? new Subject('user', this.#defaults.user));
    key.roll(now);
    user.roll(now);
    return [key, user];
  }

  #refusalOf(subjects: readonly Subject[], tokens: number, now: number): Failure {
    const breach = worstBreach(subjects, tokens);
    if (breach === null)
      throw new Failure('internal', { detail: 'a limit refused without a reason' });
    const waitMs = breach.resetsAt === null ? BUSY_WAIT_MS : breach.resetsAt - now;
    return failureOf(breach, this.#time.waitFor(waitMs));
  }

  #rules(scope: Scope, scopeId: string): Rules {
    return this.#subjects[scope].get(scopeId)?.rules ?? this.#defaults[scope];
  }

  #subjectOf(scope: Scope, scopeId: string): Subject {
    const subjects = this.#subjects[scope];
    let subject = subjects.get(scopeId);
    if (subject === undefined) {
      subject = new Subject(scope, this.#defaults[scope]);
      subjects.set(scopeId, subject);
    }
    return subject;
  }
}

function fromRow(row: Selectable<RateLimitsTable>): RateLimits {
  const { scope: _scope, scope_id: _id, changed_at: _at, ...limits } = row;
  return limits;
}
