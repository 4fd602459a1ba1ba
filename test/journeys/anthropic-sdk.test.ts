/** The official Anthropic client, with only its base address and its key changed. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Prices } from '../fake-upstream.ts';
import { startTollkeeper } from '../harness.ts';
import {
  assertAgrees,
  assertCostNothing,
  billed,
  openStage,
  PROVIDER_SECRET,
  recordOf,
  recordsOf,
  type Stage,
} from './stage.ts';

/** The vendor's list price, which the product has to find in its own catalogue. */
const LIST_PRICES: Prices = {
  'claude-sonnet-4-6': {
    input: 3_000_000_000,
    cachedInput: 300_000_000,
    cacheWrite: 3_750_000_000,
    cacheWrite1h: 6_000_000_000,
    output: 15_000_000_000,
  },
};

let stage: Stage;
let client: Anthropic;

before(async () => {
  stage = await openStage({
    upstream: { prices: LIST_PRICES },
    settings: (upstream) => ({
      ANTHROPIC_API_KEY: PROVIDER_SECRET,
      ANTHROPIC_API_URL: upstream.url,
    }),
  });
  client = clientFor(stage.key);
});
after(() => stage.close());

function clientFor(apiKey: string, baseURL = stage.tollkeeper.url): Anthropic {
  return new Anthropic({ baseURL, apiKey, maxRetries: 0, logLevel: 'off' });
}

const ask = (content: string) => ({
  model: 'claude-sonnet-4-6',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content }],
});

const CACHE_WORDS = 'cachedTokens=100 cacheWriteTokens=30 cacheWrite1hTokens=7';

describe('messages', () => {
  test('come back whole, under our request id, and cost what the provider bills', async () => {
    const { result, record } = await recordOf(stage.tollkeeper, () =>
      client.messages.create(ask('Say hello. [[tokens=5]]')),
    );
    assert.deepEqual(result.content, [{ type: 'text', text: ' hello'.repeat(5) }]);
    assert.equal(result._request_id, record.id);
    assert.equal(record.endpoint, 'messages');
    assert.equal(record.provider_id, 'anthropic');
    assert.equal(record.cost_source, 'catalogue');
    assertAgrees(record, stage.upstream);
  });

  test('charge cache reads and both kinds of cache writes at their own prices', async () => {
    const { result, record } = await recordOf(stage.tollkeeper, () =>
      client.messages.create(ask(`Say hello. [[tokens=5 ${CACHE_WORDS}]]`)),
    );
    assert.equal(result.usage.cache_read_input_tokens, 100);
    assert.equal(record.cached_tokens, 100);
    assert.equal(record.cache_write_5m_tokens, 30);
    assert.equal(record.cache_write_1h_tokens, 7);
    assertAgrees(record, stage.upstream);
  });

  test('stream through the client’s own helper', async () => {
    const { result, record } = await recordOf(stage.tollkeeper, () =>
      client.messages.stream(ask(`Say hello. [[tokens=8 ${CACHE_WORDS}]]`)).finalMessage(),
    );
    assert.deepEqual(result.content, [{ type: 'text', text: ' hello'.repeat(8) }]);
    assert.equal(result.usage.output_tokens, 8);
    assert.equal(record.streamed, 1);
    assertAgrees(record, stage.upstream);
  });

  test('stream event by event, also where the end states the output alone', async () => {
    const { result: types, record } = await recordOf(stage.tollkeeper, async () => {
      const seen: string[] = [];
      const stream = await client.messages.create({
        ...ask(`Say hello. [[tokens=3 usagePlace=output-only ${CACHE_WORDS}]]`),
        stream: true,
      });
      for await (const { type } of stream) seen.push(type);
      return seen;
    });
    assert.deepEqual(types, [
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    assertAgrees(record, stage.upstream);
  });

  test('are sent on byte for byte: no bound and no option is added', async () => {
    await client.messages.stream(ask('Hi.')).finalMessage();
    const seen = stage.upstream.requests().at(-1);
    assert.equal(seen?.body.toString(), JSON.stringify({ ...ask('Hi.'), stream: true }));
  });

  test('counting tokens is free, and on record as such', async () => {
    const { result, record } = await recordOf(stage.tollkeeper, () => {
      const { max_tokens: _, ...body } = ask('How long is this? [[promptTokens=41]]');
      return client.messages.countTokens(body);
    });
    assert.equal(result.input_tokens, 41);
    assert.equal(record.endpoint, 'messages/count_tokens');
    assertCostNothing(record);
  });
});

describe('the chat API of the same provider', () => {
  test('serves OpenAI’s client, whose streams are metered by the usage that we ask for', async () => {
    const chat = new OpenAI({ baseURL: `${stage.tollkeeper.url}/v1`, apiKey: stage.key });
    const { model, messages } = ask('Say hello. [[tokens=5]]');
    const { result, record } = await recordOf(stage.tollkeeper, () =>
      chat.chat.completions.stream({ model, messages }).finalContent(),
    );
    assert.equal(result, ' hello'.repeat(5));
    assert.equal(
      stage.upstream.requests().at(-1)?.headers.authorization,
      `Bearer ${PROVIDER_SECRET}`,
    );
    assertAgrees(record, stage.upstream);
  });
});

describe('what has one dialect only', () => {
  test('is asked for in the provider’s own, and models are listed as the asking client knows them', async () => {
    const apiKey = stage.key;
    const other = new OpenAI({ baseURL: `${stage.tollkeeper.url}/v1`, apiKey, maxRetries: 0 });
    const body = JSON.stringify({ data: [{ type: 'model', id: 'claude-x' }], has_more: false });
    stage.upstream.script({ match: ({ route }) => route === 'models', behave: { body } });
    const list = await (await other.models.list().asResponse()).json();
    assert.deepEqual(list, { object: 'list', data: [{ type: 'model', id: 'claude-x' }] });
    for (const act of [() => other.models.list(), () => other.models.retrieve('claude-x')]) {
      await act();
      const { headers } = stage.upstream.requests().at(-1) ?? {};
      assert.equal(headers?.['x-api-key'], PROVIDER_SECRET);
      assert.equal(headers?.authorization, undefined);
    }
    stage.upstream.unscript();
  });
});

describe('headers', () => {
  const lastSeen = () => stage.upstream.requests().at(-1)?.headers;

  test('the provider sees its own key, never the caller’s', async () => {
    await client.messages.create(ask('Hi.'));
    assert.equal(lastSeen()?.['x-api-key'], PROVIDER_SECRET);
    assert.equal(lastSeen()?.authorization, undefined);
    assert.ok(!JSON.stringify(lastSeen()).includes(stage.key));
  });

  test('the version and the betas that the caller names are kept', async () => {
    await client.messages.create(ask('Hi.'), {
      headers: { 'anthropic-version': '2024-12-31', 'anthropic-beta': 'one,two' },
    });
    assert.equal(lastSeen()?.['anthropic-version'], '2024-12-31');
    assert.equal(lastSeen()?.['anthropic-beta'], 'one,two');
  });

  test('a request that names no version gets the oldest', async () => {
    const answer = await fetch(`${stage.tollkeeper.url}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stage.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(ask('Hi.')),
    });
    assert.equal(answer.status, 200);
    assert.match(String(answer.headers.get('request-id')), /^req_/);
    assert.equal(lastSeen()?.['anthropic-version'], '2023-06-01');
  });
});

type ApiError = InstanceType<typeof Anthropic.APIError>;

async function failureOf(work: PromiseLike<unknown>): Promise<ApiError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof Anthropic.APIError, String(error));
    return error;
  }
  throw new Error('it did not fail');
}

/** The body of an error, as this API writes it. */
function told(error: ApiError): { type: string; request_id: string; error: { type: string } } {
  return error.error as ReturnType<typeof told>;
}

describe('errors', () => {
  const CASES = [
    [400, Anthropic.BadRequestError, 'invalid_request_error'],
    [401, Anthropic.AuthenticationError, 'authentication_error'],
    [404, Anthropic.NotFoundError, 'not_found_error'],
    [429, Anthropic.RateLimitError, 'rate_limit_error'],
    [503, Anthropic.InternalServerError, 'overloaded_error'],
  ] as const;
  for (const [status, ErrorClass, type] of CASES) {
    test(`${status} of the provider passes through as ${ErrorClass.name}`, async () => {
      const { result: error, record } = await recordOf(stage.tollkeeper, () =>
        failureOf(client.messages.create(ask(`[[status=${status} message="The very words."]]`))),
      );
      assert.ok(error instanceof ErrorClass);
      assert.deepEqual(told(error).error, { type, message: 'The very words.' });
      assert.equal(error.requestID, record.id);
      assertCostNothing(record);
      assert.equal(billed(stage.upstream, record).costNanos, 0);
    });
  }

  test('a retry of the client after 529 is a request of its own on record', async () => {
    const { records } = await recordsOf(stage.tollkeeper, () =>
      client.messages.create(ask('[[status=529 retryAfter=0.001 times=1]]'), { maxRetries: 1 }),
    );
    assert.deepEqual(
      records.map(({ status }) => status),
      [529, 200],
    );
  });

  test('a key that we did not issue is an AuthenticationError in this API’s shape', async () => {
    const error = await failureOf(clientFor('sk-ant-not-ours').messages.create(ask('Hi.')));
    assert.ok(error instanceof Anthropic.AuthenticationError);
    assert.equal(told(error).type, 'error');
    assert.equal(told(error).error.type, 'authentication_error');
    assert.equal(told(error).request_id, error.requestID);
  });

  test('batches are refused to a key that may not leave the meter, in this API’s shape', async () => {
    const { token } = (await stage.tollkeeper.operator('/admin/keys', {
      body: { label: 'bounded', allow_unmetered: false },
    })) as { token: string };
    const { result: error, record } = await recordOf(stage.tollkeeper, () =>
      failureOf(clientFor(token).messages.batches.list()),
    );
    assert.ok(error instanceof Anthropic.PermissionDeniedError);
    assert.equal(told(error).error.type, 'permission_error');
    assert.equal(record.outcome, 'refused');
    assert.equal(record.failure, 'unmetered_path_forbidden');
  });

  test('503 in this API’s shape where no provider speaks it', async () => {
    await using other = await startTollkeeper({
      settings: { GROQ_API_KEY: PROVIDER_SECRET, GROQ_API_URL: stage.upstream.url },
    });
    const elsewhere = clientFor(await other.issueKey(), other.url);
    const error = await failureOf(elsewhere.messages.create(ask('Hi.')));
    assert.equal(error.status, 503);
    assert.equal(told(error).error.type, 'api_error');
    assert.match(error.message, /No configured provider speaks the API of this path/);
    assert.equal(error.headers?.get('x-should-retry'), 'false');
    assert.equal(other.records()[0]?.failure, 'no_upstream_for_dialect');
  });
});
