/** A server of the operator's own behind the product, and none at all. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import OpenAI from 'openai';
import { startTollkeeper } from '../harness.ts';
import { assertAgrees, MODEL_PRICING, openStage, PROVIDER_SECRET, recordOf } from './stage.ts';

const ask = (model: string) => ({
  model,
  messages: [{ role: 'user' as const, content: 'Hi. [[tokens=3]]' }],
});

describe('one upstream of the operator’s own', () => {
  test('gets its api-version unless the caller gave one, with the rest of the query kept', async () => {
    await using stage = await openStage({
      settings: (upstream) => ({
        UPSTREAM_API_KEY: PROVIDER_SECRET,
        UPSTREAM_BASE: upstream.url.replace('/v1', '/openai/deployments/toll'),
        UPSTREAM_API_VERSION: '2026-06-01',
        MODEL_PRICING_JSON: MODEL_PRICING,
      }),
    });
    const post = async (query: string): Promise<string | undefined> => {
      const answer = await fetch(`${stage.tollkeeper.url}/v1/chat/completions${query}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${stage.key}`, 'content-type': 'application/json' },
        body: JSON.stringify(ask('gpt-4o-mini')),
      });
      assert.equal(answer.status, 200);
      return stage.upstream.requests().at(-1)?.url;
    };
    const path = '/openai/deployments/toll/chat/completions';
    assert.equal(await post(''), `${path}?api-version=2026-06-01`);
    assert.equal(await post('?a=1&b=%20x'), `${path}?a=1&b=%20x&api-version=2026-06-01`);
    assert.equal(await post('?api-version=mine'), `${path}?api-version=mine`);
    assert.equal(stage.upstream.requests().at(-1)?.headers['api-key'], PROVIDER_SECRET);
    for (const record of stage.tollkeeper.records()) assertAgrees(record, stage.upstream);
  });

  test('may be declared free', async () => {
    await using stage = await openStage({
      settings: (upstream) => ({
        UPSTREAM_API_KEY: PROVIDER_SECRET,
        UPSTREAM_BASE: upstream.url,
        UPSTREAM_PRICES: 'free',
      }),
    });
    const local = new OpenAI({ baseURL: `${stage.tollkeeper.url}/v1`, apiKey: stage.key });
    const { record } = await recordOf(stage.tollkeeper, () =>
      local.chat.completions.create(ask('llama')),
    );
    assert.equal(record.cost_source, 'local');
    assert.equal(record.cost_nanos, 0);
    assert.equal(record.output_tokens, 3);
  });
});

test('without any provider /v1 answers 503 in words, on record, and health is degraded', async () => {
  await using bare = await startTollkeeper();
  const token = await bare.issueKey();
  const lonely = new OpenAI({ baseURL: `${bare.url}/v1`, apiKey: token, maxRetries: 0 });
  const { result, record } = await recordOf(bare, () =>
    lonely.chat.completions.create(ask('gpt-4o-mini')).then(() => undefined, Object),
  );
  assert.ok(result instanceof OpenAI.InternalServerError);
  assert.equal(result.status, 503);
  assert.match(result.message, /set OPENROUTER_API_KEY, OPENAI_API_KEY or UPSTREAM_API_KEY/);
  assert.equal(record.failure, 'no_upstream');
  assert.equal(record.outcome, 'refused');
  const health = await fetch(`${bare.url}/health`);
  assert.equal(health.status, 200);
  const { status, checks } = (await health.json()) as { status: string; checks: object };
  assert.deepEqual([status, checks], ['degraded', { database: 'ok', upstream: 'missing' }]);
});
