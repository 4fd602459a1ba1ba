import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { openTestEdge, type TestEdge, type TestEdgeOptions } from '../edge-for-tests.ts';

const opened: TestEdge[] = [];
after(async () => {
  for (const edge of opened) await edge.close();
});

async function get(url: string, options: TestEdgeOptions = {}) {
  const edge = await openTestEdge(options);
  opened.push(edge);
  return await edge.http.instance.inject({ url });
}

test('GET / names the product, its version and every call', async () => {
  const reply = await get('/');
  assert.equal(reply.statusCode, 200);
  const { name, version, endpoints } = reply.json();
  assert.equal(name, 'Tollkeeper');
  assert.equal(version, '1.2.3');
  const paths = endpoints.map(
    (one: { method: string; path: string }) => `${one.method} ${one.path}`,
  );
  for (const path of ['POST /v1/chat/completions', 'POST /admin/keys', 'GET /health']) {
    assert.ok(paths.includes(path), path);
  }
});

describe('GET /health', () => {
  const CASES = [
    ['ok', 'ok', 200, 'healthy'],
    ['ok', 'unknown', 200, 'healthy'],
    ['ok', 'missing', 200, 'degraded'],
    ['ok', 'failing', 200, 'degraded'],
    ['failing', 'ok', 503, 'unhealthy'],
    ['failing', 'missing', 503, 'unhealthy'],
  ] as const;
  for (const [database, upstream, code, status] of CASES) {
    test(`is ${code} ${status} with the database ${database} and the upstream ${upstream}`, async () => {
      const reply = await get('/health', {
        databaseState: () => database,
        gateway: { upstreamState: () => upstream },
      });
      assert.equal(reply.statusCode, code);
      assert.deepEqual(reply.json(), {
        status,
        timestamp: '2026-11-20T12:00:00.000Z',
        version: '1.2.3',
        checks: { database, upstream },
      });
    });
  }
});

test('GET /models/simple shows prices in dollars per million tokens, and none where none is known', async () => {
  const reply = await get('/models/simple', {
    gateway: {
      models: async () => [
        {
          id: 'small',
          name: 'Small',
          provider: 'local',
          inputNanosPerMillion: 150_000_000,
          outputNanosPerMillion: 600_000_000,
        },
        { id: 'bare' },
      ],
    },
  });
  assert.equal(reply.statusCode, 200);
  assert.deepEqual(reply.json(), {
    models: [
      {
        id: 'small',
        name: 'Small',
        provider: 'local',
        input_usd_per_mtok: 0.15,
        output_usd_per_mtok: 0.6,
      },
      { id: 'bare' },
    ],
  });
});
