/** Which provider serves a model is known from their lists. Until all have come, nothing may be guessed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { startTollkeeper } from '../harness.ts';
import { createCaller } from './caller.ts';

async function providerOf(model: string, listDelayMs: number) {
  const upstream = await startFakeUpstream();
  const body = JSON.stringify({ data: [{ id: model }] });
  upstream.script({
    match: ({ route }) => route === 'models',
    behave: { body, delayMs: listDelayMs },
  });
  return Object.assign(upstream, { [Symbol.asyncDispose]: () => upstream.close() });
}

const modelsServedBy = (upstream: FakeUpstream) =>
  upstream.requests().flatMap(({ route, model }) => (route === 'chat' ? [model] : []));

test('a request that comes while only some lists are there waits for the list that names its model', async () => {
  await using quick = await providerOf('quick-model', 0);
  await using slow = await providerOf('slow-model', 300);
  await using gateway = await startTollkeeper({
    settings: {
      OPENROUTER_API_KEY: 'key-of-the-first',
      OPENROUTER_API_URL: quick.url,
      GROQ_API_KEY: 'key-of-the-second',
      GROQ_API_URL: slow.url,
    },
  });
  const token = await gateway.issueKey();
  const caller = createCaller();
  const ask = (model: string) =>
    caller.ask({
      url: `${gateway.url}/v1/chat/completions`,
      token,
      body: { model, messages: [{ role: 'user', content: 'Say hello.' }] },
    });
  const first = ask('slow-model');
  await slow.whenSeen(1);
  await quick.whenIdle();
  // The quick list has been sent; these turns let the gateway read it.
  for (let turns = 0; turns < 20; turns++) await turn();
  const second = ask('slow-model');
  await Promise.all([first, second, ask('quick-model')]);
  await caller.close();
  assert.deepEqual(modelsServedBy(slow), ['slow-model', 'slow-model']);
  assert.deepEqual(modelsServedBy(quick), ['quick-model']);
});
