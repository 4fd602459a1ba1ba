import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GATEWAY_API } from '../../contract/api/gateway-api.ts';
import { chatOnce, openStage, type Stage } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

async function ask(path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${stage.key}` };
  const answer = await fetch(stage.tollkeeper.url + path, { headers });
  assert.equal(answer.status, 200);
  return answer.json();
}

interface KeyFacts {
  data: { label: string; limit: null; usage: number; usage_daily: number; usage_monthly: number };
}

test('a key holder reads what its key has spent, and nothing about the provider key', async () => {
  const first = (await ask('/v1/key')) as KeyFacts;
  assert.equal(first.data.usage, 0);
  await chatOnce(stage.tollkeeper.url, stage.key);
  const second = (await ask('/v1/key')) as KeyFacts;
  const cost = stage.tollkeeper.records().reduce((sum, row) => sum + (row.cost_nanos ?? 0), 0);
  assert.ok(cost > 0);
  assert.equal(second.data.usage, cost / 1e9);
  assert.equal(second.data.usage_daily, cost / 1e9);
  assert.equal(second.data.usage_monthly, cost / 1e9);
  assert.equal(second.data.limit, null);
  assert.match(second.data.label, /^tk_.{8}\.\.\..{4}$/);
  const credits = await ask('/v1/credits');
  assert.deepEqual(credits, { data: { total_credits: cost / 1e9, total_usage: cost / 1e9 } });
  // Both as they are documented, with nothing left out and nothing beside it.
  assert.deepEqual(GATEWAY_API['ownKey']?.reply?.parse(second), second);
  assert.deepEqual(GATEWAY_API['ownCredits']?.reply?.parse(credits), credits);
});

test('HEAD answers as GET does, without a body', async () => {
  for (const path of ['/v1/key', '/v1/credits']) {
    const headers = { authorization: `Bearer ${stage.key}` };
    const answer = await fetch(stage.tollkeeper.url + path, { method: 'HEAD', headers });
    assert.deepEqual([answer.status, await answer.text()], [200, '']);
    assert.ok(Number(answer.headers.get('content-length')) > 0);
  }
});

test('asking about oneself leaves no record and reaches no provider', async () => {
  const [records, requests] = [stage.tollkeeper.records().length, stage.upstream.requests().length];
  await ask('/v1/key');
  await ask('/v1/credits');
  assert.equal(stage.tollkeeper.records().length, records);
  assert.equal(stage.upstream.requests().length, requests);
});
