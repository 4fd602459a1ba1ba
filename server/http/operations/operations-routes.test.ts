import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { nanos } from '../../../contract/money.ts';
import { UNKNOWN_USAGE } from '../../../contract/usage.ts';
import { NOW, OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';
import { prefersPrometheus } from './operations-routes.ts';

describe('what the operator asks of the installation', () => {
  let edge: TestEdge;
  before(async () => {
    edge = await openTestEdge({
      settings: {
        effective: [
          { name: 'PORT', value: '8000', isSecret: false, isSet: true },
          { name: 'ADMIN_TOKEN', value: 'canary', isSecret: true, isSet: true },
          { name: 'PROXY_LOG_PATH', value: null, isSecret: false, isSet: false },
        ],
      },
    });
  });
  after(() => edge.close());

  const get = (url: string, headers: Record<string, string> = {}) =>
    edge.http.instance.inject({ method: 'GET', url, headers });

  test('a ping is answered to anybody', async () => {
    const answer = await get('/ping');
    assert.equal(answer.statusCode, 200);
    assert.deepEqual(answer.json(), { status: 'ok', timestamp: '2026-11-20T12:00:00.000Z' });
  });

  test('the settings are shown to the operator, and no secret to anybody', async () => {
    const answer = await get('/api/settings', OPERATOR);
    assert.equal(answer.statusCode, 200);
    assert.deepEqual(answer.json().data, [
      { name: 'PORT', value: '8000', is_secret: false, is_set: true },
      { name: 'ADMIN_TOKEN', value: null, is_secret: true, is_set: true },
      { name: 'PROXY_LOG_PATH', value: null, is_secret: false, is_set: false },
    ]);
    assert.equal((await get('/api/settings')).statusCode, 401);
  });
});

/** What Prometheus sends. */
const SCRAPER =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;escaping=allow-utf-8;q=0.4,*/*;q=0.3';
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

describe('the figures of the installation', () => {
  let edge: TestEdge;
  let key: { id: string; userId: string };
  before(async () => {
    edge = await openTestEdge({ gateway: { inFlight: () => 3 } });
    ({ key } = await edge.accounts.keys.issue({
      ...{ label: 'ada', note: null, origin: 'operator', allowUnmetered: false },
    }));
  });
  after(() => edge.close());

  const inject = (method: 'GET' | 'DELETE', url: string, headers: Record<string, string> = {}) =>
    edge.http.instance.inject({ method, url, headers: { ...OPERATOR, ...headers } });
  const scrape = async () => (await inject('GET', '/metrics', { accept: SCRAPER })).body;

  async function noteUse(): Promise<void> {
    const { db } = edge.storage;
    const probe = {
      provider_key_id: 'pk_1',
      model: 'm',
      ok: 1,
      cost_source: 'none',
      latency_ms: 1,
    };
    const none = { input_tokens: null, output_tokens: null, cost_nanos: null };
    const used = { requests: 1, cached_tokens: null, reasoning_tokens: null, currency: 'USD' };
    await edge.storage.commit([
      db
        .insertInto('probes')
        .values({ ...probe, ...none, id: 'prb_1', at: NOW - 5, error: null })
        .compile(),
      db
        .insertInto('provider_usage')
        .values({
          ...used,
          ...none,
          ...{ provider_key_id: 'pk_1', date: '2026-11-19' },
          model: 'm',
          complete: 1,
          synced_at: NOW - 9,
        })
        .compile(),
    ]);
  }

  test('as JSON, in the shape that tools of old know', async () => {
    await noteUse();
    const answer = await inject('GET', '/metrics', { accept: '*/*' });
    assert.equal(answer.statusCode, 200);
    assert.deepEqual(answer.json(), {
      version: '1.2.3',
      env: 'development',
      debug: false,
      rate_limit: { rpm: 1_000_000, burst: 1_000_000, exempt_paths: [] },
      counters: { rate_limit_hits: 0 },
      db: {
        usage_rows: 2,
        active_keys: 0,
        last_usage_at: '2026-11-20T11:59:59.995Z',
        last_key_ok_at: null,
      },
      worker: { probe_interval_secs: 300, healthy: true },
    });
  });

  test('for the operator only, whatever is asked for', async () => {
    for (const accept of ['*/*', SCRAPER]) {
      const answer = await edge.http.instance.inject({ url: '/metrics', headers: { accept } });
      assert.equal(answer.statusCode, 401);
    }
    const bearer = { authorization: `Bearer ${OPERATOR['x-admin-token']}`, accept: SCRAPER };
    const answer = await edge.http.instance.inject({ url: '/metrics', headers: bearer });
    assert.equal(answer.statusCode, 200);
    assert.match(answer.headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
  });

  test('as Prometheus text: what the gateway did, counted once, costs exact', async () => {
    const tokens = { ...UNKNOWN_USAGE, input: 10, output: 2 };
    for (let count = 0; count < 3; count++) {
      await edge.record(key, {
        tokens,
        cost: nanos(100_000_000),
        providerId: 'local',
        model: 'small',
      });
    }
    const refusal = { outcome: 'refused', status: 402, failure: 'insufficient_quota' } as const;
    await edge.record(key, { ...refusal, providerId: null, tokens: UNKNOWN_USAGE, cost: null });
    const lines = (await scrape()).split('\n');
    for (const line of [
      'tollkeeper_tokens_total{direction="input",provider="local",model="small"} 30',
      'tollkeeper_tokens_total{direction="output",provider="local",model="small"} 6',
      'tollkeeper_cost_usd_total{provider="local",model="small"} 0.3',
      'tollkeeper_gateway_requests_total{provider="local",outcome="completed",status="200"} 3',
      'tollkeeper_gateway_requests_total{provider="none",outcome="refused",status="402"} 1',
      'tollkeeper_rejections_total{reason="insufficient_quota"} 1',
      'tollkeeper_request_duration_seconds_count{provider="local"} 3',
      'tollkeeper_inflight_requests 3',
      'tollkeeper_build_info{version="1.2.3"} 1',
    ]) {
      assert.ok(lines.includes(line), line);
    }
    const again = (await scrape()).split('\n').filter((line) => line.startsWith('tollkeeper_cost'));
    assert.deepEqual(again, ['tollkeeper_cost_usd_total{provider="local",model="small"} 0.3']);
  });

  test('as Prometheus text: what is left on the keys of the installation, and of nobody else', async () => {
    const order = {
      platform: 'deepseek',
      description: null,
      base: null,
      probe: false,
      probeModel: null,
    } as const;
    const rest = { purposes: { watch: true, route: false }, thresholdNanos: null } as const;
    const add = (owner: string | null, secret: string) =>
      edge.providerKeys.add({
        ...{ ...order, ...rest, owner, secret, name: secret, checkIntervalMinutes: null },
      });
    const ours = await add(null, 'sk-of-the-installation');
    const theirs = await add(key.userId, 'sk-of-a-member-0001');
    for (const { id } of [ours, theirs]) {
      const health = { provider_key_id: id, status: 'healthy', balance_nanos: 12_500_000_000 };
      const none = { refusals: 0, failures: 0, strikes: 0, lane: 'x', rules: '', scheduled_at: 0 };
      const known = { currency: 'USD', source: 'reported', balance_at: NOW, last_ok_at: NOW };
      const row = { ...health, ...none, ...known };
      await edge.storage.commit([edge.storage.db.insertInto('key_health').values(row).compile()]);
    }
    const lines = (await scrape()).split('\n').filter((line) => line.startsWith('tollkeeper_prov'));
    const labels = `{provider="deepseek",credential="${ours.id}"}`;
    assert.deepEqual(lines, [
      `tollkeeper_provider_balance_usd${labels} 12.5`,
      `tollkeeper_provider_last_ok_timestamp_seconds${labels} ${NOW / 1000}`,
    ]);
    const { db } = (await inject('GET', '/metrics')).json();
    assert.deepEqual([db.active_keys, db.last_key_ok_at], [2, '2026-11-20T12:00:00.000Z']);
  });

  test('callers can make no label of their own', async () => {
    for (let index = 0; index < 300; index++) {
      await edge.record(key, { model: `made-up-${index}`, status: 404, outcome: 'failed' });
      await edge.record(key, { model: `served-${index}` });
      await inject('GET', `/nowhere/${index}`);
    }
    const text = await scrape();
    assert.doesNotMatch(text, /made-up|nowhere/);
    assert.ok(text.split('\n').filter((line) => line.startsWith('tollkeeper_cost')).length <= 202);
    assert.match(
      text,
      /tollkeeper_http_requests_total\{route="none",method="GET",status="404"\} 300/,
    );
  });

  test('a reset clears the log of probes and provider usage after a backup, and nothing else', async () => {
    const { db } = edge.storage;
    const all = async (table: 'usage_records' | 'users' | 'virtual_keys' | 'usage_daily') =>
      (await db.selectFrom(table).selectAll().execute()).length;
    const before = [await all('usage_records'), await all('users'), await all('usage_daily')];
    const answer = await inject('DELETE', '/reset');
    assert.equal(answer.statusCode, 200);
    const { deleted, backup } = answer.json();
    assert.deepEqual(deleted, { probes: 1, provider_usage: 1 });
    assert.match(backup, /^tollkeeper-2026-11-20T12-00-00Z-reset\.db$/);
    assert.deepEqual(await db.selectFrom('probes').select('id').execute(), []);
    const after = [await all('usage_records'), await all('users'), await all('usage_daily')];
    assert.deepEqual(after, before);
    assert.equal((await inject('GET', '/metrics')).json().db.usage_rows, 0);
    assert.equal((await inject('DELETE', '/reset')).json().deleted.probes, 0);
  });

  test('a text format is for whoever names it and wants it at least as much as JSON', () => {
    for (const accept of [
      SCRAPER,
      'text/plain',
      'text/plain, application/json',
      'TEXT/PLAIN;q=0.1',
    ]) {
      assert.ok(prefersPrometheus(accept), accept);
    }
    for (const accept of [
      undefined,
      '',
      '*/*',
      BROWSER,
      'application/json',
      'text/plain;q=0',
      'application/json, text/plain;q=0.5',
    ]) {
      assert.ok(!prefersPrometheus(accept), `${accept}`);
    }
  });
});
