import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../clock.ts';
import type { Failure } from '../failure.ts';
import type { KeyReading, ProviderUsage, UsageRow } from '../providers/providers.ts';
import { answer, dollars, has, openStage, reads, type Stage, TELLING } from './stage-for-tests.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const used = (date: string, cost: number, model = 'm'): UsageRow => ({
  date,
  model,
  requests: 2,
  inputTokens: 100,
  cachedInputTokens: null,
  outputTokens: 10,
  reasoningTokens: null,
  cost: dollars(cost),
});

function told(
  rows: readonly UsageRow[],
  days: readonly string[],
  openDays: readonly string[] = [],
): ProviderUsage {
  return { ...reads('valid', 'read'), days, openDays, rows, currency: 'USD' };
}

const held = () =>
  stage.rows<{ date: string; model: string; cost: number; complete: number }>(
    `select date, model, cost_nanos / 1000000000.0 as cost, complete from provider_usage order by 1, 2`,
  );

test('the first sync asks for thirty days, a later one for those that may have changed', async () => {
  stage.add('pk_1', { provider: TELLING });
  const ranges: string[] = [];
  stage.script.usage = (from, to) => {
    ranges.push(`${from} to ${to}`);
    return told(
      [used('2026-11-12', 1), used('2026-11-19', 2)],
      ['2026-11-12', '2026-11-19'],
      ['2026-11-19'],
    );
  };
  const report = await stage.monitoring.sync('pk_1');
  assert.deepEqual(report, { rows: 2, from: '2026-10-22', to: '2026-11-20' });
  await stage.monitoring.sync('pk_1');
  stage.clock.pass(4 * DAY_MS);
  await stage.monitoring.sync('pk_1');
  assert.deepEqual(ranges, [
    '2026-10-22 to 2026-11-20',
    '2026-11-18 to 2026-11-20',
    // The 19th is not complete yet.
    '2026-11-19 to 2026-11-24',
  ]);
});

test('a sync is done every hour, and twice the same changes nothing', async () => {
  stage.add('pk_1', { provider: TELLING });
  stage.script.usage = () => told([used('2026-11-19', 2)], ['2026-11-19']);
  await stage.monitoring.tick();
  const first = held();
  stage.clock.pass(HOUR_MS);
  await stage.monitoring.tick();
  await stage.monitoring.sync('pk_1');
  assert.deepEqual(held(), first);
  assert.deepEqual(first, [{ date: '2026-11-19', model: 'm', cost: 2, complete: 1 }]);
});

test('a day that the provider tells anew is replaced whole, and all others stand', async () => {
  stage.add('pk_1', { provider: TELLING });
  stage.script.usage = () =>
    told(
      [used('2026-11-18', 1), used('2026-11-19', 2, 'a')],
      ['2026-11-18', '2026-11-19'],
      ['2026-11-19'],
    );
  await stage.monitoring.sync('pk_1');
  stage.script.usage = () => told([used('2026-11-19', 3, 'b')], ['2026-11-19']);
  await stage.monitoring.sync('pk_1');
  assert.deepEqual(held(), [
    { date: '2026-11-18', model: 'm', cost: 1, complete: 1 },
    { date: '2026-11-19', model: 'b', cost: 3, complete: 1 },
  ]);
});

test('what is told again of a secret that was stored before counts once', async () => {
  const days = ['2026-11-18', '2026-11-19'];
  stage.add('pk_old', { provider: TELLING });
  stage.add('pk_other', { provider: TELLING });
  stage.script.usage = () =>
    told([used('2026-11-10', 1), used('2026-11-19', 2)], ['2026-11-10', ...days]);
  await stage.monitoring.sync('pk_old');
  await stage.monitoring.sync('pk_other');
  stage.keys.delete('pk_old');
  stage.add('pk_new', { provider: TELLING });
  stage.former.set('pk_new', ['pk_old']);
  const heldOf = (id: string) =>
    stage.rows<{ date: string }>(
      `select date from provider_usage where provider_key_id = '${id}' order by 1`,
    );
  stage.script.usage = () => told([], days);
  await stage.monitoring.sync('pk_new');
  assert.equal(heldOf('pk_old').length, 2, 'nothing told takes nothing away');
  stage.script.usage = () => told([used('2026-11-19', 3)], days);
  await stage.monitoring.sync('pk_new');
  assert.deepEqual(heldOf('pk_old'), [{ date: '2026-11-10' }]);
  assert.deepEqual(heldOf('pk_new'), [{ date: '2026-11-19' }]);
  assert.equal(heldOf('pk_other').length, 2);
});

test('an answer that is empty all at once takes nothing back', async () => {
  stage.add('pk_1', { provider: TELLING });
  stage.script.usage = () => told([used('2026-11-19', 2)], ['2026-11-19']);
  await stage.monitoring.sync('pk_1');
  stage.script.usage = () => told([], ['2026-11-18', '2026-11-19']);
  await stage.monitoring.sync('pk_1');
  assert.equal(held().length, 1);
});

test('a sync that teaches nothing is refused in words, and tried again soon', async () => {
  stage.add('pk_1', { provider: TELLING });
  stage.add('pk_2');
  const tells = (reading: KeyReading) => {
    stage.script.usage = () => ({ ...told([], []), ...reading });
  };
  const trouble = (outcome: 'unavailable' | 'not permitted') =>
    tells(reads('unknown', outcome, `It was ${outcome}.`));
  trouble('unavailable');
  const refusal = (id: string) =>
    stage.monitoring.sync(id).then(
      () => assert.fail('it was not refused'),
      (error: Failure) => error,
    );
  assert.equal((await refusal('pk_1')).code, 'upstream_unreachable');
  trouble('not permitted');
  assert.deepEqual(
    [(await refusal('pk_1')).code, (await refusal('pk_1')).message],
    ['conflict', 'It was not permitted.'],
  );
  tells(reads('invalid', 'read', 'It was not accepted.'));
  const { code, message } = await refusal('pk_1');
  assert.deepEqual([code, message], ['conflict', 'It was not accepted.']);
  assert.equal((await refusal('pk_2')).code, 'conflict');
});

test('an anchor is carried on by what the provider reports', async () => {
  const at = stage.clock.now() - 3 * DAY_MS;
  stage.add('pk_1', {
    provider: {
      ...TELLING,
      account: { ...TELLING.account, balance: async () => has(0, { balance: null }) },
    },
    anchor: { amount: dollars(20), at },
  });
  stage.script.usage = () =>
    told([used('2026-11-18', 1), used('2026-11-19', 2)], ['2026-11-18', '2026-11-19']);
  await stage.monitoring.sync('pk_1');
  const reading = await stage.monitoring.check('pk_1');
  assert.deepEqual([reading.balance, reading.source], [dollars(17), 'anchored']);
});

const COMPLETION = {
  choices: [{ message: { content: 'pong' } }],
  usage: { prompt_tokens: 1_000, completion_tokens: 500, total_tokens: 1_500 },
};

test('a key is probed only where that was asked for, every five minutes, and the cost is on record', async () => {
  stage.add('pk_1', { probe: true });
  stage.add('pk_2');
  stage.script.completion = () => answer(200, COMPLETION);
  await stage.monitoring.tick();
  stage.clock.pass(4 * MINUTE_MS);
  await stage.monitoring.tick();
  const probes = () =>
    stage.rows(
      'select provider_key_id as key, ok, model, input_tokens as input, output_tokens as output, cost_nanos as cost from probes',
    );
  const probe = {
    key: 'pk_1',
    ok: 1,
    model: 'small-model',
    input: 1_000,
    output: 500,
    cost: 2_000_000,
  };
  assert.deepEqual(probes(), [probe]);
  stage.clock.pass(MINUTE_MS);
  await stage.monitoring.tick();
  assert.deepEqual(probes(), [probe, probe]);
});

test('a probe on demand tells what came of it, whatever that was', async () => {
  stage.add('pk_1');
  stage.script.completion = (call) => {
    assert.deepEqual(call.body?.['max_tokens'], 16);
    return answer(200, COMPLETION);
  };
  const good = await stage.monitoring.probe('pk_1');
  assert.deepEqual([good.ok, good.cost, good.error], [true, 2_000_000, null]);
  const lastOkAt = (await stage.monitoring.statuses(['pk_1'])).get('pk_1')?.lastOkAt;
  assert.equal(lastOkAt, stage.clock.now());
  const cases = [
    [answer(200, { choices: [] }), null],
    [answer(200, { hello: 1 }), 'The provider answered status 200 and no completion.'],
    [answer(429, undefined), 'The provider asks for fewer calls.'],
    [
      answer(404, { error: { message: 'secret words' } }),
      'The provider answered status 404 and no completion.',
    ],
  ] as const;
  for (const [given, error] of cases) {
    stage.script.completion = () => given;
    const probe = await stage.monitoring.probe('pk_1');
    assert.deepEqual([probe.ok, probe.error], [error === null, error]);
    assert.equal(probe.cost, null, 'what nobody counted is not free');
  }
});

test('a key is probed with its own model, else that of its provider, else that of the setting', async () => {
  const models: unknown[] = [];
  stage.script.completion = ({ body }) => {
    models.push(body?.['model']);
    return answer(200, COMPLETION);
  };
  const provider = { ...TELLING, probeModel: 'of the provider' };
  stage.add('pk_1', { provider, probeModel: 'of the key' });
  stage.add('pk_2', { provider });
  stage.add('pk_3');
  for (const id of ['pk_1', 'pk_2', 'pk_3']) await stage.monitoring.probe(id);
  assert.deepEqual(models, ['of the key', 'of the provider', 'small-model']);
});

test('what probes cost is taken off an anchor, until the provider itself has closed the day', async () => {
  stage.add('pk_1', {
    provider: {
      ...TELLING,
      account: { ...TELLING.account, balance: async () => has(0, { balance: null }) },
    },
    anchor: { amount: dollars(20), at: stage.clock.now() - MINUTE_MS },
  });
  stage.script.completion = () => answer(200, COMPLETION);
  await stage.record({ startedAt: stage.clock.now(), cost: dollars(1) });
  await stage.monitoring.probe('pk_1');
  await stage.monitoring.probe('pk_1');
  assert.equal((await stage.monitoring.check('pk_1')).balance, dollars(20 - 1 - 0.004));
  stage.clock.pass(DAY_MS);
  stage.script.usage = () => told([used('2026-11-20', 4)], ['2026-11-20']);
  await stage.monitoring.sync('pk_1');
  // Half of that day came after the anchor.
  const later = await stage.monitoring.check('pk_1');
  assert.ok(Math.abs((later.balance ?? 0) - dollars(18)) < dollars(0.01), String(later.balance));
});

test('what a provider reports in another currency is not taken for dollars', async () => {
  stage.add('pk_1', {
    provider: {
      ...TELLING,
      account: { ...TELLING.account, balance: async () => has(0, { balance: null }) },
    },
    anchor: { amount: dollars(20), at: stage.clock.now() - 3 * DAY_MS },
  });
  stage.script.usage = () => ({
    ...told([used('2026-11-19', 7)], ['2026-11-19']),
    currency: 'CNY',
  });
  await stage.monitoring.sync('pk_1');
  const { balance, currency, source } = await stage.monitoring.check('pk_1');
  assert.deepEqual([balance, currency, source], [dollars(20), 'USD', 'estimated']);
});

test('a threshold is compared in the currency of the balance', async () => {
  stage.add('pk_1', { threshold: dollars(5) });
  stage.script.balance = () => has(4, { currency: 'CNY' });
  const low = await stage.monitoring.check('pk_1');
  assert.deepEqual([low.status, low.currency], ['low', 'CNY']);
  stage.script.balance = () => has(6, { currency: 'CNY' });
  assert.equal((await stage.monitoring.check('pk_1')).status, 'healthy');
});

test('a probe that fails brings about a check', async () => {
  stage.add('pk_1', { probe: true });
  stage.script.completion = () => answer(200, COMPLETION);
  await stage.monitoring.tick();
  stage.script.completion = () => answer(500, undefined);
  const checks = () => stage.rows('select at from balance_readings').length;
  assert.equal(checks(), 1);
  stage.clock.pass(5 * MINUTE_MS);
  await stage.monitoring.tick();
  assert.equal(checks(), 2);
});

const UNPAID = {
  insufficient_quota: answer(429, {
    error: { message: 'You exceeded your current quota.', code: 'insufficient_quota' },
  }),
  'credit too low': answer(400, {
    error: { type: 'invalid_request_error', message: 'Your credit balance is too low.' },
  }),
  402: answer(402, { error: { message: 'Insufficient Balance' } }),
};

test('a probe tells an account without credit from one that asks too often', async () => {
  stage.add('pk_1');
  const errorOf = async (told: ReturnType<typeof answer>) => {
    stage.script.completion = () => told;
    return (await stage.monitoring.probe('pk_1')).error;
  };
  for (const told of Object.values(UNPAID)) {
    assert.equal(await errorOf(told), 'The account has nothing left to pay with.');
  }
  const often = answer(429, { error: { message: 'Rate limit reached', code: 'rate_limit' } });
  assert.equal(await errorOf(often), 'The provider asks for fewer calls.');
});

test('a key whose probes are told twice that nobody pays is exhausted until one is served', async () => {
  const account = { validate: async () => reads('valid', 'read') };
  stage.add('pk_1', { provider: { ...TELLING, account }, probe: true });
  const after = async (told: ReturnType<typeof answer>) => {
    stage.script.completion = () => told;
    await stage.monitoring.tick();
    stage.clock.pass(6 * MINUTE_MS);
    return (await stage.monitoring.statuses(['pk_1'])).get('pk_1')?.status;
  };
  const unpaid = UNPAID.insufficient_quota;
  assert.deepEqual([await after(unpaid), await after(unpaid)], ['healthy', 'exhausted']);
  assert.equal(await after(unpaid), 'exhausted');
  const { status, error } = await stage.monitoring.check('pk_1');
  assert.deepEqual([status, error], ['exhausted', null]);
  assert.equal(await after(answer(200, COMPLETION)), 'healthy');
  assert.deepEqual(
    stage.signals.map(({ to }) => to),
    ['healthy', 'exhausted', 'healthy'],
  );
});

test('everything is checked and probed on demand, due or not', async () => {
  stage.add('pk_1', { probe: true });
  stage.add('pk_2');
  stage.script.completion = () => answer(200, COMPLETION);
  await stage.monitoring.tick();
  stage.clock.pass(1);
  const report = await stage.monitoring.checkAll();
  assert.equal(report.done, 2);
  assert.equal(stage.rows('select 1 from balance_readings').length, 4);
  assert.equal(stage.rows('select 1 from probes').length, 2);
});

test('the clean-up takes away what is old once a week, and keeps the rest', async () => {
  stage.add('pk_1', { provider: TELLING });
  stage.script.usage = () => told([used('2026-11-19', 2)], ['2026-11-19']);
  await stage.monitoring.tick();
  await stage.record({});
  const counts = () =>
    ['balance_readings', 'provider_usage', 'usage_records'].map(
      (table) => stage.rows(`select 1 from ${table}`).length,
    );
  await stage.monitoring.tidy();
  assert.deepEqual(counts(), [1, 1, 1]);
  stage.clock.pass(366 * DAY_MS);
  stage.script.usage = () => told([], []);
  await stage.monitoring.tick();
  assert.deepEqual(counts(), [2, 1, 1]);
  await stage.monitoring.tidy();
  assert.deepEqual(counts(), [1, 0, 0]);
  assert.equal(stage.rows('select 1 from chore_runs').length, 1);
});

test('the clean-up leaves what an anchor is carried on by', async () => {
  const account = { ...TELLING.account, balance: async () => has(0, { balance: null }) };
  const anchor = { amount: dollars(20), at: stage.clock.now() - 3 * DAY_MS };
  stage.add('pk_1', { provider: { ...TELLING, account }, anchor });
  stage.script.usage = () => told([used('2026-11-19', 2)], ['2026-11-19']);
  stage.script.completion = () => answer(200, COMPLETION);
  await stage.monitoring.sync('pk_1');
  await stage.monitoring.probe('pk_1');
  stage.clock.pass(400 * DAY_MS);
  await stage.monitoring.tidy();
  const reading = await stage.monitoring.check('pk_1');
  assert.deepEqual([reading.balance, reading.source], [dollars(20 - 2 - 0.002), 'anchored']);
});
