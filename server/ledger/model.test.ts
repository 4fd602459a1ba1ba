import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Nanos, nanos } from '../../contract/money.ts';
import { Failure } from '../failure.ts';
import { newId } from '../id.ts';
import { audit } from './ledger.ts';
import { budget, fund, openStage, type Stage } from './ledger-for-tests.ts';

const LONG = process.env['LONG'] === '1';
const PROGRAMS = LONG ? 50 : 5;
const STEPS = 2_000;
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

const USERS = ['usr_a', 'usr_b', 'usr_c'];
const PERIODS = { bud_day: 'day', bud_month: 'month', bud_ever: 'forever' } as const;
type BudgetId = keyof typeof PERIODS;
const BUDGETS = Object.keys(PERIODS) as BudgetId[];
const LIMIT = 5_000;

/** The naive books: everything is counted again from lists whenever it is asked for. */
interface Model {
  now: number;
  holds: {
    id: string;
    user: string;
    amount: number;
    keys: Record<BudgetId, string>;
    until: number;
  }[];
  ended: Map<
    string,
    { user: string; amount: number; charged: number | null; keys: Record<BudgetId, string> }
  >;
  entries: { account: string; amount: number }[];
  posts: Map<string, { user: string; amount: number }>;
}

type Step =
  | { do: 'hold'; user: number; amount: number; again: boolean }
  | { do: 'settle' | 'release'; pick: number; part: number }
  | { do: 'post'; user: number; amount: number; key: number }
  | { do: 'pass'; ms: number }
  | { do: 'sweep' | 'snapshot' | 'reopen' };

const pick = fc.nat();
const user = fc.nat({ max: USERS.length - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 400,
    arbitrary: fc.record({
      do: fc.constant('hold' as const),
      user,
      amount: fc.nat({ max: 900 }),
      again: fc.boolean(),
    }),
  },
  {
    weight: 300,
    arbitrary: fc.record({ do: fc.constant('settle' as const), pick, part: fc.nat({ max: 115 }) }),
  },
  {
    weight: 80,
    arbitrary: fc.record({ do: fc.constant('release' as const), pick, part: fc.constant(0) }),
  },
  {
    weight: 60,
    arbitrary: fc.record({
      do: fc.constant('post' as const),
      user,
      amount: fc.integer({ min: -900, max: 1_500 }),
      key: fc.nat({ max: 400 }),
    }),
  },
  {
    weight: 100,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.integer({ min: -600_000, max: 5_000_000 }),
    }),
  },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('snapshot' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
);

const keysAt = (now: number): Record<BudgetId, string> => {
  const date = new Date(now).toISOString();
  return { bud_day: date.slice(0, 10), bud_month: date.slice(0, 7), bud_ever: 'ever' };
};
const total = (amounts: readonly number[]) => amounts.reduce((sum, amount) => sum + amount, 0);
const accountOf = (id: BudgetId, key: string) => `${id} ${key}`;

function booked(model: Model, account: string): number {
  return total(
    model.entries.filter((entry) => entry.account === account).map(({ amount }) => amount),
  );
}

function heldOn(model: Model, id: BudgetId, key: string): number {
  return total(model.holds.filter(({ keys }) => keys[id] === key).map(({ amount }) => amount));
}

function heldBy(model: Model, name: string): number {
  return total(model.holds.filter((hold) => hold.user === name).map(({ amount }) => amount));
}

function coverOf(model: Model, name: string): number {
  const keys = keysAt(model.now);
  const budgets = BUDGETS.map(
    (id) => LIMIT_OF[id] + booked(model, accountOf(id, keys[id])) - heldOn(model, id, keys[id]),
  );
  return Math.min(booked(model, name) - heldBy(model, name), ...budgets);
}

const LIMIT_OF: Record<BudgetId, number> = {
  bud_day: LIMIT,
  bud_month: LIMIT * 12,
  bud_ever: LIMIT * 80,
};

class Comparison {
  readonly stage: Stage;
  readonly model: Model;
  operations = 0;

  constructor(stage: Stage) {
    this.stage = stage;
    this.model = {
      now: stage.time.now,
      holds: [],
      ended: new Map(),
      entries: [],
      posts: new Map(),
    };
  }

  async run(what: Step): Promise<void> {
    this.operations++;
    if (what.do === 'hold') this.hold(what);
    else if (what.do === 'settle') await this.settle(what.pick, what.part);
    else if (what.do === 'release') this.release(what.pick);
    else if (what.do === 'post') await this.post(what);
    else if (what.do === 'pass') this.stage.time.now = this.model.now += what.ms;
    else if (what.do === 'sweep') this.sweep();
    else if (what.do === 'snapshot') await this.stage.ledger.snapshot();
    else await this.reopen();
  }

  hold({ user: index, amount, again }: Extract<Step, { do: 'hold' }>): void {
    const { model, stage } = this;
    const name = USERS[index] ?? '';
    const accounts = { wallet: name, budgets: BUDGETS };
    const last = model.holds.at(-1);
    if (again && last !== undefined) {
      const repeated = () =>
        stage.ledger.hold({
          id: last.id,
          amount: nanos(amount),
          wallet: last.user,
          budgets: BUDGETS,
        });
      if (amount === last.amount) assert.equal(repeated().expiresAt, last.until);
      else assert.throws(repeated, { code: 'hold_conflict' });
      return;
    }
    const cover = coverOf(model, name);
    assert.equal(stage.ledger.cover(accounts), Math.max(0, cover));
    const id = newId('req');
    const attempt = () => stage.ledger.hold({ id, amount: nanos(amount), ...accounts });
    if (amount > cover) {
      assert.throws(
        attempt,
        (error) => error instanceof Failure && error.code === 'insufficient_quota',
      );
      return;
    }
    const { expiresAt } = attempt();
    model.holds.push({ id, user: name, amount, keys: keysAt(model.now), until: expiresAt });
  }

  async settle(at: number, part: number): Promise<void> {
    const { model, stage } = this;
    const hold = model.holds[at % (model.holds.length + 1)];
    if (hold === undefined) {
      // One that has ended: a repetition if it was settled, else an end that comes after the sweeper.
      const [id, before] = [...model.ended].at(-1) ?? [];
      if (id === undefined || before === undefined) return;
      const cost = before.charged ?? 1;
      assert.equal((await stage.settle(id, cost)).charged, cost);
      if (before.charged === null) this.book(id, before, cost);
      return;
    }
    const cost = Math.floor((hold.amount * part) / 100);
    const settled = await stage.settle(hold.id, cost);
    assert.equal(settled.excess, Math.max(0, cost - hold.amount));
    this.book(hold.id, hold, cost);
    assert.equal(settled.balanceAfter, booked(model, hold.user));
  }

  book(
    id: string,
    of: { user: string; amount: number; keys: Record<BudgetId, string> },
    cost: number,
  ): void {
    const { model } = this;
    model.holds = model.holds.filter((hold) => hold.id !== id);
    model.ended.set(id, { ...of, charged: cost });
    if (cost === 0) return;
    model.entries.push({ account: of.user, amount: -cost });
    for (const name of BUDGETS)
      model.entries.push({ account: accountOf(name, of.keys[name]), amount: -cost });
  }

  release(at: number): void {
    const { model, stage } = this;
    const hold = model.holds[at % (model.holds.length + 1)];
    assert.equal(stage.ledger.release(hold?.id ?? 'req_none'), hold !== undefined);
    if (hold !== undefined) this.drop(hold);
  }

  drop(hold: Model['holds'][number]): void {
    this.model.holds = this.model.holds.filter((other) => other !== hold);
    this.model.ended.set(hold.id, { ...hold, charged: null });
  }

  async post({ user: index, amount, key }: Extract<Step, { do: 'post' }>): Promise<void> {
    const { model, stage } = this;
    const name = USERS[index] ?? '';
    if (amount === 0) return;
    const idempotencyKey = `post ${key}`;
    const kind = amount < 0 ? 'correction' : 'credit';
    const attempt = stage.ledger.post({
      account: name,
      amount: nanos(amount),
      kind,
      reason: 'model',
      idempotencyKey,
    });
    const before = model.posts.get(idempotencyKey);
    if (before !== undefined && (before.user !== name || before.amount !== amount)) {
      await assert.rejects(attempt, { code: 'idempotency_conflict' });
      return;
    }
    await attempt;
    if (before !== undefined) return;
    model.posts.set(idempotencyKey, { user: name, amount });
    model.entries.push({ account: name, amount });
  }

  sweep(): void {
    const { model, stage } = this;
    const expired = model.holds.filter(({ until }) => until <= model.now);
    const swept = stage.ledger.sweep().map(({ id }) => id);
    assert.deepEqual(swept.toSorted(), expired.map(({ id }) => id).toSorted());
    for (const hold of expired) this.drop(hold);
  }

  /** A crash: the notes of open requests are all that is left of them. */
  async reopen(): Promise<void> {
    const { model, stage } = this;
    const notes = model.holds.map(({ id, user: wallet, amount, keys, until }) => {
      const at = Math.max(Date.parse(keys.bud_day), until - 600_000);
      return { id, wallet, budgets: BUDGETS, amount: amount as Nanos, at, expiresAt: until };
    });
    await stage.reopen();
    assert.equal((await stage.ledger.restore(notes)).length, notes.length);
    model.ended.clear();
    this.compare();
  }

  compare(): void {
    const { model, stage } = this;
    for (const name of USERS) {
      const { balance, held } = stage.ledger.balance(name) ?? {};
      assert.deepEqual([balance, held], [booked(model, name), heldBy(model, name)], name);
    }
    const keys = keysAt(model.now);
    for (const id of BUDGETS) {
      const { spent, held } = stage.ledger.balance(id) ?? {};
      const expected = [0 - booked(model, accountOf(id, keys[id])), heldOn(model, id, keys[id])];
      assert.deepEqual([spent, held], expected, id);
    }
  }
}

async function program(steps: readonly Step[]): Promise<number> {
  const stage = await openStage(Date.UTC(2027, 0, 29));
  try {
    const comparison = new Comparison(stage);
    for (const id of BUDGETS)
      await stage.ledger.defineBudget(budget({ id, period: PERIODS[id], limit: LIMIT_OF[id] }));
    for (const name of USERS) {
      await fund(stage.ledger, name, 20_000);
      comparison.model.entries.push({ account: name, amount: 20_000 });
    }
    for (const what of steps) await comparison.run(what);
    comparison.compare();
    const findings = await audit(stage.storage, { now: stage.time.now });
    assert.deepEqual(
      findings.filter(({ ok }) => !ok),
      [],
    );
    return comparison.operations;
  } finally {
    await stage.close();
  }
}

test(`T13: random operations leave the books as naive books have them (seed ${SEED})`, async () => {
  let operations = 0;
  const steps = fc.array(step, { minLength: STEPS, maxLength: STEPS, size: 'max' });
  const property = fc.asyncProperty(steps, async (all) => {
    operations += await program(all);
  });
  await fc.assert(property, { numRuns: PROGRAMS, seed: SEED, endOnFailure: true });
  assert.ok(operations >= PROGRAMS * STEPS);
});
