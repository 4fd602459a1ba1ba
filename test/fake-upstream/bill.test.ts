import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startFakeUpstream } from '../fake-upstream.ts';
import { ask, chat, streamedChat } from './ask.ts';

test('bills the tokens that were sent, when billing stops with the caller', async () => {
  const upstream = await startFakeUpstream();
  const body = streamedChat('promptTokens=10 tokens=500 stallAfter=3');
  await ask(upstream.url, { body, leaveAfter: 700 });
  await upstream.whenIdle();
  const [row] = upstream.bill.rows();
  assert.equal(row?.outcome, 'cut-by-client');
  assert.deepEqual([row?.promptTokens, row?.completionTokens, row?.sentTokens], [10, 3, 3]);
  assert.equal(row?.costNanos, 10 * 150 + 3 * 600);
  await upstream.close();
});

test('bills everything, when billing goes on without the caller', async () => {
  const upstream = await startFakeUpstream({ billingAfterAbort: 'goes on' });
  const body = streamedChat('promptTokens=10 tokens=500 stallAfter=3');
  await ask(upstream.url, { body, leaveAfter: 700 });
  await upstream.whenIdle();
  const [row] = upstream.bill.rows();
  assert.deepEqual([row?.completionTokens, row?.sentTokens], [500, 3]);
  assert.equal(row?.costNanos, 10 * 150 + 500 * 600);
  await upstream.close();
});

test('T84 never bills less than a caller that leaves at any byte has received', async () => {
  const upstream = await startFakeUpstream();
  for (let leaveAfter = 1; leaveAfter < 9_000; leaveAfter += 311) {
    const { headers, text } = await ask(upstream.url, {
      body: streamedChat('tokens=30'),
      leaveAfter,
    });
    await upstream.whenIdle();
    const row = upstream.bill.row(String(headers['x-request-id']));
    const received = text.match(/" hello"/g)?.length ?? 0;
    assert.ok(row !== undefined && row.completionTokens >= received && row.sentTokens <= 30);
    assert.equal(row.completionTokens, row.outcome === 'complete' ? 30 : row.sentTokens);
  }
  const outcomes = new Set(upstream.bill.rows().map(({ outcome }) => outcome));
  assert.deepEqual([...outcomes].sort(), ['complete', 'cut-by-client']);
  await upstream.close();
});

test('sends no faster than the caller reads', async () => {
  const upstream = await startFakeUpstream();
  const body = streamedChat('tokens=1000000 pace=burst');
  await ask(upstream.url, { body, leaveAfter: 1 });
  await upstream.whenIdle();
  const sent = upstream.bill.rows()[0]?.sentTokens ?? 0;
  assert.ok(sent > 0 && sent < 1_000_000, String(sent));
  await upstream.close();
});

test('puts what was under way on the bill when it closes', async () => {
  const upstream = await startFakeUpstream();
  const body = JSON.stringify(streamedChat('tokens=9 stallAfter=2'));
  const stalled = await fetch(`${upstream.url}/chat/completions`, { method: 'POST', body });
  assert.equal(upstream.openRequests(), 1);
  await Promise.all([assert.rejects(stalled.text()), upstream.close()]);
  assert.equal(upstream.bill.rows()[0]?.outcome, 'cut-by-client');
});

test('keeps totals alone, where it shall not keep requests', async () => {
  const upstream = await startFakeUpstream({ keepRequests: false });
  await ask(upstream.url, { body: chat('') });
  assert.deepEqual([upstream.requests(), upstream.bill.rows()], [[], []]);
  assert.equal(upstream.bill.totals().requests, 1);
  await upstream.close();
});

test('as a process prints its URL, writes its bill row by row and ends on SIGTERM', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'upstream-'));
  const file = join(folder, 'bill.jsonl');
  const script = fileURLToPath(new URL('../fake-upstream.ts', import.meta.url));
  const args = [
    '--bill-file',
    file,
    '--behaviour',
    '{"tokens":2}',
    '--billing-after-abort',
    'goes on',
  ];
  const child = spawn(process.execPath, [script, '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const url = String(line).trim();
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/v1$/);
  const { headers } = await ask(url, { body: chat('') });
  const [row] = (await readFile(file, 'utf8')).trim().split('\n');
  assert.equal(JSON.parse(String(row)).id, headers['x-request-id']);
  const body = JSON.stringify(streamedChat('stallAfter=1'));
  const stalled = await fetch(`${url}/chat/completions`, { method: 'POST', body });
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
  await assert.rejects(stalled.text());
  const [, last] = (await readFile(file, 'utf8')).trim().split('\n');
  const { outcome, completionTokens } = JSON.parse(String(last));
  assert.deepEqual([outcome, completionTokens], ['cut-by-client', 2]);
  await rm(folder, { recursive: true });
});
