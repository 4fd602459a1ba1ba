import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { type LoadResult, runLoad } from './load.ts';
import { type Kind, plainAnswer, STREAM_HEAD, streamPieces } from './payloads.ts';

const STREAM = Buffer.concat([STREAM_HEAD, ...streamPieces(false)]);

/** Ten requests on two connections against a server that meets each of them with `answer`. */
async function load(kind: Kind, answer: (socket: Socket) => void): Promise<LoadResult> {
  const server = createServer((socket) => {
    socket.on('data', () => answer(socket));
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    return await runLoad({ url, headers: {}, kind, connections: 2, until: { count: 10 } });
  } finally {
    server.close();
  }
}

test('whole plain answers are counted, with a latency for each', async () => {
  const result = await load('plain', (socket) => socket.write(plainAnswer()));
  assert.equal(result.requests, 10);
  assert.equal(result.failures, 0);
  assert.ok(result.p50Ms > 0 && result.p50Ms <= result.p99Ms);
});

test('a whole stream is counted when its bytes arrive one by one', async () => {
  const result = await load('stream', (socket) => {
    for (const byte of STREAM) socket.write(Buffer.of(byte));
  });
  assert.equal(result.requests, 10);
  assert.equal(result.failures, 0);
});

test('an answer other than 200 is a failure and is quoted', async () => {
  const refusal = 'HTTP/1.1 500 Oh\r\ncontent-length: 2\r\n\r\nno';
  const result = await load('plain', (socket) => socket.write(refusal));
  assert.equal(result.requests, 0);
  assert.equal(result.failures, 10);
  assert.match(result.firstFailure, /500 Oh/);
});

test('a stream that ends without [DONE] is a failure', async () => {
  const result = await load('stream', (socket) => {
    socket.write(STREAM.toString('latin1').replace('[DONE]', '[GONE]'));
  });
  assert.equal(result.failures, 10);
  assert.match(result.firstFailure, /without \[DONE\]/);
});

test('a connection that closes in the middle of an answer is a failure', async () => {
  const result = await load('plain', (socket) => socket.end(plainAnswer().subarray(0, 300)));
  assert.equal(result.failures, 10);
  assert.match(result.firstFailure, /closed before/);
});
