/** What browsers and odd clients meet at the edge of /v1. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call, openaiSettings, openStage, post, type Stage } from './stage.ts';

let stage: Stage;

before(async () => {
  stage = await openStage({
    settings: (upstream) => ({
      ...openaiSettings(upstream),
      ALLOWED_ORIGINS: 'https://app.example',
    }),
  });
});
after(() => stage.close());

const chatUrl = (): string => `${stage.tollkeeper.url}/v1/chat/completions`;
const preflight = { origin: 'https://app.example', 'access-control-request-method': 'POST' };
const body = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi.' }] };

test('pages of an allowed origin may read answers, streams and refusals', async () => {
  const headers = { origin: 'https://app.example', authorization: `Bearer ${stage.key}` };
  const replies = [
    await post(chatUrl(), body, headers),
    await post(chatUrl(), { ...body, stream: true }, headers),
    await post(chatUrl(), body, { ...headers, authorization: 'Bearer sk-wrong' }),
    await call(`${stage.tollkeeper.url}/v1/keys`, { headers }),
  ];
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200, 200, 401, 403],
  );
  for (const reply of replies) {
    assert.equal(reply.headers.get('access-control-allow-origin'), 'https://app.example');
    const exposed = String(reply.headers.get('access-control-expose-headers'));
    assert.match(exposed, /x-request-id.* x-ratelimit-remaining-tokens/);
    assert.match(String(reply.headers.get('vary')), /origin/i);
  }
  const asked = await call(chatUrl(), { method: 'OPTIONS', headers: preflight });
  assert.equal(asked.status, 204);
});

test('what the provider says of origins stays here, and of variants is kept', async () => {
  const headers = { 'access-control-allow-origin': '*', vary: 'Accept-Language' };
  stage.upstream.script({ times: 2, behave: { headers } });
  const authorization = `Bearer ${stage.key}`;
  const other = await post(chatUrl(), body, {
    origin: 'https://evil.example',
    authorization,
  });
  assert.equal(other.headers.get('access-control-allow-origin'), null);
  const own = await post(chatUrl(), body, {
    origin: 'https://app.example',
    authorization,
  });
  assert.equal(own.headers.get('access-control-allow-origin'), 'https://app.example');
  assert.equal(own.headers.get('vary'), 'Origin, Accept-Language');
});

test('a content type that means nothing is the provider’s to judge', async () => {
  for (const type of ['§', 'json', 'application/', '; charset=utf-8']) {
    const { status } = await post(chatUrl(), body, {
      authorization: `Bearer ${stage.key}`,
      'content-type': type,
    });
    assert.equal(status, 200, type);
    assert.equal(stage.upstream.requests().at(-1)?.headers['content-type'], type);
  }
});
