/** The bound of an answer for callers whose money is held, and for those whose is not. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chat } from '../fake-upstream/ask.ts';
import { askHolder, askHolderRefused, openHolder, PLENTY, refusalOf } from './holder.ts';
import { CREDIT } from './money.ts';
import { openStand } from './stand.ts';

describe('what is sent on to a provider', { timeout: 180_000 }, () => {
  const prompt = 'Say hello.';
  const messages = [{ role: 'user', content: prompt }];
  const unbounded = [
    ['/chat/completions', { model: 'gpt-4o-mini', messages }, 'max_tokens', 'UPSTREAM'],
    ['/chat/completions', { model: 'gpt-4o-mini', messages }, 'max_completion_tokens', 'OPENAI'],
    ['/chat/completions', { model: 'o4-mini', messages }, 'max_completion_tokens', 'UPSTREAM'],
    ['/chat/completions', { model: 'gpt-35-turbo', messages }, 'max_tokens', 'UPSTREAM'],
    ['/completions', { model: 'gpt-4o-mini', prompt }, 'max_tokens', 'UPSTREAM'],
    ['/responses', { model: 'gpt-4o-mini', input: prompt }, 'max_output_tokens', 'UPSTREAM'],
    ['/chat/completions', { model: 'm', messages, max_tokens: null }, 'max_tokens', 'UPSTREAM'],
  ] as const;
  for (const [path, body, name, provider] of unbounded) {
    test(`${path} with ${Object.keys(body).join(', ')} alone, for ${body.model}, is bounded by ${name}: the default, or what is covered (${provider})`, async () => {
      await using holder = await openHolder(PLENTY, { provider });
      await askHolder(holder, { path, body });
      await using poor = await openHolder(200 * CREDIT, { provider });
      const { record } = await askHolder(poor, { path, body });
      const sent = [holder, poor].map(({ stand }) => stand.upstream.requests().at(-1)?.json ?? {});
      assert.deepEqual(sent[0], { ...body, [name]: 4096 });
      const lowered = Number(sent[1]?.[name]);
      assert.ok(lowered >= 64 && lowered < 200, `${lowered}`);
      assert.ok((record.hold_nanos ?? 0) <= 200 * CREDIT);
      assert.ok((record.hold_nanos ?? 0) > 190 * CREDIT, 'nearly all that is covered is used');
    });
  }

  for (const path of ['/responses/compact', '/decisions']) {
    test(`${path} knows no bound: none is sent or believed, and the whole of the default is held or refused`, async () => {
      const body = { model: 'gpt-4o-mini', input: prompt };
      await using holder = await openHolder();
      for (const sent of [body, { ...body, max_output_tokens: 1 }]) {
        const { record } = await askHolder(holder, { path, body: sent });
        assert.deepEqual(holder.stand.upstream.requests().at(-1)?.json, sent);
        assert.ok((record.hold_nanos ?? 0) >= 4096 * CREDIT);
      }
      await using poor = await openHolder(4000 * CREDIT);
      const refused = refusalOf(await poor.stand.ask({ path, body }));
      assert.deepEqual(refused, { status: 402, code: 'insufficient_quota' });
    });
  }

  test('what knows no bound, of a model whose maximum nobody knows, is held to give as much as it reads', async () => {
    const input = 'word '.repeat(20_000);
    const usage = { input_tokens: 20_000, output_tokens: 12_000, total_tokens: 32_000 };
    const compacted = { id: 'resp_1', object: 'response.compaction', output: [], usage };
    const question = { path: '/responses/compact', body: { model: 'gpt-4o-mini', input } };
    await using holder = await openHolder();
    holder.stand.upstream.script({ behave: { body: JSON.stringify(compacted) } });
    const { record, charge } = await askHolder(holder, question);
    assert.equal(charge, 32_000 * CREDIT);
    assert.ok((record.hold_nanos ?? 0) >= charge, `${record.hold_nanos}`);
  });

  test('under MIN_OUTPUT_TOKENS of cover a request without a bound is refused and reaches nobody', async () => {
    await using holder = await openHolder(60 * CREDIT);
    const { answer, record } = await askHolderRefused(holder, chat(''));
    assert.deepEqual(refusalOf(answer), { status: 402, code: 'insufficient_quota' });
    assert.equal(record.failure, 'insufficient_quota');
    assert.equal(holder.stand.upstream.requests().length, 0);
  });

  test("a holder's own bound is never changed: it is held, or refused", async () => {
    await using holder = await openHolder(100 * CREDIT);
    const raw =
      '{ "max_tokens":30 ,"model":"gpt-4o-mini","messages":[{"role":"user","content":"é"}]}';
    const { answer } = await askHolder(holder, { body: raw });
    assert.equal(answer.status, 200);
    assert.equal(holder.stand.upstream.requests()[0]?.body.toString(), raw);
    const refused = await askHolderRefused(holder, chat('', { max_tokens: 5_000 }));
    assert.deepEqual(refusalOf(refused.answer), { status: 402, code: 'insufficient_quota' });
    assert.equal(holder.stand.upstream.requests().length, 1);
  });

  test('a bound under a name that the path does not know bounds nothing', async () => {
    await using holder = await openHolder();
    await askHolder(holder, { body: chat('', { max_output_tokens: 1 }) });
    assert.equal(holder.stand.upstream.requests()[0]?.json?.['max_tokens'], 4096);
  });

  test('a bound under a name that its provider overlooks is said again under the one that it hears', async () => {
    const body = chat('', { max_completion_tokens: 7 });
    const local = { settings: { UPSTREAM_PRICES: 'free', MODEL_PRICING_JSON: '' } };
    for (const options of [{ provider: 'DEEPSEEK' }, local] as const) {
      await using holder = await openHolder(PLENTY, options);
      await askHolder(holder, { body });
      assert.deepEqual(holder.stand.upstream.requests()[0]?.json, { ...body, max_tokens: 7 });
      const heard = { ...body, max_tokens: 5 };
      await askHolder(holder, { body: heard });
      assert.deepEqual(holder.stand.upstream.requests()[1]?.json, heard);
    }
    await using stand = await openStand({ provider: 'DEEPSEEK' });
    await stand.ask({ body });
    assert.deepEqual(stand.upstream.requests()[0]?.json, body, 'nothing is held for the caller');
  });

  test('a bound that is none is refused for a holder, and left to the provider for anybody else', async () => {
    await using holder = await openHolder();
    const body = chat('tokens=3', { max_tokens: -1 });
    const { answer } = await askHolderRefused(holder, body);
    assert.deepEqual(refusalOf(answer), { status: 400, code: 'invalid_request' });
    await using stand = await openStand();
    assert.equal((await stand.ask({ body })).status, 200);
  });

  test('a caller without wallet or budget is never touched: bytes and answer are as without us', async () => {
    await using stand = await openStand();
    const raw =
      '{ "model":"gpt-4o-mini",  "messages":[{"role":"user","content":"[[tokens=2]]"}]}\n';
    const answer = await stand.ask({ body: raw, headers: { 'x-gateway-usage': 'true' } });
    assert.equal(stand.upstream.requests()[0]?.body.toString(), raw);
    assert.ok(!answer.text.includes('gateway_usage'));
    const { charge_nanos, hold_nanos, plan } = stand.recordOf(answer);
    assert.deepEqual([charge_nanos, hold_nanos, plan], [null, null, null]);
  });
});
