/** Several provider keys: which of them serves a request, what crosses to it, and what is refused. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { type RecordRow, startTollkeeper, type Tollkeeper } from '../harness.ts';
import { assertAgrees, billed, MODEL_PRICING, PRICES, recordOf, recordsOf } from './stage.ts';

const LISTS = {
  openrouter: ['shared/model', 'openrouter/only', 'gpt-4o-mini'],
  openai: ['shared/model', 'openai-only', 'gpt-4o-mini'],
};

let openrouter: FakeUpstream;
let openai: FakeUpstream;
let tollkeeper: Tollkeeper;
let key: string;
let client: OpenAI;

before(async () => {
  openrouter = await startFakeUpstream({ prices: PRICES });
  openai = await startFakeUpstream({ prices: PRICES });
  listModels(openrouter, LISTS.openrouter);
  listModels(openai, LISTS.openai);
  tollkeeper = await startTollkeeper({
    settings: {
      OPENROUTER_API_KEY: 'sk-or-secret',
      OPENROUTER_API_URL: openrouter.url.replace('/v1', '/api/v1'),
      OPENROUTER_SITE_URL: 'https://toll.example',
      OPENROUTER_SITE_NAME: 'Tollgate',
      OPENAI_API_KEY: 'sk-oa-secret',
      OPENAI_API_URL: openai.url,
      MODEL_PRICING_JSON: MODEL_PRICING,
    },
  });
  key = await tollkeeper.issueKey();
  client = clientFor(key);
});
after(async () => {
  await tollkeeper.close();
  await openrouter.close();
  await openai.close();
});

function clientFor(apiKey: string): OpenAI {
  return new OpenAI({ baseURL: `${tollkeeper.url}/v1`, apiKey, maxRetries: 0 });
}

function listModels(upstream: FakeUpstream, names: readonly string[]): void {
  const data = names.map((id) => ({
    id,
    object: 'model',
    owned_by: 'scripted',
    extra: `of ${id}`,
  }));
  upstream.script({
    match: ({ route }) => route === 'models',
    behave: { body: JSON.stringify({ object: 'list', data }) },
  });
}

const ask = (model: string, content = 'Hi. [[tokens=3]]') => ({
  model,
  messages: [{ role: 'user' as const, content }],
});

/** Chat requests that a provider has seen. */
function chats(upstream: FakeUpstream) {
  return upstream.requests().filter(({ route }) => route === 'chat');
}

describe('who serves', () => {
  const CASES = [
    ['a model that only the second lists goes to the second', 'openai-only', 'openai'],
    ['a model that only the first lists goes to the first', 'openrouter/only', 'openrouter'],
    ['a model that both list goes to the first', 'gpt-4o-mini', 'openrouter'],
    ['a model that nobody lists goes the default route', 'unheard-of', 'openrouter'],
  ] as const;
  for (const [title, model, provider] of CASES) {
    test(title, async () => {
      const { result, record } = await recordOf(tollkeeper, () =>
        client.chat.completions.create(ask(model)),
      );
      assert.equal(result.model, model);
      assert.equal(record.provider_id, provider);
      assert.equal(record.provider_key_id, `env:${provider}`);
      assert.equal(record.attempts, 1);
      billed(provider === 'openai' ? openai : openrouter, record);
    });
  }

  test('a path without a model goes the default route', async () => {
    const { record } = await recordOf(tollkeeper, () => client.files.list());
    assert.equal(record.provider_id, 'openrouter');
    assert.equal(openrouter.requests().at(-1)?.path, '/api/v1/files');
  });

  test('counting the tokens of a model, and asking after it, go to who lists it', async () => {
    for (const act of [
      () => client.responses.inputTokens.count({ model: 'openai-only', input: 'Hi.' }),
      () => client.models.retrieve('openai-only'),
    ]) {
      const { record } = await recordOf<unknown>(tollkeeper, act);
      assert.deepEqual([record.provider_id, record.model], ['openai', 'openai-only']);
      assert.equal(record.cost_source, 'none');
    }
  });

  test('the list of models is the union, each once, as its provider wrote it', async () => {
    const { result, records } = await recordsOf(tollkeeper, () => client.models.list());
    assert.deepEqual(result.data.map(({ id }) => id).sort(), [
      'gpt-4o-mini',
      'openai-only',
      'openrouter/only',
      'shared/model',
    ]);
    const listed = result.data.find(({ id }) => id === 'openai-only');
    assert.equal((listed as { extra?: string } | undefined)?.extra, 'of openai-only');
    assert.ok(records.every(({ cost_source }) => cost_source === 'none'));
  });

  test('the simple list names the provider and the operator’s price', async () => {
    const answer = await fetch(`${tollkeeper.url}/models/simple`);
    const { models } = (await answer.json()) as { models: { id: string }[] };
    assert.deepEqual(
      models.find(({ id }) => id === 'gpt-4o-mini'),
      {
        id: 'gpt-4o-mini',
        provider: 'openrouter',
        input_usd_per_mtok: 0.15,
        output_usd_per_mtok: 0.6,
      },
    );
  });

  test('each provider gets its own key, and only OpenRouter hears where the request comes from', async () => {
    await client.chat.completions.create(ask('openrouter/only'));
    await client.chat.completions.create(ask('openai-only'));
    const [first, second] = [chats(openrouter).at(-1)?.headers, chats(openai).at(-1)?.headers];
    assert.equal(first?.authorization, 'Bearer sk-or-secret');
    assert.equal(first?.['http-referer'], 'https://toll.example');
    assert.equal(first?.['x-title'], 'Tollgate');
    assert.equal(second?.authorization, 'Bearer sk-oa-secret');
    assert.equal(second?.['http-referer'], undefined);
    assert.equal(second?.['x-title'], undefined);
  });

  test('a cost that the provider states itself goes before every price of ours', async () => {
    const { record } = await recordOf(tollkeeper, () =>
      client.chat.completions.create(ask('gpt-4o-mini', '[[tokens=3 cost=0.001234567]]')),
    );
    assert.equal(record.cost_source, 'upstream');
    assert.equal(record.cost_nanos, 1_234_567);
    assertAgrees(record, openrouter);
  });
});

describe('failover', () => {
  afterEach(() => {
    openrouter.unscript();
    listModels(openrouter, LISTS.openrouter);
  });

  const TROUBLES = [
    ['503', { status: 503 }],
    ['429', { status: 429, retryAfter: '30' }],
    ['401', { status: 401 }],
    ['402', { status: 402 }],
    ['a connection that breaks before the headers', { fault: 'reset-before-headers' }],
    ['a page of some machine on the way', { fault: 'html-502' }],
  ] as const;
  for (const [title, trouble] of TROUBLES) {
    test(`${title} of the first provider sends the request to the second`, async () => {
      openrouter.script({ match: ({ route }) => route === 'chat', behave: trouble });
      const { result, record } = await recordOf(tollkeeper, () =>
        client.chat.completions.create(ask('gpt-4o-mini')),
      );
      assert.equal(result.choices[0]?.message.content, ' hello'.repeat(3));
      assert.equal(record.provider_id, 'openai');
      assert.equal(record.attempts, 2);
      assertAgrees(record, openai);
      assert.deepEqual(chats(openrouter).at(-1)?.json, chats(openai).at(-1)?.json);
    });
  }

  test('a stream fails over too, and its usage is asked for where that is needed', async () => {
    openrouter.script({ match: ({ route }) => route === 'chat', behave: { status: 500 } });
    const { result, record } = await recordOf(tollkeeper, () =>
      client.chat.completions.stream(ask('gpt-4o-mini')).finalContent(),
    );
    assert.equal(result, ' hello'.repeat(3));
    assert.equal(record.attempts, 2);
    assertAgrees(record, openai);
  });

  test('a fault of the request itself is answered as it is and tried nowhere else', async () => {
    const seen = chats(openai).length;
    openrouter.script({ match: ({ route }) => route === 'chat', behave: { status: 400 } });
    const { result, record } = await recordOf(tollkeeper, () =>
      client.chat.completions.create(ask('gpt-4o-mini')).then(() => undefined, Object),
    );
    assert.ok(result instanceof OpenAI.BadRequestError);
    assert.equal(record.attempts, 1);
    assert.equal(chats(openai).length, seen);
  });

  test('where all fail, the caller gets the last answer and the record counts every attempt', async () => {
    const first = { ...ask('gpt-4o-mini', '[[status=429 message="Both are busy."]]') };
    const { result, record } = await recordOf(tollkeeper, () =>
      client.chat.completions.create(first).then(() => undefined, Object),
    );
    assert.ok(result instanceof OpenAI.RateLimitError);
    assert.match(result.message, /Both are busy/);
    assert.equal(record.attempts, 2);
    assert.equal(record.status, 429);
  });

  const BEGUN = [
    ['a stream that breaks', { cut: 'reset' }, true],
    ['a whole answer that breaks', { cut: 'reset', cutAt: 40 }, false],
    ['a whole answer that cannot be read', { fault: 'invalid-json' }, false],
  ] as const;
  for (const [title, trouble, stream] of BEGUN) {
    test(`${title} after its first byte is not asked for again elsewhere`, async () => {
      const seen = chats(openai).length;
      openrouter.script({ match: ({ route }) => route === 'chat', behave: trouble });
      const { record } = await recordOf(tollkeeper, () =>
        assert.rejects(async () => {
          const request = ask('gpt-4o-mini', 'Hi. [[tokens=30]]');
          if (!stream) await client.chat.completions.create(request);
          else await client.chat.completions.stream(request).done();
        }),
      );
      assert.equal(chats(openai).length, seen);
      assert.equal(record.attempts, 1);
      assert.equal(record.provider_id, 'openrouter');
      assert.equal(record.provenance, 'partial');
      assert.equal(record.outcome, 'failed');
    });
  }
});

describe('refusals', () => {
  let bounded: OpenAI;
  before(async () => {
    const { token } = (await tollkeeper.operator('/admin/keys', {
      body: { label: 'bounded', allow_unmetered: false },
    })) as { token: string };
    bounded = clientFor(token);
  });

  async function refusalOf(act: () => PromiseLike<unknown>): Promise<RecordRow> {
    const seen = openrouter.requests().length + openai.requests().length;
    const { result, record } = await recordOf(tollkeeper, async () =>
      act().then(() => undefined, Object),
    );
    assert.ok(result instanceof OpenAI.PermissionDeniedError, String(result));
    assert.equal(result.code, record.failure);
    assert.equal(result.requestID, record.id);
    assert.equal(record.outcome, 'refused');
    assert.equal(record.status, 403);
    assert.equal(record.attempts, 0);
    assert.equal(record.cost_nanos, 0);
    assert.equal(openrouter.requests().length + openai.requests().length, seen);
    return record;
  }

  const UNMETERED: readonly (readonly [string, (from: OpenAI) => PromiseLike<unknown>])[] = [
    ['files', (from) => from.files.list()],
    [
      'batches',
      (from) =>
        from.batches.create({
          input_file_id: 'file_1',
          endpoint: '/v1/chat/completions',
          completion_window: '24h',
        }),
    ],
    [
      'responses',
      (from) => from.responses.create({ model: 'gpt-4o-mini', input: 'Hi.', background: true }),
    ],
  ];
  for (const [endpoint, act] of UNMETERED) {
    test(`${endpoint} that cannot be metered are refused to a key that may not leave the meter`, async () => {
      const record = await refusalOf(() => act(bounded));
      assert.equal(record.failure, 'unmetered_path_forbidden');
      assert.equal(record.endpoint, endpoint);
    });

    test(`${endpoint} that cannot be metered are let through to a key of the operator’s`, async () => {
      const { record } = await recordOf(tollkeeper, async () => act(client));
      assert.equal(record.outcome, 'completed');
      assert.notEqual(record.cost_nanos, 0);
    });
  }

  const ACCOUNT_PATHS = ['keys', 'activity', 'organization/costs', 'auth/key', '%6beys/1'];
  for (const path of ACCOUNT_PATHS) {
    test(`/v1/${path} speaks of the provider’s account and is refused to everybody`, async () => {
      const record = await refusalOf(() => client.get(`/${path}`));
      assert.equal(record.failure, 'account_path_forbidden');
    });
  }
});
