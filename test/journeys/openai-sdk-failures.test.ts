/** Errors, retries and hang-ups, as the official OpenAI client and the records see them. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import type { RecordRow } from '../harness.ts';
import {
  assertAgrees,
  assertCostNothing,
  billed,
  eventually,
  openStage,
  PROVIDER_SECRET,
  recordOf,
  recordsOf,
  type Stage,
} from './stage.ts';

let stage: Stage;
let client: OpenAI;

before(async () => {
  stage = await openStage();
  client = clientFor(stage.key);
});
after(() => stage.close());

function clientFor(apiKey: string): OpenAI {
  return new OpenAI({ baseURL: `${stage.tollkeeper.url}/v1`, apiKey, maxRetries: 0 });
}

const model = 'gpt-4o-mini';
const ask = (content: string) => ({ model, messages: [{ role: 'user' as const, content }] });

describe('errors of the provider', () => {
  const CASES = [
    [400, OpenAI.BadRequestError],
    [401, OpenAI.AuthenticationError],
    [404, OpenAI.NotFoundError],
    [429, OpenAI.RateLimitError],
    [500, OpenAI.InternalServerError],
  ] as const;
  for (const [status, ErrorClass] of CASES) {
    test(`${status} passes through with its body and is the client’s ${ErrorClass.name}`, async () => {
      const prompt = `[[status=${status} message="The very words." code=odd_code retryAfter=17]]`;
      const { result: error, record } = await recordOf(stage.tollkeeper, () =>
        failureOf(client.chat.completions.create(ask(prompt))),
      );
      assert.ok(error instanceof ErrorClass);
      assert.equal(error.status, status);
      assert.equal(error.code, 'odd_code');
      assert.match(error.message, /The very words\./);
      assert.equal(error.requestID, record.id);
      assert.equal(error.headers?.get('retry-after'), '17');
      assert.equal(record.status, status);
      assert.equal(record.outcome, 'failed');
      assertCostNothing(record);
      assert.equal(billed(stage.upstream, record).costNanos, 0);
    });
  }

  test('an error in mid-stream reaches the caller as an error, and what was served is on record', async () => {
    const recorded = newRecord();
    const stream = await client.chat.completions.create({
      ...ask('[[tokens=9 errorAfter=4 message="Broken in the middle."]]'),
      stream: true,
    });
    const result = await failureOf(Array.fromAsync(stream));
    const record = await eventually(recorded);
    assert.match(String(result), /Broken in the middle\./);
    assert.equal(record.outcome, 'failed');
    assert.equal(record.provenance, 'partial');
    assert.equal(record.output_tokens, 4);
  });

  test('a retry of the client after 429 is a request of its own on record', async () => {
    const retrying = client.withOptions({ maxRetries: 2 });
    const { result, records } = await recordsOf(stage.tollkeeper, () =>
      retrying.chat.completions.create(ask('[[status=429 retryAfter=0.001 times=1]]')),
    );
    assert.deepEqual(
      records.map(({ status, outcome }) => [status, outcome]),
      [
        [429, 'failed'],
        [200, 'completed'],
      ],
    );
    const [refused, served] = records;
    assert.ok(refused !== undefined && served !== undefined);
    assertCostNothing(refused);
    assertAgrees(served, stage.upstream);
    assert.equal(result._request_id, served.id);
  });
});

/** Looks for a record that is not there yet. */
function newRecord(): () => RecordRow | undefined {
  const known = new Set(stage.tollkeeper.records().map(({ id }) => id));
  return () => stage.tollkeeper.records().find(({ id }) => !known.has(id));
}

async function failureOf(
  work: PromiseLike<unknown>,
): Promise<InstanceType<typeof OpenAI.APIError>> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof OpenAI.APIError, String(error));
    return error;
  }
  throw new Error('it did not fail');
}

describe('what the caller does wrong', () => {
  test('a key that we did not issue is an AuthenticationError and reaches nobody', async () => {
    const seen = stage.upstream.requests().length;
    const { result, records } = await recordsOf(stage.tollkeeper, () =>
      failureOf(clientFor('sk-not-ours').chat.completions.create(ask('Hi.'))),
    );
    assert.ok(result instanceof OpenAI.AuthenticationError);
    assert.equal(result.code, 'invalid_api_key');
    assert.equal(result.type, 'authentication_error');
    assert.equal(stage.upstream.requests().length, seen);
    assert.deepEqual(records, []);
  });

  test('no key at all is 422', async () => {
    const answer = await fetch(`${stage.tollkeeper.url}/v1/models`);
    assert.equal(answer.status, 422);
    const { error } = (await answer.json()) as { error: { code: string } };
    assert.equal(error.code, 'missing_credential');
  });

  test('an aborted stream is on record as partial, between what was received and what was sent', async () => {
    const recorded = newRecord();
    const controller = new AbortController();
    const stream = await client.chat.completions.create(
      { ...ask('Go on and on. [[tokens=2000 chunkDelayMs=1]]'), stream: true },
      { signal: controller.signal },
    );
    let received = 0;
    for await (const { choices } of stream) {
      if (choices[0]?.delta.content) received++;
      if (received === 20) controller.abort();
    }
    const record = await eventually(recorded);
    await stage.upstream.whenIdle();
    const row = billed(stage.upstream, record);
    assert.equal(record.outcome, 'aborted');
    assert.equal(record.provenance, 'partial');
    assert.equal(row.outcome, 'cut-by-client');
    const output = record.output_tokens ?? 0;
    assert.ok(received <= output && output <= row.sentTokens, `${received} ${output}`);
    assert.ok(output < 2_000);
    assert.ok((record.input_tokens ?? 0) > 0);
    assert.deepEqual(stage.tollkeeper.intents(), []);
  });

  test('a stream that is billed on after a hang-up is read to its end, and on record as billed', async () => {
    await using other = await openStage({
      upstream: { billingAfterAbort: 'goes on' },
      settings: ({ url }) => ({ OPENROUTER_API_KEY: PROVIDER_SECRET, OPENROUTER_API_URL: url }),
    });
    const { url } = other.tollkeeper;
    const caller = new OpenAI({ baseURL: `${url}/v1`, apiKey: other.key, maxRetries: 0 });
    const stream = await caller.chat.completions.create({
      ...ask('[[tokens=200 chunkDelayMs=1 usageAlways=true cost=own]]'),
      stream: true,
    });
    for await (const { choices } of stream) if (choices[0]?.delta.content) break;
    const record = await eventually(() => other.tollkeeper.records()[0]);
    assert.equal(record.outcome, 'aborted');
    assertAgrees({ ...record, outcome: 'completed' }, other.upstream);
    assert.equal(record.output_tokens, 200);
  });
});
