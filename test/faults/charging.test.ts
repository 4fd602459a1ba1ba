/** What every exit of a request charges, and what is told to whom. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import OpenAI from 'openai';
import { NO_LIMITS } from '../../server/limits/limits.ts';
import { chat, eventsOf, streamedChat } from '../fake-upstream/ask.ts';
import { askHolder, askHolderRefused, openHolder, PLENTY, refusalOf, tokensOf } from './holder.ts';
import { budgetOf, CREDIT, chargesIn } from './money.ts';
import { openStand } from './stand.ts';

describe('what each exit charges', { timeout: 180_000 }, () => {
  test("plain answers and streams charge a credit for each token of the provider's bill", async () => {
    await using holder = await openHolder();
    const words = 'promptTokens=100 tokens=7';
    const bodies = [
      chat(words, { max_tokens: 20 }),
      { ...streamedChat(words), max_tokens: 20 },
      chat(words, { stream: true }),
    ];
    for (const body of bodies) {
      const { record, charge } = await askHolder(holder, { body });
      assert.equal(charge, 107 * CREDIT);
      assert.equal(record.plan, 'flat');
      assert.ok((record.hold_nanos ?? 0) > 0);
    }
  });

  test('an aborted stream charges its prompt and what was served, and says partial', async () => {
    await using holder = await openHolder(PLENTY, { provider: 'OPENAI' });
    const body = chat('tokens=300 chunkDelayMs=2', { stream: true, max_tokens: 300 });
    const { record, charge } = await askHolder(holder, { body, leaveAfter: 2_000 });
    assert.deepEqual([record.outcome, record.provenance], ['aborted', 'partial']);
    assert.equal(charge, tokensOf(record) * CREDIT);
    assert.ok((record.output_tokens ?? 0) > 0 && (record.output_tokens ?? 0) < 300);
  });

  test('an answer that never was charges nothing', async () => {
    await using holder = await openHolder();
    const faults = ['status=400', 'status=429', 'status=500'];
    for (const words of [...faults, 'fault=reset-before-headers', 'fault=html-502']) {
      const { answer, record, charge } = await askHolder(holder, { body: chat(words) });
      assert.ok(answer.status >= 400, words);
      assert.equal(charge, 0, words);
      assert.equal(record.outcome, 'failed', words);
      assert.ok((record.hold_nanos ?? 0) > 0, words);
    }
  });

  test('a reset in a stream charges the prompt and what was served until then', async () => {
    await using holder = await openHolder();
    const body = chat('tokens=30 cut=reset cutAt=3000', { stream: true });
    const { answer, record, charge } = await askHolder(holder, { body });
    const shown = eventsOf(answer.text).filter(({ json }) => json?.choices?.[0]?.delta?.content);
    assert.equal(record.output_tokens, shown.length);
    assert.ok(shown.length > 0);
    assert.equal(charge, tokensOf(record) * CREDIT);
  });

  test('an unreadable answer with status 200 charges the prompt and no more: the provider worked on it', async () => {
    await using holder = await openHolder();
    const { record, charge } = await askHolder(holder, { body: chat('fault=invalid-json') });
    assert.deepEqual([record.outcome, record.output_tokens], ['failed', 0]);
    assert.equal(charge, tokensOf(record) * CREDIT);
    assert.ok(charge > 0);
  });

  const failovers = [
    ['flat', 55 * CREDIT],
    // Its price: 150 nano-dollars a token of the prompt, 600 of the answer.
    ['cost', 50 * 150 + 5 * 600],
  ] as const;
  for (const [tariff, due] of failovers) {
    test(`T9 a failover is one request, charged once for what the second provider served (plan ${tariff})`, async () => {
      await using other = await openStand({ provider: 'GROQ' });
      const second = { GROQ_API_KEY: 'key-of-the-second', GROQ_API_URL: other.upstream.url };
      await using holder = await openHolder(PLENTY, { settings: second });
      const { stand } = holder;
      const { ledger } = stand.product.rooms;
      const wallet = { userId: holder.userId, kind: 'prepaid', markupPpm: null } as const;
      await ledger.defineWallet({ ...wallet, plan: tariff });
      // The lists of models are read first, and both providers have this one.
      stand.upstream.script({ match: ({ route }) => route === 'chat', behave: { status: 503 } });
      const body = chat('promptTokens=50 tokens=5', { max_tokens: 5 });
      const { answer, record, charge } = await askHolder(holder, { body });
      assert.deepEqual([answer.status, record.attempts], [200, 2]);
      assert.equal(charge, due);
      const billed = [stand, other].map(({ upstream }) =>
        upstream.bill.rows().filter(({ completionTokens }) => completionTokens > 0),
      );
      assert.deepEqual(
        billed.map(({ length }) => length),
        [0, 1],
      );
    });
  }

  test('T24 a bill beyond the hold is charged whole and flagged with its excess', async () => {
    await using holder = await openHolder();
    const body = chat('promptTokens=900 tokens=50', { max_tokens: 5 });
    const { record, charge } = await askHolder(holder, { body });
    assert.equal(charge, 950 * CREDIT);
    const excess = charge - (record.hold_nanos ?? 0);
    assert.ok(excess > 0);
    const [entry] = chargesIn(holder.stand.product.dataDir);
    assert.equal(entry?.reason, `beyond hold by ${excess}`);
  });

  test('T24 usage that is no usage never gives credit, and what cannot be true takes no more than was held', async () => {
    await using holder = await openHolder();
    for (const usage of ['missing', 'null', 'negative', 'float', 'string', 'huge', 'zero']) {
      const { record, charge } = await askHolder(holder, {
        body: chat(`tokens=6 usage=${usage}`, { max_tokens: 20 }),
      });
      const held = record.hold_nanos ?? 0;
      assert.equal(charge, Math.min(held, tokensOf(record) * CREDIT), usage);
      const isWrong = ['negative', 'float', 'string', 'huge'].includes(usage);
      assert.equal(record.flawed, isWrong ? 1 : 0, usage);
    }
  });

  test('T8 reading an answer again charges nothing', async () => {
    await using holder = await openHolder();
    const body = { model: 'gpt-4o-mini', input: 'Say hello. [[promptTokens=8 tokens=5]]' };
    const { charge } = await askHolder(holder, { path: '/responses', body });
    assert.equal(charge, 13 * CREDIT);
    const before = holder.balance();
    for (let reading = 0; reading < 20; reading++) {
      const { status } = await holder.stand.ask({ method: 'GET', path: '/responses/resp_1' });
      assert.equal(status, 200);
    }
    await holder.stand.settled(21);
    assert.equal(holder.balance(), before);
    assert.equal(chargesIn(holder.stand.product.dataDir).length, 1);
  });
});

test('where no model is named, the one that its provider then serves has its price, and else that is told', async () => {
  await using holder = await openHolder(PLENTY, { provider: 'OPENAI' });
  const { answer, charge } = await askHolder(holder, {
    path: '/moderations',
    body: { input: 'x' },
  });
  assert.deepEqual([answer.status, charge], [200, 0]);
  const picture = await holder.stand.ask({ path: '/images/generations', body: { prompt: 'x' } });
  assert.deepEqual(refusalOf(picture), { status: 403, code: 'unpriced_model' });
  assert.match(picture.text, /No model can be told/);
});

describe('the plan cost', { timeout: 180_000 }, () => {
  const settings = { DEFAULT_PLAN: 'cost' };

  test('T10 a model without a price is refused, for a wallet and for a budget, and nothing is charged', async () => {
    await using holder = await openHolder(PLENTY, { settings });
    const body = { ...chat(''), model: 'nobody-knows-this' };
    const { answer } = await askHolderRefused(holder, body);
    assert.deepEqual(refusalOf(answer), { status: 403, code: 'unpriced_model' });
    await using stand = await openStand({ settings });
    await stand.product.rooms.ledger.defineBudget(budgetOf('installation', '', PLENTY));
    assert.deepEqual(refusalOf(await stand.ask({ body })), { status: 403, code: 'unpriced_model' });
    assert.equal(stand.upstream.requests().length + holder.stand.upstream.requests().length, 0);
  });

  test('T11 prices and addresses that a caller sends change neither charge nor route', async () => {
    await using holder = await openHolder(PLENTY, { settings });
    const own = {
      input_cost_per_token: 0,
      output_cost_per_token: 0,
      api_base: 'http://127.0.0.1:9/v1',
      api_key: 'sk-of-the-caller',
      base_url: 'http://127.0.0.1:9/v1',
      metadata: { user_id: 'usr_somebody_else' },
    };
    const words = 'promptTokens=1000 tokens=10';
    const plain = await askHolder(holder, { body: chat(words, { max_tokens: 10 }) });
    const odd = await askHolder(holder, { body: chat(words, { max_tokens: 10, ...own }) });
    assert.equal(odd.charge, plain.charge);
    const { upstream } = holder.stand;
    assert.equal(odd.charge, upstream.bill.row(odd.record.upstream_id ?? '')?.costNanos);
    assert.equal(upstream.requests().length, 2);
    assert.equal(odd.record.user_id, holder.userId);
  });
});

describe('what a holder is told', { timeout: 180_000 }, () => {
  const words = 'promptTokens=100 tokens=7';

  test('gateway_usage is the last member of a plain answer, and every other byte is the provider’s', async () => {
    await using holder = await openHolder(1_000 * CREDIT);
    const body = chat(words, { max_tokens: 20 });
    const { answer } = await askHolder(holder, { body });
    const { gateway_usage: told, ...rest } = JSON.parse(answer.text);
    assert.deepEqual(told, {
      tokens_charged: 107,
      user_balance_after: 893,
      user_api_key: `${holder.stand.token.slice(0, 11)}...`,
    });
    const member = `,"gateway_usage":${JSON.stringify(told)}`;
    const without = answer.text.replace(member, '');
    assert.equal(without.length, answer.text.length - member.length);
    await using stand = await openStand();
    const plain = await stand.ask({ body });
    assert.equal(without.replace(rest.id, ''), plain.text.replace(JSON.parse(plain.text).id, ''));
  });

  test('a stream tells it right before [DONE], and only to a caller who asks', async () => {
    await using holder = await openHolder(1_000 * CREDIT);
    const body = { ...streamedChat(words), max_tokens: 20 };
    const silent = await askHolder(holder, { body });
    assert.ok(!silent.answer.text.includes('gateway_usage'));
    const asked = await askHolder(holder, { body, headers: { 'x-gateway-usage': 'true' } });
    const events = eventsOf(asked.answer.text);
    assert.equal(events.at(-1)?.data, '[DONE]');
    assert.deepEqual(events.at(-2)?.json, {
      gateway_usage: {
        tokens_charged: 107,
        user_balance_after: 1_000 - 2 * 107,
        user_api_key: `${holder.stand.token.slice(0, 11)}...`,
      },
    });
    assert.equal(events.length, eventsOf(silent.answer.text).length + 1);
  });

  test('the official client sees insufficient_quota once, without a retry', async () => {
    await using holder = await openHolder(10 * CREDIT);
    const { product, token } = holder.stand;
    const client = new OpenAI({ baseURL: `${product.url}/v1`, apiKey: token, maxRetries: 3 });
    const call = client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof OpenAI.APIError);
      assert.deepEqual([error.status, error.code], [402, 'insufficient_quota']);
      return true;
    });
    assert.equal(product.records().length, 1);
  });

  test('the official client waits as it is told on 429, and is served then', async () => {
    await using holder = await openHolder();
    const { product, token } = holder.stand;
    const limit = { ...NO_LIMITS, max_concurrent: 1 };
    await product.rooms.limits.set('key', holder.keyId, limit);
    const waits: number[] = [];
    const watching: typeof fetch = async (...asked) => {
      const answer = await fetch(...asked);
      if (answer.status === 429) waits.push(Number(answer.headers.get('retry-after-ms')));
      return answer;
    };
    const client = new OpenAI({
      baseURL: `${product.url}/v1`,
      apiKey: token,
      maxRetries: 1,
      fetch: watching,
    });
    const slow = holder.stand.ask({ body: chat('delayMs=300') });
    await holder.stand.upstream.whenSeen(1);
    const answer = await client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    await slow;
    assert.equal(answer.object, 'chat.completion');
    assert.deepEqual(waits, [1_000]);
    const codes = product.records().map(({ failure }) => failure);
    assert.deepEqual(codes.toSorted(), [null, null, 'rate_limited']);
  });
});
