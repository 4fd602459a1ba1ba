import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { HandClock } from '../clock-for-tests.ts';
import { Failure } from '../failure.ts';
import { type Limits, NO_LIMITS, type Pass, type RateLimits } from './limits.ts';
import { attempt, Stage } from './stage-for-tests.ts';

/** What the specification says, with no counters: every request is kept, and every question counts them again. */
class Oracle {
  readonly #rules: Readonly<Record<string, RateLimits>>;
  readonly #booked: Booked[] = [];
  #latest = Number.NEGATIVE_INFINITY;

  constructor(rules: Readonly<Record<string, RateLimits>>) {
    this.#rules = rules;
  }

  sees(wall: number): void {
    this.#latest = Math.max(this.#latest, wall);
  }

  admit(names: readonly string[], tokens: number): Booked | null {
    const request = { names, tokens, at: this.#latest, isRunning: true, counts: true };
    if (!names.every((name) => this.#allows(name, tokens))) return null;
    this.#booked.push(request);
    return request;
  }

  used(name: string, length: 16 | 13 | 10): { requests: number; tokens: number } {
    const current = new Date(this.#latest).toISOString().slice(0, length);
    const inside = this.#booked.filter(
      ({ names, at, counts }) =>
        counts && names.includes(name) && new Date(at).toISOString().startsWith(current),
    );
    return {
      requests: inside.length,
      tokens: inside.reduce((sum, { tokens }) => sum + tokens, 0),
    };
  }

  #allows(name: string, tokens: number): boolean {
    const rules = this.#rules[name] ?? NO_LIMITS;
    const running = this.#booked.filter((b) => b.isRunning && b.names.includes(name)).length;
    const [minute, hour, day] = [this.used(name, 16), this.used(name, 13), this.used(name, 10)];
    const keeps = (limit: number | null, used: number) => limit === null || used <= limit;
    return (
      keeps(rules.requests_per_minute, minute.requests + 1) &&
      keeps(rules.requests_per_hour, hour.requests + 1) &&
      keeps(rules.requests_per_day, day.requests + 1) &&
      keeps(rules.tokens_per_minute, minute.tokens + tokens) &&
      keeps(rules.tokens_per_hour, hour.tokens + tokens) &&
      keeps(rules.tokens_per_day, day.tokens + tokens) &&
      keeps(rules.max_concurrent, running + 1)
    );
  }
}

interface Booked {
  readonly names: readonly string[];
  tokens: number;
  readonly at: number;
  isRunning: boolean;
  counts: boolean;
}

const STARTS = [
  '2026-11-21T12:00:30.250Z',
  '2026-12-31T23:59:58.000Z',
  '2028-02-28T23:59:59.000Z',
  '2028-02-29T23:58:00.000Z',
  '2026-03-29T00:59:59.000Z',
  '2026-10-25T00:59:59.000Z',
] as const;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const limit = (max: number) => fc.option(fc.integer({ min: 0, max }), { freq: 2 });
const rules = fc.record({
  requests_per_minute: limit(4),
  requests_per_hour: limit(8),
  requests_per_day: limit(12),
  tokens_per_minute: limit(60),
  tokens_per_hour: limit(120),
  tokens_per_day: limit(240),
  max_concurrent: limit(6),
});
const which = fc.nat({ max: 40 });
const tokens = fc.integer({ min: 0, max: 40 });
const act = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('admit' as const), which, tokens }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('correct' as const), which, tokens }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('end', 'cancel'), which }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('jump' as const),
      // Steps, leaps both ways, and "to the edge": up to the next boundary, or to one instant before.
      by: fc.oneof(
        fc.integer({ min: 0, max: 2 * MINUTE }),
        fc.constantFrom(HOUR, DAY, -10 * MINUTE, -HOUR, -DAY, -1),
        fc.constantFrom('minute', 'hour', 'day', 'before minute', 'before day'),
      ),
    }),
  },
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

function stepTo(clock: HandClock, by: number | string): number {
  if (typeof by === 'number') return by;
  const length = by.endsWith('minute') ? MINUTE : by.endsWith('hour') ? HOUR : DAY;
  const toEdge = length - (clock.now() % length);
  return by.startsWith('before') ? toEdge - 1 : toEdge;
}

function run(limits: Limits, clock: HandClock, oracle: Oracle, acts: readonly Act[]): void {
  const open: { readonly pass: Pass; readonly booked: Booked }[] = [];
  for (const one of acts) {
    if (one.do === 'jump') {
      clock.jump(stepTo(clock, one.by));
    } else if (one.do === 'admit') {
      oracle.sees(clock.now());
      const [keyId, userId] = one.which % 2 === 0 ? ['k', 'u'] : ['another', 'u'];
      const result = attempt(limits, one.tokens, keyId, userId);
      const booked = oracle.admit([keyId, userId], one.tokens);
      assert.equal(result instanceof Failure, booked === null);
      if (!(result instanceof Failure) && booked !== null) open.push({ pass: result, booked });
    } else {
      const chosen = open[one.which % Math.max(1, open.length)];
      if (chosen === undefined) continue;
      if (one.do === 'correct') {
        chosen.pass.correct(one.tokens);
        chosen.booked.tokens = one.tokens;
      } else {
        chosen.pass[one.do === 'end' ? 'end' : 'cancel']();
        chosen.booked.isRunning = false;
        if (one.do === 'cancel') chosen.booked.counts = false;
      }
    }
    oracle.sees(clock.now());
    assertSameUse(limits, oracle);
  }
  for (const { pass } of open) pass.end();
  for (const key of ['k', 'another']) {
    assert.equal(limits.standing(key, 'u').concurrent.running, 0);
  }
}

/** The key's counters are seen beside a user that never called and has no limits; the user's show in who is admitted. */
function assertSameUse(limits: Limits, oracle: Oracle): void {
  const { used } = limits.standing('k', 'nobody');
  const [minute, hour, day] = [oracle.used('k', 16), oracle.used('k', 13), oracle.used('k', 10)];
  assert.deepEqual(used, {
    requests_per_minute: minute.requests,
    requests_per_hour: hour.requests,
    requests_per_day: day.requests,
    tokens_per_minute: minute.tokens,
    tokens_per_hour: hour.tokens,
    tokens_per_day: day.tokens,
  });
}

let stage: Stage;
before(async () => {
  stage = await Stage.open();
});
after(() => stage.close());

test('admissions and counters are those of a model that recounts everything, whatever the clock does (T14, T78)', async () => {
  const numRuns = process.env['LONG'] === '1' ? 5_000 : 300;
  const seed = process.env['SEED'];
  const start = fc.constantFrom(...STARTS);
  const acts = fc.array(act, { minLength: 20, maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(start, rules, rules, acts, async (from, ofKey, ofUser, steps) => {
      const { limits, clock } = await stage.room(from, { key: ofKey, user: ofUser });
      run(limits, clock, new Oracle({ k: ofKey, u: ofUser }), steps);
    }),
    { numRuns, ...(seed !== undefined && { seed: Number(seed) }) },
  );
});
