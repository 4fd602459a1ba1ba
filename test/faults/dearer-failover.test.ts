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
