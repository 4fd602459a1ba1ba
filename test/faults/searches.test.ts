/** Searches of the web that a model makes for its answer: what is held for them, and what is owed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fund } from './money.ts';
import { openStand } from './stand.ts';

const DOLLAR = 1_000_000_000;
const CHAT = {
  model: 'meta-llama/llama-3.3-70b-instruct:free',
  messages: [{ role: 'user', content: 'Say hello.' }],
};

test('searches of the web that a request allows are held', async () => {
  await using vendor = await openStand({ provider: 'ANTHROPIC' });
  const { userId } = vendor.product.rooms.accounts.keys.find(vendor.token) ?? assert.fail();
  await fund(vendor.product.rooms, userId, DOLLAR, { plan: 'cost' });
  const messages = [{ role: 'user', content: 'Say hello.' }];
  const body = { model: 'claude-sonnet-4-5', max_tokens: 50, messages };
  const tool = { type: 'web_search_20250305', name: 'web_search' };
  const held: number[] = [];
  for (const max_uses of [1, 4, undefined]) {
    const answer = await vendor.ask({
      path: '/messages',
      body: { ...body, tools: [{ ...tool, max_uses }] },
    });
    held.push(vendor.recordOf(answer).hold_nanos ?? 0);
  }
  const search = 10_000_000;
  const [one = 0, four = 0, any = 0] = held.map((amount) => Math.floor(amount / search));
  assert.deepEqual([one, four, any], [1, 4, 10]);
});

test('and those that the other dialect allows, which bounds all tools together', async () => {
  await using vendor = await openStand({ provider: 'OPENAI' });
  const { userId } = vendor.product.rooms.accounts.keys.find(vendor.token) ?? assert.fail();
  await fund(vendor.product.rooms, userId, DOLLAR, { plan: 'cost' });
  const tools = [{ type: 'web_search' }];
  const body = { model: 'gpt-5-mini', max_output_tokens: 50, input: 'Say hello.', tools };
  const held: number[] = [];
  for (const max_tool_calls of [2, undefined]) {
    const answer = await vendor.ask({ path: '/responses', body: { ...body, max_tool_calls } });
    held.push(vendor.recordOf(answer).hold_nanos ?? 0);
  }
  assert.deepEqual(
    held.map((amount) => Math.floor(amount / 10_000_000)),
    [2, 10],
  );
});

test('a number of searches that cannot be true is on record, and takes no more than was held', async () => {
  await using vendor = await openStand({ provider: 'ANTHROPIC' });
  const { userId } = vendor.product.rooms.accounts.keys.find(vendor.token) ?? assert.fail();
  await fund(vendor.product.rooms, userId, DOLLAR, { plan: 'cost' });
  const server_tool_use = { web_search_requests: 5_000_000_000 };
  const usage = { input_tokens: 9, output_tokens: 2, server_tool_use };
  const answer = { id: 'msg_1', type: 'message', role: 'assistant', content: [], usage };
  vendor.upstream.script({ behave: { body: JSON.stringify(answer) } });
  const messages = [{ role: 'user', content: 'Say hello.' }];
  const body = { model: 'claude-sonnet-4-5', max_tokens: 50, messages };
  const got = await vendor.ask({ path: '/messages', body });
  const { outcome, flawed, charge_nanos, hold_nanos } = vendor.recordOf(got);
  assert.deepEqual([got.status, outcome, flawed], [200, 'completed', 1]);
  assert.equal(charge_nanos, hold_nanos);
});

test('searches are held that cost extra with a free model too, where only the answer tells their cost', async () => {
  await using vendor = await openStand({ provider: 'OPENROUTER' });
  const { userId } = vendor.product.rooms.accounts.keys.find(vendor.token) ?? assert.fail();
  await fund(vendor.product.rooms, userId, DOLLAR, { plan: 'cost' });
  const cent = 10_000_000;
  const asked: readonly (readonly [object, number])[] = [
    [{}, 0],
    [{ plugins: [{ id: 'web' }] }, 2 * cent],
    [{ plugins: [{ id: 'web', max_results: 10 }, { id: 'file-parser' }, null] }, 4 * cent],
    [{ plugins: [{ id: 'web', enabled: false }] }, 0],
    [{ web_search_options: {} }, 2 * cent],
    [{ tools: [{ type: 'openrouter:web_search' }, { type: { toString: 1 } }] }, 10 * cent],
    [{ tools: [{ type: 'web_search_20250305', max_uses: 3 }] }, 3 * cent],
    [{ plugins: [{ id: 'web', max_results: 1e300 }] }, 400 * cent],
  ];
  for (const [members, held] of asked) {
    const body = { ...CHAT, ...members };
    const answer = await vendor.ask({ body });
    const { status, hold_nanos } = vendor.recordOf(answer);
    assert.deepEqual(
      held > DOLLAR ? [status] : [status, hold_nanos],
      held > DOLLAR ? [402] : [200, held],
      JSON.stringify(members),
    );
  }
});

test('tools are held that run at a vendor who bills each use, and those of the caller are not', async () => {
  await using vendor = await openStand({ provider: 'XAI' });
  const { userId } = vendor.product.rooms.accounts.keys.find(vendor.token) ?? assert.fail();
  await fund(vendor.product.rooms, userId, DOLLAR, { plan: 'cost' });
  const tools = [{ type: 'x_search' }, { type: 'function', name: 'f', parameters: {} }];
  const body = { model: 'grok-4', max_output_tokens: 50, input: 'Say hello.', tools };
  const { status, hold_nanos } = vendor.recordOf(await vendor.ask({ path: '/responses', body }));
  assert.deepEqual([status, Math.floor((hold_nanos ?? 0) / 100_000_000)], [200, 1]);
});

test('a search that has a price of its own is held once, whoever bills other tools by the use', async () => {
  const price = { input: 0.003, output: 0.015, web_search: 0.005 };
  const settings = { MODEL_PRICING_JSON: JSON.stringify({ 'grok-4': price }) };
  await using vendor = await openStand({ provider: 'XAI', settings });
  const { userId } = vendor.product.rooms.accounts.keys.find(vendor.token) ?? assert.fail();
  await fund(vendor.product.rooms, userId, DOLLAR, { plan: 'cost' });
  const body = { model: 'grok-4', max_output_tokens: 50, input: 'Say hello.' };
  const held = async (...types: string[]) => {
    const tools = types.map((type) => ({ type }));
    const answer = await vendor.ask({ path: '/responses', body: { ...body, tools } });
    return vendor.recordOf(answer).hold_nanos ?? 0;
  };
  // Ten at half a cent; a tool without a price of its own is ten at a cent.
  assert.equal(Math.floor((await held('web_search')) / 10_000_000), 5);
  assert.equal(Math.floor((await held('web_search', 'x_search')) / 10_000_000), 15);
});
