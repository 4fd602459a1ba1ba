import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { nanos } from '../../contract/money.ts';
import { UNKNOWN_USAGE } from '../../contract/usage.ts';
import { type Clock, systemClock } from '../clock.ts';
import { openSqlite, type Storage } from '../storage/storage.ts';
import {
  createRecords,
  type PriceInUse,
  type Records,
  type RequestIntent,
  type UsageRecord,
} from './records.ts';

const NOW = 1_800_000_000_000;
const clock: Clock = { ...systemClock, now: () => NOW };

let folder: string;
let storage: Storage;
let records: Records;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollkeeper-records-'));
  await open();
});

afterEach(async () => {
  await storage.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(): Promise<void> {
  storage = await openSqlite({ file: join(folder, 'test.db'), clock });
  records = createRecords({ storage, clock });
}

async function reopen(): Promise<void> {
  await storage.close();
  await open();
}

async function recover(): Promise<number> {
  const left = await records.leftOpen();
  await records.recover(left);
  return left.length;
}

const intentOf = (id: string, more: Partial<RequestIntent> = {}): RequestIntent => ({
  id,
  virtualKeyId: 'vk_1',
  userId: 'usr_1',
  providerId: 'openai',
  providerKeyId: 'env:openai',
  endpoint: 'chat/completions',
  model: 'gpt-4o-mini',
  streamed: true,
  inputEstimate: 120,
  priceId: 'price_1',
  costSource: 'setting',
  costEstimate: nanos(18_000),
  charge: null,
  hold: null,
  startedAt: NOW - 5_000,
  ...more,
});

const recordOf = (id: string, more: Partial<UsageRecord> = {}): UsageRecord => ({
  id,
  virtualKeyId: 'vk_1',
  userId: 'usr_1',
  providerId: 'openai',
  providerKeyId: 'env:openai',
  endpoint: 'chat/completions',
  model: 'gpt-4o-mini',
  servedModel: 'gpt-4o-mini-2024-07-18',
  serviceTier: 'priority',
  streamed: true,
  status: 200,
  outcome: 'completed',
  provenance: 'reported',
  tokens: {
    input: 101,
    cachedInput: 32,
    cacheWrite5m: 3,
    cacheWrite1h: 4,
    output: 57,
    reasoning: 11,
  },
  cost: nanos(42_001),
  costSource: 'catalogue',
  priceId: 'price_1',
  flawed: true,
  charge: null,
  failure: null,
  attempts: 2,
  upstreamId: 'chatcmpl-1',
  startedAt: NOW - 5_000,
  ttftMs: 40,
  durationMs: 900,
  ...more,
});

const PRICE: PriceInUse = { id: 'price_1', source: 'catalogue', rates: { input: 150 } };

const allRecords = () => storage.db.selectFrom('usage_records').selectAll().execute();

/** Names of the notes that stand on disk, open or not. */
async function noted(): Promise<string[]> {
  const rows = await storage.db.selectFrom('open_notes').select('notes').execute();
  return rows.flatMap(({ notes }) => (JSON.parse(notes) as [string, string][]).map(([id]) => id));
}

/** Notes leave with the next batch at the latest. */
const nextBatch = () => storage.commit([]);

const finish = (record: UsageRecord, price: PriceInUse | null = null) =>
  storage.commit(records.finish(record, price), { closes: record.id });
const allPrices = () => storage.db.selectFrom('prices').selectAll().execute();

test('every field of a record stands in its own column', async () => {
  await storage.commit(
    records.finish(
      recordOf('req_1', { charge: { amount: nanos(77), held: nanos(99), plan: 'flat' } }),
      PRICE,
    ),
  );
  assert.deepEqual(await allRecords(), [
    {
      id: 'req_1',
      virtual_key_id: 'vk_1',
      user_id: 'usr_1',
      provider_id: 'openai',
      provider_key_id: 'env:openai',
      endpoint: 'chat/completions',
      model: 'gpt-4o-mini',
      served_model: 'gpt-4o-mini-2024-07-18',
      streamed: 1,
      status: 200,
      outcome: 'completed',
      provenance: 'reported',
      input_tokens: 101,
      cached_tokens: 32,
      cache_write_5m_tokens: 3,
      cache_write_1h_tokens: 4,
      output_tokens: 57,
      reasoning_tokens: 11,
      cost_nanos: 42_001,
      cost_source: 'catalogue',
      price_id: 'price_1',
      charge_nanos: 77,
      hold_nanos: 99,
      plan: 'flat',
      flawed: 1,
      failure: null,
      attempts: 2,
      upstream_id: 'chatcmpl-1',
      started_at: NOW - 5_000,
      ttft_ms: 40,
      duration_ms: 900,
      service_tier: 'priority',
    },
  ]);
});

test('a request finished twice is on record once, as it was first', async () => {
  await storage.commit(records.finish(recordOf('req_1'), PRICE));
  const before = await allRecords();
  await storage.commit(records.finish(recordOf('req_1', { cost: nanos(1), status: 500 }), PRICE));
  assert.deepEqual(await allRecords(), before);
});

test('a request finished many times at once is on record once', async () => {
  const finishes = Array.from({ length: 20 }, () =>
    storage.commit(records.finish(recordOf('req_1'), null)),
  );
  await Promise.all(finishes);
  assert.equal((await allRecords()).length, 1);
});

test('finishing closes the intent, whether or not it had reached the disk', async () => {
  records.open('req_slow', () => ({ intent: intentOf('req_slow'), price: null }));
  await nextBatch();
  assert.deepEqual(await noted(), ['req_slow']);
  await finish(recordOf('req_slow'));
  records.open('req_fast', () => ({ intent: intentOf('req_fast'), price: null }));
  await finish(recordOf('req_fast'));
  await nextBatch();
  assert.deepEqual(await noted(), []);
  assert.equal((await allRecords()).length, 2);
});

test('a price is kept with its first use and never written over', async () => {
  await storage.commit(records.finish(recordOf('req_1'), PRICE));
  await storage.commit(records.finish(recordOf('req_2'), PRICE));
  const later = createRecords({ storage, clock: { ...clock, now: () => NOW + 1 } });
  await storage.commit(later.finish(recordOf('req_3'), PRICE));
  assert.deepEqual(await allPrices(), [
    { id: 'price_1', source: 'catalogue', rates: '{"input":150}', first_used_at: NOW },
  ]);
});

test('what a crash left open becomes one unfinished record for each, with its estimate and no more', async () => {
  records.open('req_1', () => ({ intent: intentOf('req_1'), price: null }));
  records.open('req_2', () => ({ intent: intentOf('req_2'), price: null }));
  const unpriced = {
    model: 'x',
    priceId: null,
    costSource: 'unpriced',
    costEstimate: null,
  } as const;
  records.open('req_3', () => ({ intent: intentOf('req_3', unpriced), price: null }));
  await nextBatch();
  // It ends, but its note stays with the bundle that the other two are in.
  await finish(recordOf('req_1'));
  await reopen();
  assert.equal(await recover(), 2);
  assert.deepEqual(await noted(), []);
  const [complete, first, second, ...more] = await allRecords();
  assert.deepEqual(more, []);
  assert.equal(complete?.id, 'req_1');
  assert.equal(complete?.outcome, 'completed');
  assert.equal(first?.id, 'req_2');
  assert.equal(first?.outcome, 'unfinished');
  assert.equal(first?.provenance, 'unfinished');
  assert.equal(first?.streamed, 1);
  assert.equal(first?.input_tokens, 120);
  assert.equal(first?.output_tokens, null);
  assert.equal(first?.cost_nanos, 18_000);
  assert.equal(first?.cost_source, 'setting');
  assert.equal(first?.started_at, NOW - 5_000);
  assert.equal(first?.duration_ms, 5_000);
  assert.equal(second?.id, 'req_3');
  assert.equal(second?.cost_nanos, null);
  assert.equal(second?.cost_source, 'unpriced');
});

test('recovering again, in this process or the next, writes nothing', async () => {
  records.open('req_1', () => ({ intent: intentOf('req_1'), price: null }));
  await nextBatch();
  await reopen();
  assert.equal(await recover(), 1);
  const before = await allRecords();
  assert.equal(await recover(), 0);
  await reopen();
  assert.equal(await recover(), 0);
  assert.deepEqual(await allRecords(), before);
});

test('what begins after a recovery is told apart from what it recovered', async () => {
  records.open('req_1', () => ({ intent: intentOf('req_1'), price: null }));
  await nextBatch();
  await reopen();
  records.open('req_2', () => ({ intent: intentOf('req_2'), price: null }));
  await nextBatch();
  await recover();
  assert.deepEqual(await noted(), ['req_2']);
  await reopen();
  assert.equal(await recover(), 1);
  assert.deepEqual(
    (await allRecords()).map(({ id }) => id),
    ['req_1', 'req_2'],
  );
});

test('what is not known is null on record, not zero', async () => {
  const refused = recordOf('req_1', { tokens: UNKNOWN_USAGE, cost: null, costSource: 'unpriced' });
  await storage.commit(records.finish(refused, null));
  const [record] = await allRecords();
  assert.equal(record?.input_tokens, null);
  assert.equal(record?.output_tokens, null);
  assert.equal(record?.cost_nanos, null);
});
