/** A wallet holder's request that may be served by providers of different prices. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { chat } from '../fake-upstream/ask.ts';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { balanceOf, fund } from './money.ts';
import { openStand, type Stand } from './stand.ts';

/** OpenRouter asks 39 and 180 nano-dollars for a token of it, Groq 150 and 600. */
const MODEL = 'openai/gpt-oss-120b';
const MOST = 1_000;
const BODY = { ...chat('promptTokens=50 tokens=900', { max_tokens: MOST }), model: MODEL };

let cheap: FakeUpstream;
let stand: Stand;
let userId: string;

before(async () => {
  cheap = await startFakeUpstream();
  const settings = { OPENROUTER_API_KEY: 'sk-of-the-cheap-one', OPENROUTER_API_URL: cheap.url };
  stand = await openStand({ provider: 'GROQ', settings });
  userId = stand.product.rooms.accounts.keys.find(stand.token)?.userId ?? '';
});
after(async () => {
  await stand[Symbol.asyncDispose]();
  await cheap.close();
});
beforeEach(() => {
  const body = JSON.stringify({ object: 'list', data: [{ id: MODEL, object: 'model' }] });
  for (const upstream of [cheap, stand.upstream]) {
    upstream.unscript();
    upstream.script({ match: ({ route }) => route === 'models', behave: { body } });
  }
  cheap.script({ match: ({ route }) => route === 'chat', behave: { status: 503 } });
});

describe('a failover to a dearer provider', { timeout: 60_000 }, () => {
  test('is not made where its worst case is not covered: nothing is overspent', async () => {
    const { rooms } = stand.product;
    // Enough for the first one's worst case of about 182,000, not for the other's 608,000.
    await fund(rooms, userId, 400_000, { plan: 'cost', markupPpm: 1_000_000 });
    const answer = await stand.ask({ body: BODY });
    const { attempts, hold_nanos: held, charge_nanos: charge } = stand.recordOf(answer);
    assert.deepEqual([answer.status, attempts, charge], [503, 1, 0]);
    assert.ok(held !== null && held > 0 && held < 400_000);
    const billed = stand.upstream.bill.rows().filter((row) => row.completionTokens > 0);
    assert.deepEqual(billed, []);
    assert.equal(balanceOf(rooms, userId), 400_000);
  });

  test('is held before it is made, and never charged beyond that', async () => {
    const { rooms } = stand.product;
    await fund(rooms, userId, 1_000_000, { plan: 'cost', markupPpm: 1_000_000 });
    const before = balanceOf(rooms, userId);
    const answer = await stand.ask({ body: BODY });
    const { attempts, hold_nanos: held, charge_nanos: charge } = stand.recordOf(answer);
    assert.deepEqual([answer.status, attempts], [200, 2]);
    assert.equal(charge, 50 * 150 + 900 * 600);
    assert.ok(held !== null && held >= MOST * 600);
    assert.equal(balanceOf(rooms, userId), before - charge);
  });
});

describe('a request for which the best provider is too dear', { timeout: 60_000 }, () => {
  const models = {
    body: JSON.stringify({ object: 'list', data: [{ id: MODEL, object: 'model' }] }),
  };
  const listing = { match: ({ route }: { route: string }) => route === 'models', behave: models };

  /** The named upstream comes first, at the prices of Groq or at none; then the cheap one. */
  async function openBehind(prices: string): Promise<Stand> {
    const settings = {
      ...{ UPSTREAM_PRICES: prices, MODEL_PRICING_JSON: '{}' },
      ...{ OPENROUTER_API_KEY: 'sk-of-the-cheap-one', OPENROUTER_API_URL: cheap.url },
    };
    const behind = await openStand({ settings });
    for (const upstream of [cheap, behind.upstream]) {
      upstream.unscript();
      upstream.script(listing);
    }
    return behind;
  }

  for (const [title, prices] of [
    ['costs more than is covered', 'groq'],
    ['has no price', 'none'],
  ] as const) {
    test(`is served by another that is covered, where the first ${title}`, async () => {
      await using behind = await openBehind(prices);
      const { rooms } = behind.product;
      const caller = rooms.accounts.keys.find(behind.token)?.userId ?? '';
      await fund(rooms, caller, 400_000, { plan: 'cost', markupPpm: 1_000_000 });
      const answer = await behind.ask({ body: BODY });
      const record = behind.recordOf(answer);
      assert.deepEqual([answer.status, record.attempts], [200, 1]);
      assert.equal(record.provider_id, 'openrouter');
      assert.equal(record.charge_nanos, 50 * 39 + 900 * 180);
      assert.equal(balanceOf(rooms, caller), 400_000 - (50 * 39 + 900 * 180));
    });
  }

  test('is refused with the figures of the first, where none is covered', async () => {
    await using behind = await openBehind('groq');
    const { rooms } = behind.product;
    const caller = rooms.accounts.keys.find(behind.token)?.userId ?? '';
    await fund(rooms, caller, 100_000, { plan: 'cost', markupPpm: 1_000_000 });
    const answer = await behind.ask({ body: BODY });
    assert.equal(answer.status, 402);
    const { metadata } = JSON.parse(answer.text).error;
    assert.ok(Number(metadata.needed) > 0.0006, JSON.stringify(metadata));
  });
});
