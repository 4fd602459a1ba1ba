import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Clock } from '../server/clock.ts';
import { createOutbound, type Outbound } from '../server/outbound.ts';
import { askWith, findProvider, type UsageDays } from '../server/providers/providers.ts';
import { type FakeProvider, startFakeProvider, type Trouble } from './fake-provider.ts';

const NOW = Date.parse('2026-11-19T12:00:00Z');
const DAYS: UsageDays = { from: '2026-11-17', to: '2026-11-19', today: '2026-11-19' };
const TIMEOUTS = { connectTimeoutMs: 5_000, firstByteTimeoutMs: 30_000, idleTimeoutMs: 30_000 };

/** Stands still, and fires what waits when it is told to. */
class WaitingClock implements Clock {
  readonly waiting = new Set<() => void>();

  now(): number {
    return NOW;
  }

  elapsed(): number {
    return 0;
  }

  after(_delayMs: number, run: () => void): () => void {
    this.waiting.add(run);
    return () => this.waiting.delete(run);
  }

  every(): () => void {
    throw new Error('nothing here happens again and again');
  }
}

describe('providers with accounts', () => {
  const clock = new WaitingClock();
  let fake: FakeProvider;
  let outbound: Outbound;
  before(async () => {
    fake = await startFakeProvider({ clock });
    outbound = createOutbound(TIMEOUTS, clock);
  });
  after(async () => {
    await outbound.close();
    await fake.close();
  });

  function keyOf(id: string, secret: string) {
    const provider = findProvider(id);
    assert.ok(provider !== undefined);
    const { origin, pathname } = new URL(fake.base(id));
    const place = {
      provider,
      origin,
      basePath: pathname,
      query: {},
      headers: {},
      userGiven: false,
    };
    return { account: provider.account, ask: askWith(outbound, place, secret) };
  }

  test('what is spent is gone from the balance, at every provider that tells one', async () => {
    const balances: Record<string, [number | undefined, string | undefined]> = {};
    for (const id of ['deepseek', 'moonshot', 'siliconflow', 'novita', 'venice', 'xai']) {
      const secret = `sk-admin-${id}`;
      const account = fake.accounts.open(secret, { kind: 'management', balance: 12_500_000_000 });
      const use = { date: '2026-11-18', model: 'm', inputTokens: 10, outputTokens: 5 };
      fake.accounts.spend(account, { ...use, cost: 250_000_000 });
      const { account: adapter, ask } = keyOf(id, secret);
      const reading = await adapter.balance?.(ask);
      balances[id] = [reading?.balance ?? undefined, reading?.verdict];
      assert.equal((await adapter.validate(ask)).verdict, 'valid', id);
    }
    const expected = [12_250_000_000, 'valid'];
    assert.deepEqual([...new Set(Object.values(balances).map(String))], [String(expected)]);
  });

  test('the lower of limit and credit is what an ordinary and a management key can spend', async () => {
    const facts = { balance: 9_000_000_000, used: 1_000_000_000, limit: 3_000_000_000 };
    fake.accounts.open('sk-or-a', facts);
    fake.accounts.open('sk-or-b', { ...facts, kind: 'management', limit: 20_000_000_000 });
    const [a, b] = [keyOf('openrouter', 'sk-or-a'), keyOf('openrouter', 'sk-or-b')];
    assert.equal((await a.account.balance?.(a.ask))?.balance, 2_000_000_000);
    assert.equal((await b.account.balance?.(b.ask))?.balance, 9_000_000_000);
  });

  test('usage comes back by day and model, over pages', async () => {
    for (const id of ['openrouter', 'openai', 'anthropic', 'xai']) {
      const secret = `sk-usage-${id}`;
      const account = fake.accounts.open(secret, { kind: 'management' });
      for (const date of ['2026-10-01', '2026-11-17', '2026-11-18']) {
        const use = { date, model: 'model-a', inputTokens: 100, outputTokens: 20 };
        fake.accounts.spend(account, { ...use, requests: 3, cost: 1_234_567_890 });
      }
      const { account: adapter, ask } = keyOf(id, secret);
      assert.equal((await adapter.validate(ask)).kind, 'management', id);
      const usage = await adapter.usage?.(ask, DAYS);
      const costs = usage?.rows.map(({ date, cost }) => `${date} ${cost}`);
      assert.deepEqual(costs, ['2026-11-17 1234567890', '2026-11-18 1234567890'], id);
      assert.ok(usage?.openDays.includes('2026-11-18'), id);
      const long = await adapter.usage?.(ask, { ...DAYS, from: '2026-10-01' });
      assert.equal(long?.rows.length, id === 'openrouter' ? 2 : 3, id);
    }
  });

  test('a completion costs, a probe too', async () => {
    const account = fake.accounts.open('sk-spender', { balance: 1_000_000_000 });
    const { account: adapter, ask } = keyOf('deepseek', 'sk-spender');
    const messages = [{ role: 'user', content: 'Hello' }];
    const body = { model: 'gpt-4o-mini', messages, max_tokens: 1 };
    const answer = await ask({ method: 'POST', path: '/chat/completions', body });
    assert.equal(answer.status, 200);
    assert.ok(account.balance < 1_000_000_000);
    assert.equal((await adapter.balance?.(ask))?.balance, account.balance);
  });

  test('an ordinary key reads no usage, and a revoked or unknown key is invalid', async () => {
    fake.accounts.open('sk-ordinary');
    for (const id of ['openrouter', 'openai', 'anthropic', 'xai']) {
      const { account, ask } = keyOf(id, 'sk-ordinary');
      const usage = await account.usage?.(ask, DAYS);
      assert.deepEqual([usage?.verdict, usage?.outcome], ['valid', 'not permitted'], id);
      const nobody = keyOf(id, 'sk-of-nobody');
      assert.equal((await nobody.account.validate(nobody.ask)).verdict, 'invalid', id);
    }
    fake.accounts.open('sk-revoked', { isActive: false });
    const revoked = keyOf('deepseek', 'sk-revoked');
    assert.equal((await revoked.account.balance?.(revoked.ask))?.verdict, 'invalid');
  });

  test('each kind of trouble comes over the wire as trouble', async () => {
    const expected: Partial<Record<Trouble, string>> = {
      error: 'unavailable',
      rate: 'rate limited',
      page: 'unreadable',
      half: 'unreadable',
      nulls: 'unreadable',
      reset: 'unreachable',
    };
    fake.accounts.open('sk-troubled');
    const { account, ask } = keyOf('deepseek', 'sk-troubled');
    for (const [kind, outcome] of Object.entries(expected)) {
      fake.trouble('sk-troubled', kind as Trouble);
      const reading = await account.balance?.(ask);
      assert.deepEqual([reading?.verdict, reading?.outcome], ['unknown', outcome], kind);
      assert.equal(reading?.retryAfterMs, kind === 'rate' ? 1_000 : null, kind);
    }
    fake.trouble('sk-troubled', null);
    assert.equal((await account.balance?.(ask))?.verdict, 'valid');
  });

  test('a silent provider is given up at the deadline for the whole answer', async () => {
    fake.accounts.open('sk-silent');
    fake.trouble('sk-silent', 'silence');
    const { account, ask } = keyOf('deepseek', 'sk-silent');
    const reading = account.balance?.(ask);
    assert.equal(clock.waiting.size, 1);
    for (const giveUp of clock.waiting) giveUp();
    assert.equal((await reading)?.outcome, 'unreachable');
    fake.trouble('sk-silent', null);
    fake.release();
    assert.equal((await account.balance?.(ask))?.verdict, 'valid');
    assert.equal(clock.waiting.size, 0, 'an answer in time calls its deadline off');
  });

  test('it counts who asked how often, and the most within a second', async () => {
    const own = await startFakeProvider({ clock, callsPerSecond: 2 });
    try {
      own.accounts.open('sk-a');
      const statuses = [];
      for (const _ of [1, 2, 3]) {
        const headers = { authorization: 'Bearer sk-a' };
        statuses.push((await fetch(`${own.base('deepseek')}/models`, { headers })).status);
      }
      assert.deepEqual(statuses, [200, 200, 429]);
      assert.deepEqual([...own.callsOf('sk-a')], [['GET /deepseek/v1/models', 3]]);
      assert.equal(own.figures().mostPerSecond, 3);
      assert.equal(own.figures().troubled, 1);
    } finally {
      await own.close();
    }
  });

  test('the same share of the same calls gets trouble at each run', async () => {
    const troubled = [];
    for (const _ of [1, 2]) {
      const own = await startFakeProvider({ trouble: { share: 0.3, kinds: ['error'], seed: 7 } });
      own.accounts.open('sk-a');
      const statuses = [];
      for (let call = 0; call < 20; call++) {
        const headers = { authorization: 'Bearer sk-a' };
        statuses.push((await fetch(`${own.base('deepseek')}/models`, { headers })).status);
      }
      troubled.push(statuses.join(' '));
      await own.close();
    }
    assert.equal(troubled[0], troubled[1]);
    assert.match(troubled[0] ?? '', /200.*500|500.*200/);
  });
});
