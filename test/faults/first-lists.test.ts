/** Which provider serves a model is known from their lists. Until all have come, nothing may be guessed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { startTollkeeper } from '../harness.ts';
import { createCaller } from './caller.ts';
import { balanceOf, fund } from './money.ts';
import { until } from './stand.ts';

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

/** Providers that answer nothing before they are told to. */
async function heldProviders() {
  const lists: ServerResponse[] = [];
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url?.endsWith('/models')) lists.push(response);
    else response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    lists,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

test('for a caller who left while the lists were read, nothing is sent and nothing owed', async () => {
  await using providers = await heldProviders();
  await using gateway = await startTollkeeper({
    settings: {
      OPENROUTER_API_KEY: 'key-of-the-first',
      OPENROUTER_API_URL: providers.url,
      GROQ_API_KEY: 'key-of-the-second',
      GROQ_API_URL: providers.url,
    },
  });
  const token = await gateway.issueKey();
  const { userId } = gateway.rooms.accounts.keys.find(token) ?? assert.fail();
  await fund(gateway.rooms, userId, 1_000_000_000);
  const caller = createCaller();
  const leaving = new AbortController();
  const url = `${gateway.url}/v1/chat/completions`;
  const chat = { model: 'm', max_tokens: 5, messages: [{ role: 'user', content: 'Say hello.' }] };
  const asking = [true, false].map((stream) =>
    caller.ask({ url, token, body: { ...chat, stream }, leaveWhen: leaving.signal }),
  );
  await until(() => providers.lists.length === 2);
  leaving.abort();
  await Promise.all(asking);
  await caller.close();
  // What was closed before is heard of before.
  for (let calls = 0; calls < 3; calls++) await fetch(`${gateway.url}/health`);
  for (const list of providers.lists) list.end('{"data":[{"id":"m"}]}');
  await until(() => gateway.records().length === 2);
  assert.deepEqual(
    gateway
      .records()
      .map(({ outcome, cost_source, charge_nanos }) => [outcome, cost_source, charge_nanos]),
    Array.from({ length: 2 }, () => ['aborted', 'none', 0]),
  );
  assert.equal(balanceOf(gateway.rooms, userId), 1_000_000_000);
  assert.ok(providers.asked.every((path) => path.endsWith('/models')));
});
