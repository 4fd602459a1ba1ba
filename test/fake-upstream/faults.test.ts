import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { ask, chat, streamedChat } from './ask.ts';

let upstream: FakeUpstream;
/** For answers that are served and billed, with something wrong in them. */
let serving: FakeUpstream;
before(async () => {
  upstream = await startFakeUpstream();
  serving = await startFakeUpstream();
});
after(async () => {
  for (const { outcome, costNanos } of upstream.bill.rows()) {
    assert.deepEqual([outcome, costNanos], ['failed', 0]);
  }
  await upstream.close();
  await serving.close();
});

/** Sends a request over a bare socket and reads until `enough` or the end. */
async function raw(body: object, enough: (bytes: Buffer) => boolean): Promise<Buffer> {
  const { hostname, port } = new URL(upstream.url);
  const socket = connect(Number(port), hostname);
  const text = JSON.stringify(body);
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${Buffer.byteLength(text)}`;
  socket.write(`${head}\r\n\r\n${text}`);
  const parts: Buffer[] = [];
  for await (const part of socket) {
    parts.push(part);
    if (enough(Buffer.concat(parts))) break;
  }
  socket.destroy();
  return Buffer.concat(parts);
}

test('T26 resets the connection before the headers', async () => {
  const broken = raw(chat('fault=reset-before-headers'), () => false);
  await assert.rejects(broken, { code: 'ECONNRESET' });
});

test('T25 never answers, until its caller leaves', async () => {
  const { hostname, port } = new URL(upstream.url);
  const socket = connect(Number(port), hostname);
  const body = JSON.stringify(chat('fault=never-answers'));
  let bytes = 0;
  socket.on('data', (chunk) => {
    bytes += chunk.length;
  });
  const count = upstream.requests().length;
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}`;
  socket.write(`${head}\r\n\r\n${body}`);
  await upstream.whenSeen(count + 1);
  assert.equal(upstream.openRequests(), 1);
  socket.destroy();
  await once(socket, 'close');
  await upstream.whenIdle();
  assert.equal(bytes, 0);
});

test('T25 sends headers and falls silent', async () => {
  const headers = await raw(streamedChat('fault=headers-then-silence'), (bytes) =>
    bytes.includes('\r\n\r\n'),
  );
  assert.match(headers.toString(), /^HTTP\/1\.1 200 OK\r\n/);
  assert.ok(headers.toString().endsWith('\r\n\r\n'));
});

test('T25 drips a byte at a time', async () => {
  const wire = await raw(streamedChat('fault=drip'), (bytes) => bytes.includes('p\r\n'));
  const body = wire.toString().slice(wire.indexOf('\r\n\r\n') + 4);
  assert.equal(body.replaceAll('1\r\n', '').replaceAll('\r\n', ''), ': keep');
  const blanks = await ask(upstream.url, { body: chat('fault=drip'), leaveAfter: 3 });
  assert.equal(blanks.text.trim(), '');
});

test('T28 answers garbage: HTML, nothing, broken JSON', async () => {
  const html = await ask(upstream.url, { body: chat('fault=html-502') });
  assert.deepEqual([html.status, html.headers['content-type']], [502, 'text/html']);
  const empty = await ask(upstream.url, { body: chat('fault=empty-200') });
  assert.deepEqual([empty.status, empty.text], [200, '']);
  const broken = await ask(upstream.url, { body: chat('fault=invalid-json') });
  assert.throws(() => JSON.parse(broken.text), SyntaxError);
  const stream = await ask(upstream.url, { body: streamedChat('fault=invalid-json') });
  assert.ok(stream.text.startsWith('data: {"id":\n'));
});

test('T28 sends one long line, a stream or not', async () => {
  const bytes = 3_000_000;
  for (const body of [chat, streamedChat]) {
    const { text } = await ask(upstream.url, { body: body(`fault=long-line bytes=${bytes}`) });
    const [line = ''] = text.split('\n');
    assert.ok(line.length > bytes && line.length < bytes + 200);
    assert.equal(JSON.parse(line.replace('data: ', '')).choices.length, 1);
  }
  const left = await ask(upstream.url, { body: chat('fault=long-line'), leaveAfter: 5_000_000 });
  assert.ok(left.bytes.length < 100_000_000);
  await upstream.whenIdle();
});

test('T29 goes on without end, and stops when its caller leaves', async () => {
  for (const body of [chat, streamedChat]) {
    const { bytes } = await ask(upstream.url, { body: body('fault=endless'), leaveAfter: 2e7 });
    assert.ok(bytes.length >= 2e7);
    await upstream.whenIdle();
  }
});

test('T29 packs 100 MiB of zeros into little, in gzip, br and zstd', async () => {
  const size = 100 * 1024 * 1024;
  const open = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync };
  for (const coding of ['gzip', 'br', 'zstd'] as const) {
    const { bytes, headers } = await ask(upstream.url, { body: chat(`fault=${coding}-bomb`) });
    assert.equal(headers['content-encoding'], coding);
    assert.ok(bytes.length < 200_000, `${coding}: ${bytes.length}`);
    const content = open[coding](bytes);
    assert.equal(content.length, size);
    assert.ok(content.subarray(0, 1000).equals(Buffer.alloc(1000)));
  }
});

test('T29 sends 100,000 headers', async () => {
  const wire = await raw(chat('fault=many-headers'), (bytes) => bytes.includes('\r\n\r\n{}'));
  assert.equal(wire.toString().match(/^x-h\d+: /gm)?.length, 100_000);
});

test('T29 nests JSON 200,000 deep', async () => {
  const { text } = await ask(upstream.url, { body: chat('fault=deep-json') });
  assert.ok(text.includes('['.repeat(200_000)));
  assert.equal(JSON.parse(text).choices.length, 1);
});

test('T28 carries a byte-order mark, NULs, invalid UTF-8 or a wrong content type', async () => {
  const get = (words: string) => ask(serving.url, { body: chat(words) });
  assert.ok((await get('oddBytes=bom')).text.startsWith('\ufeff{'));
  assert.ok((await get('oddBytes=nul')).text.endsWith('}\0\0\0'));
  assert.ok((await get('oddBytes=invalid-utf8')).bytes.includes(0xff));
  const { headers } = await get('contentType=text/html');
  assert.equal(headers['content-type'], 'text/html');
});

test('T26 breaks off after any number of bytes', async () => {
  for (const how of ['reset', 'close', 'end']) {
    for (const at of [0, 1, 200]) {
      const { bytes, broke } = await ask(serving.url, { body: chat(`cut=${how} cutAt=${at}`) });
      assert.equal(bytes.length, at);
      assert.equal(broke === undefined, how === 'end');
      assert.equal(serving.bill.rows().at(-1)?.outcome, 'failed');
    }
  }
});

test('arrives byte by byte, whole', async () => {
  const { text } = await ask(serving.url, { body: chat('chunking=byte text=multi-byte') });
  assert.match(JSON.parse(text).choices[0].message.content, /^( é你好👋🏽){12}$/u);
});
