/** A credit-metered gateway from its first user to the last credit, over HTTP only. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { parseDollars } from '../../contract/money.ts';
import { chatOnce, openStage, type Stage } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

interface User {
  readonly user_id: string;
  readonly api_key: string;
  readonly credits: number;
}

const order = (path: string, body?: unknown) =>
  stage.tollkeeper.operator(path, body === undefined ? {} : { body });

async function own<T>(path: string, user: User): Promise<T> {
  const headers = { authorization: `Bearer ${user.api_key}` };
  return (await (await fetch(stage.tollkeeper.url + path, { headers })).json()) as T;
}

const chat = (user: User) => chatOnce(stage.tollkeeper.url, user.api_key);

test('each call costs one credit a token, and every surface says the same to the digit', async () => {
  const user = (await order('/admin/create_user', {
    username: 'ann',
    initial_credits: 1_000_000,
  })) as User;
  await chat(user);
  await chat(user);
  const records = stage.tollkeeper.records().filter((row) => row.user_id === user.user_id);
  const tokens = records.reduce(
    (sum, row) => sum + (row.input_tokens ?? 0) + (row.output_tokens ?? 0),
    0,
  );
  assert.ok(tokens > 0);
  const dollars = (tokens * 20_000) / 1e9;
  const balance = await own<{ credits: number; balance_usd: number }>('/user/balance', user);
  assert.equal(balance.credits, 1_000_000 - tokens);
  assert.equal(balance.balance_usd, (20_000_000_000 - tokens * 20_000) / 1e9);
  const { usage_metrics: metrics } = await own<{ usage_metrics: Record<string, unknown> }>(
    '/user/monitor',
    user,
  );
  assert.equal(metrics['total_requests'], 2);
  assert.equal(metrics['total_tokens'], tokens);
  assert.equal(metrics['total_cost'], dollars);
  assert.equal(metrics['cost_this_month'], dollars);
  const limit = await own<{ current_usage: { used: Record<string, number> } }>('/user/limit', user);
  assert.equal(limit.current_usage.used['requests_per_day'], 2);
  assert.equal(limit.current_usage.used['tokens_per_day'], tokens);
  const monitor = (await order('/admin/monitor')) as {
    data: { total_cost_today: number; top_users_by_usage: { cost: number }[] };
  };
  assert.equal(monitor.data.total_cost_today, dollars);
  assert.equal(monitor.data.top_users_by_usage[0]?.cost, dollars);
  const { data } = (await order(`/api/wallets/${user.user_id}/entries`)) as {
    data: { amount_usd: string; kind: string }[];
  };
  const charges = data.filter(({ kind }) => kind === 'charge');
  assert.equal(
    charges.reduce((sum, { amount_usd }) => sum + (parseDollars(amount_usd) ?? 0), 0),
    -tokens * 20_000,
  );
});

test('without credits a call is 402 with the figures; with credits added it is served', async () => {
  const user = (await order('/admin/create_user', { username: 'bob' })) as User;
  const refused = await chat(user).catch((error: unknown) => error);
  assert.ok(refused instanceof OpenAI.APIError);
  assert.equal(refused.status, 402);
  assert.equal(refused.code, 'insufficient_quota');
  const { metadata } = refused.error as { metadata: Record<string, unknown> };
  assert.deepEqual(
    [metadata['rule'], metadata['scope'], metadata['balance']],
    ['wallet', 'user', '0'],
  );
  await order('/admin/add_credits', { api_key: user.api_key, credits: 100_000 });
  await chat(user);
});

test('a limit that the operator sets refuses the next call with its figures, and /user/limit agrees', async () => {
  const user = (await order('/admin/create_user', {
    username: 'eve',
    initial_credits: 1_000_000,
  })) as User;
  await chat(user);
  await order('/admin/limit', { api_key: user.api_key, rate_limits: { requests_per_day: 1 } });
  const refused = await chat(user).catch((error: unknown) => error);
  assert.ok(refused instanceof OpenAI.APIError);
  assert.equal(refused.status, 429);
  const { metadata, message } = refused.error as {
    metadata: Record<string, unknown>;
    message: string;
  };
  assert.deepEqual(
    [metadata['rule'], metadata['scope'], metadata['counter'], metadata['limit']],
    ['requests_per_day', 'user', 1, 1],
  );
  const { current_usage: usage, reset_times: resets } = await own<{
    current_usage: { allowed: boolean; reason: string };
    reset_times: { day: string };
  }>('/user/limit', user);
  assert.deepEqual([usage.allowed, usage.reason], [false, message]);
  assert.equal(metadata['reset'], resets.day);
});
