/** T61 and T62: text that means something to databases, templates and prototypes is only text. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chat } from '../fake-upstream/ask.ts';
import { ADMIN_TOKEN } from '../harness.ts';
import { openStand, rawHead, type Stand, sendRaw } from './stand.ts';

const STRINGS = [
  "' or '1'='1",
  "'; drop table usage_records; --",
  '" or ""="',
  '`x`',
  '/* x */ --',
  '$1',
  '$$x$$',
  ':id',
  '?1',
  '%',
  '_%',
  '{{7*7}}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder is what is tried.
  '${7*7}',
  '#{7*7}',
  '<%= 7*7 %>',
  '$(id)',
  '`id`',
  '../../etc/passwd',
  '<script>alert(1)</script>',
  '=1+1',
  '\u202etxt',
  '\ufeffx',
  '\u{1f600}'.repeat(40),
  'a\0b',
  "\\'; --",
  '{"$gt":""}',
  'x'.repeat(250),
  '\u0000',
  'ﬀ İ ı',
  'a\u0301'.repeat(50),
];

describe('T61 injection', { timeout: 180_000 }, () => {
  let stand: Stand;
  before(async () => {
    stand = await openStand();
  });
  after(() => stand[Symbol.asyncDispose]());

  test('T61 a model name is stored literally', async () => {
    for (const model of STRINGS) {
      const answer = await stand.ask({ body: chat('tokens=2', { model }) });
      assert.equal(answer.status, 200);
      assert.equal(stand.recordOf(answer).model, model);
    }
  });

  test('T61 a path is stored literally or refused', async () => {
    for (const text of STRINGS) {
      const path = `/files/${encodeURIComponent(text)}`;
      const answer = await stand.ask({ path, method: 'GET' });
      assert.ok(answer.status === 200 || answer.status === 404, `${answer.status} for ${path}`);
      if (answer.status === 200) assert.equal(stand.recordOf(answer).endpoint, `files/${text}`);
    }
  });

  test('T61 a header is forwarded literally or refused, and never opens a door', async () => {
    for (const text of STRINGS) {
      const bytes = Buffer.from(text).toString('latin1');
      for (const name of [
        'authorization',
        'x-api-key',
        'x-admin-token',
        'user-agent',
        'content-type',
        'x-request-id',
        'openai-beta',
      ]) {
        const own = name === 'authorization' ? [] : [`authorization: Bearer ${stand.token}`];
        const value = name === 'authorization' ? `Bearer ${bytes}` : bytes;
        const body = JSON.stringify(chat('tokens=1'));
        const head = [
          'POST /v1/chat/completions HTTP/1.1',
          'host: x',
          'connection: close',
          `content-length: ${body.length}`,
          ...own,
          `${name}: ${value}`,
        ];
        const { status } = await sendRaw(
          stand.product.url,
          Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1'),
        );
        if (name === 'authorization') assert.ok([400, 401, 422].includes(status), String(status));
        else
          assert.ok(
            status === 200 || (status >= 400 && status < 500),
            `${status} for ${name}: ${text}`,
          );
        const asOperator = [
          'POST /admin/keys HTTP/1.1',
          'host: x',
          'connection: close',
          'content-length: 13',
          `${name}: ${value}`,
        ];
        const admin = await sendRaw(
          stand.product.url,
          Buffer.from(`${asOperator.join('\r\n')}\r\n\r\n{"label":"x"}`, 'latin1'),
        );
        assert.ok([400, 401, 415].includes(admin.status), `${admin.status} for ${name}: ${text}`);
      }
    }
  });

  test('T61 a query is forwarded literally', async () => {
    for (const text of STRINGS) {
      const query = `?q=${encodeURIComponent(text)}`;
      assert.equal((await stand.ask({ path: `/models${query}`, method: 'GET' })).status, 200);
      assert.equal(stand.upstream.requests().at(-1)?.url, `/v1/models${query}`);
    }
  });

  test('T61 the label of a key is stored literally or refused', async () => {
    for (const label of STRINGS) {
      const answer = await operator('/admin/keys', JSON.stringify({ label }));
      const issued = (await answer.json()) as { label?: string };
      assert.ok(
        answer.status < 300 || (answer.status >= 400 && answer.status < 500),
        String(answer.status),
      );
      if (answer.status < 300) assert.equal(issued.label, label.trim());
    }
    assert.ok(stand.product.records().length > STRINGS.length);
  });

  test('T62 nothing that comes in reaches the prototype of all objects', async () => {
    const evil = '{"__proto__":{"x":1,"isAdmin":true},"constructor":{"prototype":{"x":1}}';
    const bodies = [
      `${evil},"model":"__proto__","messages":[${evil},"role":"user","content":"hi"}],"stream_options":${evil}},"stream":true}`,
      `${evil},"model":"constructor","messages":[],"metadata":${evil}}}`,
      `${evil},"model":"gpt-4o-mini","input":[${evil}}],"prompt":${evil}}}`,
    ];
    const usage = `${evil},"prompt_tokens":3,"completion_tokens":2,"prompt_tokens_details":${evil}}}`;
    const whole = `${evil},"id":"x","model":"__proto__","choices":[${evil},"message":${evil},"content":"hi"}}],"usage":${usage}}`;
    for (const stream of [false, true]) {
      const behave = stream
        ? { body: `data: ${whole}\n\ndata: [DONE]\n\n`, contentType: 'text/event-stream' }
        : { body: whole, contentType: 'application/json' };
      stand.upstream.script({ behave });
      for (const path of [
        '/chat/completions',
        '/completions',
        '/messages',
        '/responses',
        '/embeddings',
        '/rerank',
      ]) {
        for (const body of bodies) {
          const query = '?__proto__[x]=1&__proto__.x=1&constructor[prototype][x]=1';
          const answer = await stand.ask({ path: path + query, body });
          assert.ok(answer.status < 500, `${answer.status} ${answer.text}`);
          assertClean();
        }
      }
      stand.upstream.unscript();
    }
    for (const path of [
      '/admin/keys',
      '/reports/data?__proto__[x]=1&constructor[prototype][x]=1',
    ]) {
      const answer = await operator(
        path,
        path === '/admin/keys' ? `${evil},"label":"x"}` : undefined,
      );
      assert.ok(answer.status < 500, String(answer.status));
      assertClean();
    }
    const lines = [
      '__proto__: x',
      'constructor: x',
      'content-encoding: constructor',
      '__proto__[x]: 1',
      'hasOwnProperty: 1',
    ];
    const { status } = await sendRaw(
      stand.product.url,
      rawHead('GET /v1/models', stand.token, lines),
    );
    assert.ok(status < 500, String(status));
    assertClean();
  });

  function operator(path: string, body?: string): Promise<Response> {
    return fetch(stand.product.url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'x-admin-token': ADMIN_TOKEN, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body }),
    });
  }
});

function assertClean(): void {
  const plain = {} as Record<string, unknown>;
  assert.equal(plain['x'], undefined);
  assert.equal(plain['isAdmin'], undefined);
}
