/**
 * Nothing that a caller sends or asks for keeps the main thread to itself. It is not timed, which a busy machine would
 * spoil: while the work is done, the event loop turns and other calls are answered.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { firstId } from '../../server/id.ts';
import { createMetering } from '../../server/metering/metering.ts';
import { usageRecord } from '../../server/records/record-for-tests.ts';
import { ADMIN_TOKEN, type LocalTollkeeper, startTollkeeper } from '../harness.ts';

const OPERATOR = { 'x-admin-token': ADMIN_TOKEN };
const ROWS = 20_000;
const START = Date.parse('2026-11-20T12:00:00Z');

let product: LocalTollkeeper;

before(async () => {
  product = await startTollkeeper();
  const { storage, records } = product.rooms;
  const writes = Array.from({ length: ROWS }, (_, index) => {
    const startedAt = START + index;
    const id = `${firstId('req', startedAt)}${String(index).padStart(16, '0')}`;
    return records.finish(usageRecord({ id, startedAt }), null);
  });
  await storage.commit(writes.flat());
});
after(() => product.close());

/** How often the event loop turned until this was done. */
async function turnsUntil(done: Promise<unknown>): Promise<number> {
  let isDone = false;
  const end = done.finally(() => {
    isDone = true;
  });
  let turns = 0;
  const turn = (): void => {
    turns++;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  await end;
  return turns;
}

test('T58 a prompt of five megabytes is counted while the event loop turns', async () => {
  const metering = createMetering();
  try {
    const words = Array.from({ length: 1_000_000 }, (_, index) => `w${index % 9_973}`).join(' ');
    const prompt = words.slice(0, 5 * 2 ** 20);
    const body = { model: 'm', messages: [{ role: 'user', content: prompt }] };
    assert.ok((await turnsUntil(metering.countPrompt(body))) > 20);
  } finally {
    await metering.close();
  }
});

test('T58 others are answered while a file of many rows is sent', async () => {
  const path = '/api/requests?format=csv&start=2026-11-20&end=2026-11-20';
  const answer = await fetch(product.url + path, { headers: OPERATOR });
  assert.equal(answer.status, 200);
  let isSent = false;
  let others = 0;
  const ask = async (): Promise<void> => {
    while (!isSent) {
      const ping = await fetch(`${product.url}/ping`);
      await ping.text();
      if (!isSent) others++;
    }
  };
  const asking = ask();
  let lines = 0;
  for await (const part of answer.body as AsyncIterable<Uint8Array>) {
    for (const byte of part) if (byte === 10) lines++;
  }
  isSent = true;
  await asking;
  assert.equal(lines, ROWS + 1);
  assert.ok(others >= 5, `${others} answers`);
});

describe('T58 text that is made to be slow to read', () => {
  /** Inputs that grow without bound what a careless pattern tries. */
  const SLOW = [
    ...[`${'a'.repeat(30_000)}!`, `${'a@'.repeat(15_000)}`, `a@${'a.'.repeat(15_000)}`],
    ...[`${' '.repeat(30_000)}x`, `${'0'.repeat(30_000)}.`, `-${'1'.repeat(30_000)}e`],
    ...[`http://${'a.'.repeat(15_000)}`, `${'../'.repeat(10_000)}`, `${'%25'.repeat(10_000)}`],
    ...[`${'((('.repeat(10_000)}`, `${'\\'.repeat(30_000)}`, `${'2026-'.repeat(6_000)}`],
    ...[`Bearer ${'x '.repeat(10_000)}`, `${';q=0.'.repeat(5_000)}1`, `${'ß'.repeat(15_000)}`],
  ];

  test('is answered in any field of a body', { timeout: 120_000 }, async () => {
    const BODIES: readonly [string, (text: string) => object][] = [
      ['/api/auth/register', (text) => ({ email: text, password: 'correct horse' })],
      ['/api/auth/login', (text) => ({ email: text, password: 'x' })],
      ['/admin/keys', (text) => ({ label: text })],
      ['/api/virtual-keys', (text) => ({ name: text, username: text, models: [text] })],
      ['/api/keys', (text) => ({ platform: 'custom', name: 'x', key: text, base_url: text })],
      ['/api/keys/test', (text) => ({ platform: text, key: 'x' })],
      ['/admin/add_credits', (text) => ({ user_id: text, credits: text })],
      ['/api/tokens', (text) => ({ name: text, expires_at: text })],
    ];
    for (const [path, body] of BODIES) {
      for (const text of SLOW) {
        const answer = await fetch(product.url + path, {
          method: 'POST',
          headers: { ...OPERATOR, 'content-type': 'application/json' },
          body: JSON.stringify(body(text)),
        });
        await answer.text();
        assert.ok(answer.status < 500, `${path}: ${answer.status}`);
      }
    }
  });

  test('is answered in any address and header', { timeout: 120_000 }, async () => {
    const PATHS = ['/api/figures', '/api/requests', '/api/users', '/api/v1/usage'] as const;
    for (const text of SLOW.map((one) => one.slice(0, 6_000))) {
      const value = encodeURIComponent(text.slice(0, 2_000));
      const asked = PATHS.map((path) => `${path}?start=${value}&zone=${value}&q=${value}`);
      const headers = { accept: text, cookie: text, authorization: text, range: text };
      const plain = Object.fromEntries(
        Object.entries(headers).map(([name, one]) => [name, one.replace(/[^\x20-\x7e]/g, 'x')]),
      );
      for (const path of [...asked, `/models/simple?x=${value}`, `/keys/${value}`]) {
        for (const sent of [OPERATOR, plain]) {
          const answer = await fetch(product.url + path, { headers: sent });
          await answer.text();
          assert.ok(answer.status < 500, `${path.slice(0, 60)}: ${answer.status}`);
        }
      }
    }
  });
});
