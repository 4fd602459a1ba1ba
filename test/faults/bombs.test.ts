/** T29 and T85: answers that swell and callers that do not read, in a process whose memory can be measured. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Asked, ask, chat } from '../fake-upstream/ask.ts';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { type Process, spawnTollkeeper } from '../harness.ts';
import { PROVIDER_SECRET, rawHead, until } from './stand.ts';

const MEBIBYTE = 1024 * 1024;

const OPTIONS = { timeout: 90_000, skip: process.platform !== 'linux' };

describe('T29 bombs and T85 slow readers', OPTIONS, () => {
  let upstream: FakeUpstream;
  let product: Process;
  let token: string;
  let dataDir: string;
  before(async () => {
    upstream = await startFakeUpstream();
    dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-bombs-'));
    product = await spawnTollkeeper({
      dataDir,
      settings: {
        UPSTREAM_BASE: upstream.url,
        UPSTREAM_API_KEY: PROVIDER_SECRET,
        MAX_RESPONSE_BYTES: String(8 * MEBIBYTE),
        DRAIN_TIMEOUT_MS: '200',
      },
    });
    token = await product.issueKey();
    // What is loaded on first use does not count.
    for (const stream of [false, true, false, true]) await send('usage=missing', { stream });
  });
  after(async () => {
    await product.close();
    await upstream.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  function send(directive: string, fields: object = {}): Promise<Asked> {
    const headers = { authorization: `Bearer ${token}` };
    return ask(`${product.url}/v1`, { body: chat(directive, fields), headers });
  }

  function memory(field: 'VmHWM' | 'VmRSS'): number {
    const status = readFileSync(`/proc/${product.child.pid}/status`, 'utf8');
    return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
  }

  /** How far the resident memory of the product rises at most while this happens. */
  async function rise(act: () => Promise<void>): Promise<number> {
    writeFileSync(`/proc/${product.child.pid}/clear_refs`, '5');
    const start = memory('VmRSS');
    await act();
    return memory('VmHWM') - start;
  }

  const BOMBS: readonly (readonly [name: string, directive: string, streams: boolean])[] = [
    ['gzip of 100 MiB', 'fault=gzip-bomb', true],
    ['br of 100 MiB', 'fault=br-bomb', true],
    ['zstd of 100 MiB', 'fault=zstd-bomb', true],
    ['a body without an end', 'fault=endless', false],
    ['a line of 100 MB', 'fault=long-line', true],
    ['100,000 headers', 'fault=many-headers', true],
  ];
  for (const [name, directive, streams] of BOMBS) {
    for (const stream of streams ? [false, true] : [false]) {
      test(`T29 ${name} (${stream ? 'stream' : 'plain'}) is 503 within 64 MiB of memory`, async () => {
        const grown = await rise(async () => {
          const answer = await send(directive, { stream });
          assert.equal(answer.status, 503);
          assert.match(JSON.parse(answer.text).error.code, /^upstream_(too_large|unreadable)$/);
        });
        assert.ok(grown < 64 * MEBIBYTE, `${Math.round(grown / MEBIBYTE)} MiB`);
        await upstream.whenIdle();
      });
    }
  }

  for (const stream of [false, true]) {
    test(`T29 JSON that nests 200,000 deep (${stream ? 'stream' : 'plain'}) crashes nothing`, async () => {
      const grown = await rise(async () => {
        const answer = await send('fault=deep-json', { stream });
        assert.ok([200, 503].includes(answer.status), String(answer.status));
      });
      assert.ok(grown < 64 * MEBIBYTE, `${Math.round(grown / MEBIBYTE)} MiB`);
      assert.equal((await send('tokens=2')).status, 200);
    });
  }

  test('T85 callers who read nothing of a large stream hold the provider back, and nothing when they leave', async () => {
    const recorded = product.records().length;
    const seen = upstream.requests().length;
    const callers: Socket[] = [];
    const grown = await rise(async () => {
      for (let n = 0; n < 12; n++) callers.push(await readNothing('fault=endless'));
      await upstream.whenSeen(seen + 12);
      // Other callers are served meanwhile; by then a reader without limit would have read far too much.
      for (let n = 0; n < 50; n++) assert.equal((await send('tokens=2')).status, 200);
    });
    assert.ok(grown < 64 * MEBIBYTE, `${Math.round(grown / MEBIBYTE)} MiB`);
    assert.equal(upstream.openRequests(), 12);
    for (const caller of callers) caller.destroy();
    await upstream.whenIdle();
    await until(() => product.records().length === recorded + 62);
    assert.equal(product.records().filter(({ outcome }) => outcome === 'aborted').length, 12);
  });

  async function readNothing(directive: string): Promise<Socket> {
    const { hostname, port } = new URL(product.url);
    const body = JSON.stringify(chat(directive, { stream: true }));
    const lines = ['content-type: application/json', `content-length: ${body.length}`];
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined).pause();
    await new Promise<void>((resolve) => {
      socket.write(rawHead('POST /v1/chat/completions', token, lines) + body, () => resolve());
    });
    return socket;
  }
});
