import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FAILURES, type FailureCode } from '../../contract/failures.ts';
import { Failure } from '../failure.ts';
import {
  chatErrorOf,
  errorShapeOf,
  failureHeaders,
  messagesErrorOf,
  problemOf,
  readThrown,
  renderFailure,
} from './error-replies.ts';

const CODES = Object.keys(FAILURES) as FailureCode[];

describe('a failure', () => {
  test('is a problem document with its code, status, sentence and request id', () => {
    assert.deepEqual(problemOf(new Failure('not_found'), 'req_1'), {
      type: 'urn:tollkeeper:failure:not_found',
      title: 'Not Found',
      status: 404,
      detail: FAILURES.not_found.sentence,
      code: 'not_found',
      request_id: 'req_1',
    });
  });

  test('names the fields at fault in a problem document', () => {
    const errors = [{ field: 'label', detail: 'too long' }];
    assert.deepEqual(problemOf(new Failure('validation_failed'), 'req_1', errors).errors, errors);
  });

  test('is the envelope of chat clients with all four fields', () => {
    const failure = new Failure('invalid_request', { sentence: 'No model.', param: 'model' });
    assert.deepEqual(chatErrorOf(failure), {
      error: {
        message: 'No model.',
        type: 'invalid_request_error',
        param: 'model',
        code: 'invalid_request',
      },
    });
    assert.equal(chatErrorOf(new Failure('internal')).error.param, null);
  });

  const TYPES: readonly (readonly [FailureCode, string, string])[] = [
    ['invalid_request', 'invalid_request_error', 'invalid_request_error'],
    ['invalid_api_key', 'authentication_error', 'authentication_error'],
    ['unmetered_path_forbidden', 'permission_error', 'permission_error'],
    ['not_found', 'invalid_request_error', 'not_found_error'],
    ['body_too_large', 'invalid_request_error', 'request_too_large'],
    ['missing_credential', 'invalid_request_error', 'invalid_request_error'],
    ['internal', 'api_error', 'api_error'],
    ['overloaded', 'api_error', 'api_error'],
  ];
  for (const [code, chat, messages] of TYPES) {
    test(`${code} is ${chat} to chat clients and ${messages} to messages clients`, () => {
      const failure = new Failure(code);
      assert.equal(chatErrorOf(failure).error.type, chat);
      const envelope = messagesErrorOf(failure, 'req_1');
      assert.equal(envelope.type, 'error');
      assert.equal(envelope.error.type, messages);
      assert.equal(envelope.request_id, 'req_1');
    });
  }

  test('of a rate limit shows the rule in problem documents and in the envelope of chat clients', () => {
    const refusal = {
      rule: 'tokens_per_minute',
      scope: 'user',
      counter: 9_990,
      limit: 10_000,
      asked: 20,
      reset: '2026-11-20T12:01:00.000Z',
    };
    const failure = new Failure('rate_limited', { refusal, retryAfterMs: 1_500 });
    assert.deepEqual(problemOf(failure, 'r').refusal, refusal);
    assert.deepEqual(chatErrorOf(failure).error.metadata, refusal);
    const headers = failureHeaders(failure, 'r');
    assert.deepEqual(
      [headers['retry-after'], headers['retry-after-ms'], headers['x-should-retry']],
      ['2', '1500', 'true'],
    );
    const never = failureHeaders(new Failure('request_over_limit', { refusal }), 'r');
    assert.deepEqual([never['retry-after'], never['x-should-retry']], [undefined, 'false']);
  });

  test('of a wallet or budget shows the account in exact dollars, and asks for no retry', () => {
    const shown = {
      rule: 'budget',
      scope: 'key',
      balance: '1.5',
      held: '0.000000001',
      needed: '2',
      limit: '5',
      reset: '2026-12-01T00:00:00.000Z',
    };
    const failure = new Failure('insufficient_quota', { refusal: shown });
    const { status, headers, body } = renderFailure(failure, {
      url: '/v1/chat/completions',
      requestId: 'r',
    });
    assert.deepEqual([status, headers['x-should-retry']], [402, 'false']);
    const { error } = JSON.parse(body);
    assert.deepEqual([error.code, error.type], ['insufficient_quota', 'insufficient_quota']);
    assert.deepEqual(error.metadata, shown);
    assert.deepEqual(problemOf(failure, 'r').refusal, shown);
  });

  test('never shows its detail or cause', () => {
    const failure = new Failure('internal', { detail: 'hidden-1', cause: new Error('hidden-2') });
    for (const url of ['/admin/keys', '/v1/chat/completions', '/v1/messages']) {
      assert.ok(
        !JSON.stringify(renderFailure(failure, { url, requestId: 'r' })).includes('hidden'),
      );
    }
  });

  test('of every code renders in every shape with its own status', () => {
    for (const code of CODES) {
      for (const url of ['/', '/v1/embeddings', '/v1/messages?beta=true']) {
        const { status, body } = renderFailure(new Failure(code), { url, requestId: 'r' });
        assert.equal(status, FAILURES[code].status);
        assert.ok(JSON.parse(body));
      }
    }
  });
});

describe('headers of a failure', () => {
  test('tell clients whether to try again', () => {
    assert.equal(failureHeaders(new Failure('overloaded'), 'r')['x-should-retry'], 'true');
    assert.equal(failureHeaders(new Failure('invalid_api_key'), 'r')['x-should-retry'], 'false');
  });

  test('give the wait in whole seconds, never too short, and in milliseconds', () => {
    const headers = failureHeaders(new Failure('overloaded', { retryAfterMs: 1_200.5 }), 'r');
    assert.equal(headers['retry-after'], '2');
    assert.equal(headers['retry-after-ms'], '1201');
  });

  test('ask for no retry where the wait is longer than a client would wait', () => {
    const failure = new Failure('overloaded', { retryAfterMs: 60_001 });
    assert.equal(failureHeaders(failure, 'r')['x-should-retry'], 'false');
  });
});

test('the shape of an error follows the path, and only the path', () => {
  const SHAPES = [
    ['/', 'problem'],
    ['/v1', 'problem'],
    ['/v10/messages', 'problem'],
    ['/admin/keys?x=/v1/messages', 'problem'],
    ['/v1/chat/completions', 'chat'],
    ['/v1/messagesx', 'chat'],
    ['/v1/messages', 'messages'],
    ['/v1/messages?beta=true', 'messages'],
    ['/v1/messages/count_tokens', 'messages'],
  ] as const;
  for (const [url, shape] of SHAPES) assert.equal(errorShapeOf(url), shape, url);
});

describe('what the framework throws', () => {
  const framework = (statusCode: number) =>
    readThrown(Object.assign(new Error('what the caller sent'), { statusCode })).failure;

  test('becomes a failure of the catalogue, without the framework’s words', () => {
    const CASES = [
      [400, 'invalid_request'],
      [403, 'forbidden'],
      [404, 'not_found'],
      [413, 'body_too_large'],
      [415, 'unsupported_media_type'],
      [418, 'invalid_request'],
    ] as const;
    for (const [status, code] of CASES) {
      assert.equal(framework(status).code, code);
      assert.ok(!framework(status).message.includes('what the caller sent'));
    }
  });

  test('is a fault of ours unless it says clearly that the caller is wrong', () => {
    for (const status of [200, 302, 500, 503, 600]) {
      assert.equal(framework(status).code, 'internal');
    }
    assert.equal(readThrown('a text').failure.code, 'internal');
    assert.equal(readThrown(undefined).failure.code, 'internal');
  });

  test('lists at most twenty fields, and each of them in bounds', () => {
    const issue = { instancePath: `/${'a/'.repeat(500)}`, message: 'm'.repeat(1000) };
    const validation = Array.from({ length: 50 }, () => issue);
    const { errors, failure } = readThrown(Object.assign(new Error('x'), { validation }));
    assert.equal(errors.length, 20);
    assert.ok(errors.every(({ field, detail }) => field.length <= 300 && detail.length <= 300));
    assert.equal(failure.code, 'validation_failed');
  });
});
