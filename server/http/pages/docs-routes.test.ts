import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { HTTPMethods } from 'fastify';
import { ALL_CALLS } from '../../../contract/api/api.ts';
import type { Refusal, RefusedModel, RefusedQuota } from '../../../contract/failures.ts';
import { openTestEdge, type TestEdge } from '../edge-for-tests.ts';

type Json = { [key: string]: Json };

let edge: TestEdge;
let document: Json;

before(async () => {
  edge = await openTestEdge({
    v1: (scope) => {
      const method = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
      scope.route({ method, url: '/v1/*', handler: () => ({}) });
    },
  });
  document = (await edge.http.instance.inject({ url: '/openapi.json' })).json();
});
after(() => edge.close());

/** Each operation as `POST /admin/keys`. */
function documented(): string[] {
  return Object.entries(document['paths'] ?? {}).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

describe('GET /openapi.json', () => {
  test('is OpenAPI 3.1 with a title, a version and operations that each answer something', () => {
    assert.equal(document['openapi'], '3.1.0');
    assert.equal(document['info']?.['version'], '1.2.3');
    for (const [path, operations] of Object.entries(document['paths'] ?? {})) {
      assert.match(path, /^\//);
      for (const operation of Object.values(operations)) {
        const statuses = Object.keys(operation['responses'] ?? {});
        assert.ok(statuses.some((status) => /^2\d\d$/.test(status)));
        for (const response of Object.values(operation['responses'] ?? {})) {
          assert.equal(typeof response['description'], 'string');
        }
      }
    }
  });

  test('lists every route that the router answers', () => {
    const known = new Set(documented());
    const routes = edge.http.routes.filter(({ path }) => !path.endsWith('/') || path === '/');
    assert.ok(routes.length > 10);
    for (const { method, path } of routes) {
      const named = path.replaceAll(/:(\w+)/g, '{$1}').replace('/v1/*', '/v1/{path}');
      assert.ok(known.has(`${method} ${named}`), `${method} ${path}`);
    }
  });

  test('lists nothing that the router does not answer', () => {
    for (const operation of documented()) {
      const [method, path] = operation.split(' ') as [HTTPMethods, string];
      const url = path.startsWith('/v1/') ? '/v1/*' : path.replaceAll(/\{(\w+)\}/g, ':$1');
      assert.ok(edge.http.instance.hasRoute({ method, url }), operation);
    }
    assert.equal(documented().length, ALL_CALLS.length);
  });

  test('names each operation once, and each parameter of its path', () => {
    const ids: unknown[] = [];
    for (const [path, operations] of Object.entries(document['paths'] ?? {})) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const operation of Object.values(operations)) {
        ids.push(operation['operationId']);
        const parameters = Object.values(operation['parameters'] ?? {});
        const named = parameters.filter((one) => String(one['in']) === 'path');
        assert.deepEqual(
          named.map((one) => String(one['name'])),
          inPath,
        );
        assert.ok(named.every((one) => String(one['required']) === 'true'));
      }
    }
    assert.equal(new Set(ids).size, ids.length);
  });

  test('refers only to schemas and security schemes that it holds', () => {
    const text = JSON.stringify(document);
    for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      assert.ok(document['components']?.['schemas']?.[name], name);
    }
    const schemes = Object.keys(document['components']?.['securitySchemes'] ?? {});
    for (const operations of Object.values(document['paths'] ?? {})) {
      for (const operation of Object.values(operations)) {
        const used = Object.values(operation['security'] ?? {}).flatMap((one) => Object.keys(one));
        assert.ok(used.every((name) => schemes.includes(name)));
      }
    }
  });

  test('carries no bounds of safe integers and no patterns of dates', () => {
    const text = JSON.stringify(document);
    assert.ok(!text.includes(String(Number.MAX_SAFE_INTEGER)));
    assert.ok(!/"format":"date(-time)?","pattern"/.test(text));
  });

  test('says which failures a call can answer, in the shape of its surface', () => {
    const responses = document['paths']?.['/admin/keys']?.['post']?.['responses'] ?? {};
    assert.deepEqual(Object.keys(responses).sort(), [
      '201',
      '400',
      '401',
      '403',
      '409',
      '413',
      '415',
      '422',
      '429',
      '500',
      '503',
    ]);
    assert.ok(responses['401']?.['content']?.['application/problem+json']);
    const messages = document['paths']?.['/v1/messages']?.['post']?.['responses'];
    const schema = messages?.['422']?.['content']?.['application/json']?.['schema'];
    assert.equal(String(schema?.['$ref']), '#/components/schemas/messages');
  });

  test('says which calls need a body', () => {
    const isNeeded = (path: string) =>
      String(document['paths']?.[path]?.['post']?.['requestBody']?.['required']);
    assert.equal(isNeeded('/admin/keys'), 'true');
    assert.equal(isNeeded('/api/virtual-keys/{id}/rotate'), 'false');
  });

  test('describes no body where none is sent', () => {
    const empty = Object.values(document['paths'] ?? {})
      .flatMap((operations) => Object.values(operations))
      .flatMap((operation) => operation['responses']?.['204'] ?? []);
    assert.ok(empty.length > 5);
    for (const response of empty) assert.deepEqual(Object.keys(response), ['description']);
  });

  test('describes the files of every list that can be had as one', () => {
    let files = 0;
    for (const operations of Object.values(document['paths'] ?? {})) {
      const parameters = Object.values(operations['get']?.['parameters'] ?? {});
      if (!parameters.some(({ name }) => String(name) === 'format')) continue;
      files += 1;
      const content = operations['get']?.['responses']?.['200']?.['content'] ?? {};
      assert.deepEqual(Object.keys(content), ['application/json', 'text/csv', 'application/jsonl']);
      const forms = Object.values(content['application/json']?.['schema']?.['anyOf'] ?? {});
      assert.deepEqual(forms.map(({ type }) => String(type)).sort(), ['array', 'object']);
    }
    assert.ok(files > 5);
  });

  test('describes why a request was refused as it is told, be it a rate, money or a model', () => {
    const rate = { rule: 'r', scope: 'key', counter: 3, limit: 3, asked: 1, reset: null };
    const money = { rule: 'r', scope: 'user', balance: '1', held: '0', needed: '2' };
    const told: readonly [Refusal, RefusedQuota, RefusedModel] = [
      rate,
      { ...money, limit: null, reset: null },
      { rule: 'models', scope: 'key', asked: null, allowed: [] },
    ];
    const refusal = document['components']?.['schemas']?.['refusal']?.['anyOf'] ?? {};
    const known = Object.values(refusal).map((form) => Object.values(form['required'] ?? {}));
    const named = known.map((fields) => fields.map(String).sort());
    assert.deepEqual(
      named,
      told.map((fields) => Object.keys(fields).sort()),
    );
  });

  test('says of the gateway that it refuses, streams, and passes on what a provider answers', () => {
    const responses = document['paths']?.['/v1/chat/completions']?.['post']?.['responses'] ?? {};
    for (const status of ['400', '401', '402', '403', '404', '422', '429', '503', 'default']) {
      assert.ok(responses[status], status);
    }
    assert.ok(responses['200']?.['content']?.['text/event-stream']);
  });

  test('says of what the gateway answers itself which shape it has, and passes nothing on there', () => {
    for (const path of ['/v1/key', '/v1/credits']) {
      const responses = document['paths']?.[path]?.['get']?.['responses'] ?? {};
      const schema = responses['200']?.['content']?.['application/json']?.['schema'];
      assert.ok(schema?.['properties']?.['data'], path);
      assert.equal(responses['default'], undefined);
    }
  });

  test('names the headers that a call listens to', () => {
    const headersOf = (path: string) =>
      Object.values(document['paths']?.[path]?.['post']?.['parameters'] ?? {})
        .filter((one) => String(one['in']) === 'header')
        .map((one) => String(one['name']));
    assert.deepEqual(headersOf('/admin/add_credits'), ['Idempotency-Key']);
    assert.deepEqual(headersOf('/api/wallets/{user_id}/entries'), ['Idempotency-Key']);
    assert.deepEqual(headersOf('/v1/chat/completions'), ['X-Gateway-Usage']);
    assert.deepEqual(headersOf('/admin/keys'), []);
  });
});

describe('pages', () => {
  for (const url of ['/docs', '/docs/', '/redoc']) {
    test(`${url} works on plain HTTP with nothing but its own assets`, async () => {
      const page = await edge.http.instance.inject({ url });
      assert.equal(page.statusCode, 200);
      assert.match(String(page.headers['content-type']), /^text\/html/);
      const policy = String(page.headers['content-security-policy']);
      assert.ok(!policy.includes('upgrade-insecure-requests'));
      assert.ok(!policy.includes('http'));
      assert.match(policy, /frame-ancestors 'none'/);
      const assets = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, found]) => found);
      assert.ok(assets.length > 0);
      for (const asset of assets) {
        const { pathname, host } = new URL(asset ?? '', `http://here${url}`);
        assert.equal(host, 'here');
        const reply = await edge.http.instance.inject({ url: pathname });
        assert.equal(reply.statusCode, 200, pathname);
        assert.equal(reply.headers['x-content-type-options'], 'nosniff');
      }
    });
  }

  test('Swagger UI gets the same document', async () => {
    const reply = await edge.http.instance.inject({ url: '/docs/json' });
    assert.deepEqual(reply.json(), document);
  });

  test('no asset lies outside its folder', async () => {
    for (const url of [
      '/docs/static/..%2f..%2fpackage.json',
      '/docs/static/%2e%2e/%2e%2e/package.json',
      '/redoc/..%2fpackage.json',
      '/redoc/other.js',
    ]) {
      const reply = await edge.http.instance.inject({ url });
      assert.ok(reply.statusCode >= 400 && reply.statusCode < 500, url);
    }
  });
});
