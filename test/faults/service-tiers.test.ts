/** One model at several prices: what is held for the tier that a request asks for, and what is owed for the one that served. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Question } from '../fake-upstream/ask.ts';
import { balanceOf, fund } from './money.ts';
import { openStand, type Stand } from './stand.ts';

const DOLLAR = 1_000_000_000;
const LIST = { MODEL_PRICING_JSON: '{}' };
const MESSAGES = [{ role: 'user', content: 'Say hello.' }];
const CHAT = { model: 'gpt-4o', max_tokens: 100, messages: MESSAGES };
const USAGE = { prompt_tokens: 1_000, completion_tokens: 100, total_tokens: 1_100 };
/** Of the model in CHAT: a thousand tokens read at $2.50 and a hundred written at $10 for a million. */
const LIST_COST = 3_500_000;

async function funded(stand: Stand, amount = DOLLAR): Promise<string> {
  const { userId } = stand.product.rooms.accounts.keys.find(stand.token) ?? assert.fail();
  await fund(stand.product.rooms, userId, amount, { plan: 'cost' });
  return userId;
}

function answers(stand: Stand, answer: object): void {
  stand.upstream.script({ behave: { body: JSON.stringify(answer) }, times: 1 });
}

function streams(stand: Stand, events: readonly object[], ending = ''): void {
  const told = events.map((event) => {
    const type = 'type' in event ? `event: ${event.type}\n` : '';
    return `${type}data: ${JSON.stringify(event)}\n\n`;
  });
  const body = told.join('') + ending;
  stand.upstream.script({ behave: { body, contentType: 'text/event-stream' }, times: 1 });
}

async function recordAfter(stand: Stand, question: Question) {
  const answer = await stand.ask(question);
  assert.equal(answer.status, 200, answer.text);
  return stand.recordOf(answer);
}

const chatAnswer = (service_tier: string | null) => ({
  ...{ id: 'c1', object: 'chat.completion', model: 'gpt-4o-2024-08-06', service_tier },
  choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
  usage: USAGE,
});

test('the tier that served decides what is owed, whatever was asked for', async () => {
  await using vendor = await openStand({ provider: 'OPENAI', settings: LIST });
  const user = await funded(vendor);
  const served: readonly (readonly [string | null, number, string | null])[] = [
    [null, LIST_COST, null],
    ['default', LIST_COST, null],
    ['flex', LIST_COST / 2, 'flex'],
    ['priority', LIST_COST * 1.7, 'priority'],
  ];
  let owed = 0;
  for (const [tier, cost, shown] of served) {
    answers(vendor, chatAnswer(tier));
    const record = await recordAfter(vendor, { body: { ...CHAT, service_tier: 'priority' } });
    const { cost_nanos, charge_nanos, service_tier, price_id } = record;
    assert.deepEqual([cost_nanos, charge_nanos, service_tier], [cost, cost, shown]);
    assert.equal(price_id?.includes('+') ?? null, shown !== null, price_id ?? '');
    owed += cost;
  }
  assert.equal(balanceOf(vendor.product.rooms, user), DOLLAR - owed);
});

test('a stream says with its last word on the tier how it was served', async () => {
  await using vendor = await openStand({ provider: 'OPENAI', settings: LIST });
  await funded(vendor);
  const chunk = { id: 'c1', object: 'chat.completion.chunk', model: 'gpt-4o' };
  const said = { index: 0, delta: { content: 'hello' }, finish_reason: null };
  const first = { ...chunk, service_tier: 'flex', choices: [said] };
  streams(vendor, [first, { ...chunk, choices: [], usage: USAGE }], 'data: [DONE]\n\n');
  const chat = await recordAfter(vendor, { body: { ...CHAT, stream: true } });
  assert.deepEqual([chat.service_tier, chat.cost_nanos], ['flex', LIST_COST / 2]);

  const usage = { input_tokens: 1_000, output_tokens: 100, total_tokens: 1_100 };
  const response = { id: 'r1', model: 'gpt-4o', usage: null, service_tier: 'priority' };
  for (const [tier, cost] of [
    ['default', LIST_COST],
    ['priority', LIST_COST * 1.7],
  ] as const) {
    streams(vendor, [
      { type: 'response.created', response },
      { type: 'response.output_text.delta', delta: 'hello' },
      { type: 'response.completed', response: { ...response, usage, service_tier: tier } },
    ]);
    const body = { model: 'gpt-4o', input: 'Say hello.', max_output_tokens: 100, stream: true };
    const record = await recordAfter(vendor, { path: '/responses', body });
    assert.deepEqual([record.outcome, record.cost_nanos], ['completed', cost]);
  }
});

test('speed and region of messages multiply, in whole answers and in streams', async () => {
  await using vendor = await openStand({ provider: 'ANTHROPIC', settings: LIST });
  await funded(vendor);
  const message = { id: 'm1', type: 'message', role: 'assistant', model: 'claude-opus-5' };
  const usage = { input_tokens: 1_000, output_tokens: 100 };
  const how = { service_tier: 'standard', speed: 'fast', inference_geo: 'us' };
  const body = { model: 'claude-opus-5', max_tokens: 100, messages: MESSAGES };
  // A thousand tokens at $5 and a hundred at $25 for a million, twice as dear, and a tenth more.
  const cost = 16_500_000;
  answers(vendor, { ...message, content: [], usage: { ...usage, ...how } });
  const whole = await recordAfter(vendor, { path: '/messages', body });
  assert.deepEqual([whole.service_tier, whole.cost_nanos], ['fast us', cost]);
  streams(vendor, [
    {
      type: 'message_start',
      message: { ...message, usage: { ...usage, output_tokens: 1, ...how } },
    },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'hello' } },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage },
    { type: 'message_stop' },
  ]);
  const streamed = await recordAfter(vendor, {
    path: '/messages',
    body: { ...body, stream: true },
  });
  assert.deepEqual([streamed.service_tier, streamed.cost_nanos], ['fast us', cost]);
});

test('what is held covers the dearest tier that a request asks for, and the list price where it asks for none', async () => {
  await using vendor = await openStand({ provider: 'OPENAI', settings: LIST });
  await funded(vendor);
  const held = async (members: object) =>
    (await recordAfter(vendor, { body: { ...CHAT, ...members } })).hold_nanos ?? 0;
  const list = await held({});
  assert.equal(await held({ service_tier: 'default' }), list);
  assert.equal(await held({ service_tier: 'flex' }), list);
  assert.equal(await held({ service_tier: 'priority' }), Math.round(list * 1.7));
  assert.equal(await held({ service_tier: 'unheard-of' }), list * 6);
});

test('speed and region that are asked for are held too', async () => {
  await using vendor = await openStand({ provider: 'ANTHROPIC', settings: LIST });
  await funded(vendor);
  const body = { model: 'claude-opus-4-6', max_tokens: 100, messages: MESSAGES };
  const held = async (members: object) => {
    const question = { path: '/messages', body: { ...body, ...members } };
    return (await recordAfter(vendor, question)).hold_nanos ?? 0;
  };
  const list = await held({});
  assert.equal(await held({ speed: 'fast' }), list * 6);
  assert.equal(await held({ inference_geo: 'us' }), Math.round(list * 1.1));
  assert.equal(await held({ speed: 'fast', inference_geo: 'us' }), Math.round(list * 6.6));
  assert.equal(await held({ speed: 'standard', inference_geo: 'global' }), list);
});

test('requests side by side cannot overspend a wallet by asking for a dearer tier', async () => {
  await using vendor = await openStand({ provider: 'OPENAI', settings: LIST });
  // It covers three of these at the list price, and two at their own.
  const user = await funded(vendor, 4_000_000);
  const usage = { prompt_tokens: 10, completion_tokens: 100, total_tokens: 110 };
  const answer = JSON.stringify({ ...chatAnswer('priority'), usage });
  vendor.upstream.script({ behave: { body: answer, delayMs: 50 } });
  const body = { ...CHAT, service_tier: 'priority' };
  const got = await Promise.all([1, 2, 3].map(() => vendor.ask({ body })));
  assert.deepEqual(got.map(({ status }) => status).toSorted(), [200, 200, 402]);
  assert.ok(balanceOf(vendor.product.rooms, user) >= 0);
});

test('a tier that stands there twice, or in a disguise, is refused before anything is sent', async () => {
  await using vendor = await openStand({ provider: 'OPENAI', settings: LIST });
  const rest = JSON.stringify(CHAT).slice(1);
  for (const members of [
    '"service_tier":"default","service_tier":"priority"',
    '"Service_Tier":"priority"',
    '"speed":"standard","speed":"fast"',
    '"inference_geo":"us","inference_geo":"global"',
  ]) {
    const answer = await vendor.ask({ body: `{${members},${rest}` });
    assert.equal(answer.status, 400, members);
  }
  assert.equal(vendor.upstream.requests().length, 0);
});

test('a cost that the provider states holds, whatever its tier, and the tier is on record all the same', async () => {
  await using vendor = await openStand({ provider: 'OPENROUTER', settings: LIST });
  await funded(vendor);
  const answer = chatAnswer('priority');
  answers(vendor, { ...answer, usage: { ...USAGE, cost: 0.00125 } });
  const record = await recordAfter(vendor, { body: { ...CHAT, model: 'openai/gpt-4o' } });
  const { cost_nanos, cost_source, service_tier } = record;
  assert.deepEqual([cost_nanos, cost_source, service_tier], [1_250_000, 'upstream', 'priority']);
});

test('a price that is believed of a tier is told with the request', async () => {
  await using vendor = await openStand({ provider: 'OPENAI', settings: LIST });
  await funded(vendor);
  answers(vendor, chatAnswer('warp'));
  const { id, cost_nanos } = await recordAfter(vendor, { body: CHAT });
  assert.equal(cost_nanos, LIST_COST * 6);
  const story = (await vendor.product.operator(`/api/requests/${id}`)) as {
    service_tier: string;
    price: { is_believed: boolean };
  };
  assert.deepEqual([story.service_tier, story.price.is_believed], ['warp', true]);
});

test('a server that is no known vendor takes nothing more for a tier, unless it stands in for one', async () => {
  const prices = { MODEL_PRICING_JSON: '{"llama-3": {"input": 0.0025, "output": 0.01}}' };
  const own = ['gpt-4o', 'llama-3'].map((model) => ({ model, settings: {}, times: 1 }));
  const standIn = { model: 'gpt-4o', settings: { UPSTREAM_PRICES: 'openai' }, times: 1.7 };
  for (const { model, settings, times } of [...own, standIn]) {
    await using vendor = await openStand({ settings: { ...prices, ...settings } });
    await funded(vendor);
    answers(vendor, { ...chatAnswer('priority'), model });
    const body = { ...CHAT, model, service_tier: 'priority' };
    const { cost_nanos, service_tier, price_id } = await recordAfter(vendor, { body });
    assert.deepEqual([cost_nanos, service_tier], [LIST_COST * times, 'priority']);
    assert.equal(price_id?.endsWith('?'), times === 1, price_id ?? '');
  }
});
