import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ConfigError } from '../config.ts';
import { createLog } from '../log.ts';
import { createMetering, type Metering } from '../metering/metering.ts';
import { providers } from '../providers/providers.ts';
import { type Demo, startDemo } from './demo.ts';
import { imagineMonth, readScript } from './month.ts';

interface Report {
  readonly by_user: readonly { label: string; requests: number; cost_usd: number }[];
  readonly daily: readonly { date: string; cost_usd: number }[];
}

interface Models {
  readonly data: {
    readonly models: readonly { id: string; provider: string; unpriced_requests: number }[];
  };
}

interface Usage {
  readonly requests: number;
  readonly unpriced_requests: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly cost_usd: number;
}

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-demo-'));
  folders.push(folder);
  return folder;
}

/** With a real-looking installation around it, which must stay out of it. */
function start(cwd: string, env: Record<string, string> = {}): Promise<Demo> {
  writeFileSync(join(cwd, '.env'), 'UPSTREAM_BASE=http://127.0.0.1:9/v1\nPORT=not a port\n');
  return startDemo({
    cwd,
    version: '0.0.0-test',
    env: { PORT: '0', UPSTREAM_API_KEY: 'of-the-operator', ADMIN_TOKEN: 'of-the-operator', ...env },
    flags: {},
    log: createLog({ level: 'silent' }),
  });
}

function operator<Reply>(demo: Demo, path: string, method = 'GET'): Promise<Reply> {
  const token = readFileSync(join(demo.dataDir, 'admin-token'), 'utf8').trim();
  return fetch(demo.address + path, { method, headers: { 'x-admin-token': token } }).then(
    async (answer) => {
      assert.equal(answer.status, 200);
      return (await answer.json()) as Reply;
    },
  );
}

function ask(demo: Demo, path: string, body: object): Promise<Response> {
  return fetch(`${demo.address}/v1/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${demo.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

const MESSAGES = [{ role: 'user', content: 'Say something, please.' }];

describe('the demo', () => {
  const cwd = temporaryFolder();
  let demo: Demo;
  before(async () => {
    demo = await start(cwd);
  });
  after(() => demo.close());

  test('its folder is ./demo-data unless another one is named', () => {
    assert.equal(demo.dataDir, join(cwd, 'demo-data'));
  });

  test('a report shows thirty days and what several users cost', async () => {
    const report = await operator<Report>(demo, '/reports/data');
    assert.equal(report.daily.length, 30);
    // Today may be some minutes old.
    for (const { date, cost_usd } of report.daily.slice(0, -1)) assert.ok(cost_usd > 0, date);
    const labels = report.by_user.map(({ label }) => label).sort();
    assert.deepEqual(labels, ['ada', 'brendan', 'build-bot', 'chen', 'daria']);
    for (const { label, cost_usd } of report.by_user) assert.ok(cost_usd > 0, label);
  });

  test('every provider key of the month is one that is there', async () => {
    const keys = await operator<{ data: { id: string }[] }>(demo, '/api/keys');
    const month = await operator<{
      data: { series: { group: { id: string } }[] };
    }>(demo, '/api/figures?metric=requests&group=provider_key&bucket=none');
    const known = new Set(keys.data.map(({ id }) => id));
    // What was refused went to none.
    const used = month.data.series.map(({ group }) => group.id).filter((id) => id !== '');
    assert.ok(used.length > 3, used.join(' '));
    for (const id of used) assert.ok(known.has(id), id);
  });

  test('every virtual key that spent something was used', async () => {
    const { data } = await operator<{ data: { username: string; last_used_at: unknown }[] }>(
      demo,
      '/api/virtual-keys',
    );
    const unused = data.filter(({ last_used_at }) => last_used_at === null);
    assert.deepEqual(new Set(unused.map(({ username }) => username)), new Set(['visitor']));
  });

  test('a chat is answered, says that it is scripted, and is metered at the list price', async () => {
    const answer = await ask(demo, 'chat/completions', {
      model: 'gpt-4o-mini',
      messages: MESSAGES,
    });
    assert.equal(answer.status, 200);
    const chat = (await answer.json()) as {
      choices: { message: { content: string } }[];
      usage: { prompt_tokens: number; completion_tokens: number };
    };
    assert.match(chat.choices[0]?.message.content ?? '', /scripted/);
    const usage = await operator<Usage>(demo, `/admin/usage/${demo.keyId}`);
    assert.equal(usage.requests, 1);
    // 22 characters, four to a token.
    assert.equal(usage.prompt_tokens, 6);
    assert.equal(usage.completion_tokens, chat.usage.completion_tokens);
    const nanos = 6 * 150 + chat.usage.completion_tokens * 600;
    assert.equal(usage.cost_usd, nanos / 1e9);
  });

  for (const [path, body] of [
    ['chat/completions', { model: 'gpt-4o-mini', messages: MESSAGES }],
    ['responses', { model: 'gpt-4o-mini', input: 'Say something, please.' }],
    ['messages', { model: 'claude-haiku-4-5', messages: MESSAGES, max_tokens: 100 }],
  ] as const) {
    test(`a stream of ${path} comes to its end with the usage of the same answer in one piece`, async () => {
      const before = await operator<Usage>(demo, `/admin/usage/${demo.keyId}`);
      await (await ask(demo, path, body)).text();
      const between = await operator<Usage>(demo, `/admin/usage/${demo.keyId}`);
      const stream = await (await ask(demo, path, { ...body, stream: true })).text();
      const after = await operator<Usage>(demo, `/admin/usage/${demo.keyId}`);
      assert.match(stream, /\[DONE\]|message_stop|response\.completed/);
      for (const figure of ['requests', 'prompt_tokens', 'completion_tokens'] as const) {
        assert.equal(after[figure] - between[figure], between[figure] - before[figure], figure);
      }
      assert.ok(between.completion_tokens > before.completion_tokens);
    });
  }

  test('embeddings and the list of models are answered too', async () => {
    const body = { model: 'text-embedding-3-small', input: ['one', 'two'] };
    const answer = await ask(demo, 'embeddings', body);
    assert.equal(((await answer.json()) as { data: unknown[] }).data.length, 2);
    const models = await fetch(`${demo.address}/models/simple`);
    assert.match(await models.text(), /gpt-4o-mini/);
  });

  test('every model of the month is served by whom it was, at the price that it had', async () => {
    const before = await operator<Models>(demo, '/api/prices');
    for (const { id } of before.data.models) {
      const path = id.startsWith('text-') ? 'embeddings' : 'chat/completions';
      const answer = await ask(demo, path, { model: id, messages: MESSAGES, input: 'Hello' });
      assert.equal(answer.status, 200, id);
    }
    const { data } = await operator<Models>(demo, '/api/prices');
    const unpriced = data.models.filter((model) => model.unpriced_requests > 0);
    assert.deepEqual(
      unpriced.map(({ id }) => id),
      ['local-llama-70b'],
    );
    assert.equal(new Set(data.models.map(({ provider }) => provider)).size, 5);
  });

  test('what the script does not know is refused in words', async () => {
    const answer = await ask(demo, 'audio/speech', { model: 'tts-1', input: 'Hello' });
    assert.equal(answer.status, 404);
    assert.match(await answer.text(), /scripted provider of the demo/);
  });

  test('it holds provider keys of several vendors, stored once', async () => {
    const { data } = await operator<{ data: { name: string; purposes: string[] }[] }>(
      demo,
      '/api/keys',
    );
    const stored = data.filter(({ purposes }) => !purposes.includes('route'));
    assert.equal(stored.length, readScript().providerKeys.length);
  });

  test('their balances have a month behind them that leads to what the provider tells now', async () => {
    interface Told {
      readonly balance: number | null;
    }
    const { data } = await operator<{
      data: { id: string; platform: string; source: string }[];
    }>(demo, '/api/keys');
    const stored = data.filter(({ source }) => source === 'stored');
    for (const platform of ['openrouter', 'deepseek', 'openai', 'anthropic']) {
      const address = `/api/keys/${stored.find((key) => key.platform === platform)?.id}`;
      const isAnchored = platform === 'openai' || platform === 'anthropic';
      if (isAnchored) await operator(demo, `${address}/sync`, 'POST');
      const now = await operator<Told>(demo, `${address}/trigger-check`, 'POST');
      const month = await operator<{ data: Told[] }>(demo, `${address}/balance-history`);
      // The first start checks each key once by itself, perhaps before the usage was read.
      const before = month.data[119]?.balance ?? Number.NaN;
      // A quarter of a day of what these accounts use; of an anchored one today counts whole.
      assert.ok(Math.abs(before - (now.balance ?? 0)) < 6, `${platform} ${before} ${now.balance}`);
      assert.ok(
        month.data.slice(0, 120).every(({ balance }) => (balance ?? 0) > 0),
        platform,
      );
    }
  });

  test('any key that a visitor types in has an account here, and leaves this machine for no vendor', async () => {
    const token = readFileSync(join(demo.dataDir, 'admin-token'), 'utf8').trim();
    const tried: Record<string, unknown> = {};
    for (const { id } of providers) {
      for (const key of ['sk-of-a-visitor-0000000001', 'sk-a-wrong-one-0000000001']) {
        const answer = await fetch(`${demo.address}/api/keys/test`, {
          method: 'POST',
          headers: { 'x-admin-token': token, 'content-type': 'application/json' },
          body: JSON.stringify({ platform: id, key }),
        });
        const { valid } = (await answer.json()) as { valid: boolean };
        tried[`${id} ${key.includes('wrong')}`] = valid;
      }
    }
    for (const [tryOf, valid] of Object.entries(tried)) {
      assert.equal(valid, !tryOf.endsWith('true'), tryOf);
    }
  });

  test('what it prints can be pasted: address, key and the place of the admin token', () => {
    assert.match(demo.greeting, /^Tollkeeper listens on http:\S+ \(demo/);
    assert.match(demo.greeting, /become its owner: http:\S+\/setup#token=[\w-]{43}\n/);
    assert.ok(demo.greeting.includes(`Bearer ${demo.token}`));
    assert.ok(demo.greeting.includes(`/admin/usage/${demo.keyId}`));
    assert.ok(demo.greeting.includes(join(demo.dataDir, 'admin-token')));
  });
});

test('a second start adds no second month and keeps what was metered meanwhile', async () => {
  const cwd = temporaryFolder();
  const first = await start(cwd);
  await (await ask(first, 'chat/completions', { model: 'gpt-4o-mini', messages: MESSAGES })).text();
  const before = await operator<Report>(first, '/reports/data');
  await first.close();
  const second = await start(cwd);
  const after = await operator<Report>(second, '/reports/data');
  await second.close();
  assert.deepEqual(after.by_user, before.by_user);
  assert.ok(before.by_user.some(({ label, requests }) => label === 'visitor' && requests === 1));
});

test('a folder that holds anything but a demo is refused and left as it is', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'tollkeeper.db'), 'precious');
  await assert.rejects(start(cwd, { DATA_DIR: cwd }), (error: unknown) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /something other than a demo/);
    return true;
  });
  assert.equal(readFileSync(join(cwd, 'tollkeeper.db'), 'utf8'), 'precious');
});

describe('the month', () => {
  let metering: Metering;
  before(() => {
    metering = createMetering();
  });
  after(() => metering.close());

  const script = readScript();
  const holders = script.people.map((person) => ({
    person,
    userId: person.name,
    keyIds: person.keys.map((note) => `${person.name}/${note}`),
  }));
  const now = Date.parse('2026-11-20T15:00:00Z');
  const month = () => imagineMonth({ script, holders, now, metering });

  test('is the same for the same seed and instant', () => {
    assert.deepEqual(month(), month());
  });

  test('has about five thousand requests, in order, each with an id of its own, none in the future', () => {
    const records = month().map(({ record }) => record);
    assert.ok(records.length > 4_000 && records.length < 6_000, String(records.length));
    assert.equal(new Set(records.map(({ id }) => id)).size, records.length);
    const starts = records.map(({ startedAt }) => startedAt);
    assert.deepEqual(
      starts,
      starts.toSorted((a, b) => a - b),
    );
    assert.ok(records.every(({ startedAt }) => startedAt < now));
  });

  test('has more on weekdays than at weekends', () => {
    const isWeekend = (at: number) => [0, 6].includes(new Date(at).getUTCDay());
    const records = month().map(({ record }) => record);
    const weekend = records.filter(({ startedAt }) => isWeekend(startedAt)).length;
    assert.ok(weekend > 0 && weekend / 8 < (records.length - weekend) / 22 / 2);
  });

  test('has every ending that a month knows, and one model without a price', () => {
    const records = month().map(({ record }) => record);
    const of = (field: 'outcome' | 'provenance' | 'costSource') =>
      [...new Set(records.map((record) => record[field]))].sort();
    assert.deepEqual(of('outcome'), ['aborted', 'completed', 'failed', 'refused']);
    assert.deepEqual(of('provenance'), ['estimated', 'partial', 'reported']);
    assert.deepEqual(of('costSource'), ['catalogue', 'none', 'unpriced']);
    const unpriced = records.filter(({ costSource }) => costSource === 'unpriced');
    assert.deepEqual([...new Set(unpriced.map(({ model }) => model))], ['local-llama-70b']);
  });

  test('costs what the price list says, to the nano-dollar', () => {
    const priced = month().find(({ record }) => record.model === 'gpt-4.1' && record.cost !== 0);
    assert.ok(priced?.price);
    const { tokens, cost } = priced.record;
    const cached = tokens.cachedInput ?? 0;
    const fresh = (tokens.input ?? 0) - cached;
    assert.equal(cost, fresh * 2_000 + cached * 500 + (tokens.output ?? 0) * 8_000);
  });
});
