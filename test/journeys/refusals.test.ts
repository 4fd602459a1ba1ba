/** Every refusal explains itself: to its caller, and later to whoever asks by the request's id, in the same words. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KeyRules } from '../../server/accounts/accounts.ts';
import { NO_LIMITS } from '../../server/limits/limits.ts';
import { chat } from '../fake-upstream/ask.ts';
import { budgetOf, CREDIT, fund } from '../faults/money.ts';
import { openStand, type Stand } from '../faults/stand.ts';

interface Case {
  readonly title: string;
  readonly status: number;
  readonly code: string;
  /** Of the metadata; null where the sentence says all. */
  readonly rule: readonly [rule: string, scope: string] | null;
  readonly path?: string;
  prepare(of: { stand: Stand; keyId: string; userId: string }): Promise<void>;
}

const ruled =
  (rules: Partial<KeyRules>): Case['prepare'] =>
  async ({ stand, keyId }) => {
    const { accounts, storage } = stand.product.rooms;
    const key = accounts.keys.find(keyId);
    assert.ok(key !== null);
    const { write, apply } = accounts.keys.change(key, rules);
    await storage.commit([write]);
    apply();
  };

const CASES: readonly Case[] = [
  {
    title: 'a rate of the key',
    status: 429,
    code: 'rate_limited',
    rule: ['requests_per_day', 'key'],
    async prepare({ stand, keyId, userId }) {
      const { limits } = stand.product.rooms;
      await limits.set('key', keyId, { ...NO_LIMITS, requests_per_day: 1 });
      limits.admit({ keyId, userId, tokens: 0 }).end();
    },
  },
  {
    title: 'a rate that the request alone exceeds, of the user',
    status: 429,
    code: 'request_over_limit',
    rule: ['tokens_per_hour', 'user'],
    prepare: ({ stand, userId }) =>
      stand.product.rooms.limits.set('user', userId, { ...NO_LIMITS, tokens_per_hour: 1 }),
  },
  {
    title: 'an empty wallet',
    status: 402,
    code: 'insufficient_quota',
    rule: ['wallet', 'user'],
    prepare: ({ stand, userId }) => fund(stand.product.rooms, userId, CREDIT),
  },
  {
    title: 'a spent budget of the key',
    status: 402,
    code: 'insufficient_quota',
    rule: ['budget', 'key'],
    prepare: ({ stand, keyId }) =>
      stand.product.rooms.ledger.defineBudget(budgetOf('key', keyId, CREDIT)),
  },
  {
    title: 'a model that is not on the list',
    status: 403,
    code: 'model_forbidden',
    rule: ['models', 'key'],
    prepare: ruled({ models: ['claude-*'] }),
  },
  {
    title: 'a key that is expired',
    status: 401,
    code: 'invalid_api_key',
    rule: null,
    prepare: ruled({ expiresAt: 1 }),
  },
  {
    title: 'a path that cannot be metered',
    status: 403,
    code: 'unmetered_path_forbidden',
    rule: null,
    path: '/files',
    prepare: ruled({ allowUnmetered: false }),
  },
  {
    title: 'a budget, on a path that cannot be metered and that the key may use,',
    status: 403,
    code: 'unmetered_path_forbidden',
    rule: null,
    path: '/files',
    prepare: ({ stand }) =>
      stand.product.rooms.ledger.defineBudget(budgetOf('installation', '', 1_000_000 * CREDIT)),
  },
];

describe('a refusal', () => {
  for (const { title, status, code, rule, path, prepare } of CASES) {
    test(`by ${title} is on record with the words and figures that its caller read`, async () => {
      await using stand = await openStand();
      const { records, accounts } = stand.product.rooms;
      const key = accounts.keys.find(stand.token);
      assert.ok(key !== null);
      await prepare({ stand, keyId: key.id, userId: key.userId });
      const body = chat('tokens=3', { max_tokens: 5 });
      const answer = await stand.ask({ body, ...(path && { path }) });
      const { error } = JSON.parse(answer.text);
      assert.deepEqual([answer.status, error.code], [status, code]);
      const { metadata = null, message } = error;
      assert.deepEqual(metadata && [metadata.rule, metadata.scope], rule);
      const record = stand.recordOf(answer);
      assert.deepEqual([record.outcome, record.failure], ['refused', code]);
      assert.deepEqual(await records.refusalOf(record.id), { sentence: message, rule: metadata });
      assert.equal(stand.upstream.requests().length, 0);
    });
  }

  test('by a rate says what GET /user/limit says: the rule, its use and when it resets', async () => {
    await using stand = await openStand();
    const key = stand.product.rooms.accounts.keys.find(stand.token);
    assert.ok(key !== null);
    const limits = { ...NO_LIMITS, requests_per_day: 1 };
    await stand.product.rooms.limits.set('key', key.id, limits);
    const body = chat('tokens=3');
    assert.equal((await stand.ask({ body })).status, 200);
    const { metadata, message } = JSON.parse((await stand.ask({ body })).text).error;
    const own = await fetch(`${stand.product.url}/user/limit`, {
      headers: { authorization: `Bearer ${stand.token}` },
    });
    const told = (await own.json()) as {
      current_limits: Record<string, number>;
      current_usage: { reason: string; used: Record<string, number> };
      reset_times: { day: string };
    };
    assert.equal(told.current_usage.reason, message);
    assert.deepEqual(
      [told.current_usage.used['requests_per_day'], told.current_limits['requests_per_day']],
      [metadata.counter, metadata.limit],
    );
    assert.equal(told.reset_times.day, metadata.reset);
  });

  test('of a body whose model or messages nobody can read reaches no provider and names the member', async () => {
    await using stand = await openStand();
    for (const wrong of [{ messages: 'Hi' }, { model: 5 }]) {
      const answer = await stand.ask({ body: { ...chat('tokens=3'), ...wrong } });
      const { error } = JSON.parse(answer.text);
      assert.deepEqual([answer.status, error.param], [400, Object.keys(wrong)[0]]);
      assert.equal(stand.recordOf(answer).outcome, 'refused');
    }
    assert.equal(stand.upstream.requests().length, 0);
    const nameless = await stand.ask({ body: { ...chat('tokens=3'), model: '' } });
    assert.equal(stand.recordOf(nameless).model, null);
  });

  test('that was none has no explanation', async () => {
    await using stand = await openStand();
    const served = await stand.ask({ body: chat('tokens=3') });
    const { records } = stand.product.rooms;
    assert.equal(await records.refusalOf(stand.recordOf(served).id), null);
  });
});
