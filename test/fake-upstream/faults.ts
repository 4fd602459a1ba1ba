/** Answers that are no answers: silence, garbage, bombs. Nothing of them is ever billed. */
import type { ServerResponse } from 'node:http';
import type { Transform } from 'node:stream';
import { constants, createBrotliCompress, createGzip, createZstdCompress } from 'node:zlib';
import type { Fault } from './behaviour.ts';
import type { Plan } from './plan.ts';

type Act = (res: ServerResponse, plan: Plan) => void | Promise<void>;

const JSON_HEADERS = { 'content-type': 'application/json' };
const MEBIBYTE = 1024 * 1024;

const ACTS: Readonly<Record<Fault, Act>> = {
  'reset-before-headers': (res) => void res.socket?.resetAndDestroy(),
  // The request stays open until its caller gives up.
  'never-answers': () => undefined,
  'headers-then-silence': (res, plan) => {
    res.writeHead(200, headersFor(plan));
    res.flushHeaders();
  },
  drip: drip,
  'html-502': (res) => {
    const html = '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>\n';
    res.writeHead(502, { 'content-type': 'text/html' }).end(html);
  },
  'empty-200': (res, plan) => void res.writeHead(200, headersFor(plan)).end(),
  'invalid-json': (res, plan) => {
    const text = plan.seen.streamed ? 'data: {"id":\n\ndata: [DONE]\n\n' : '{"id":"x","choices":[';
    res.writeHead(200, headersFor(plan)).end(text);
  },
  'long-line': longLine,
  endless: endless,
  'gzip-bomb': (res, plan) => bomb(res, plan, 'gzip'),
  'br-bomb': (res, plan) => bomb(res, plan, 'br'),
  'zstd-bomb': (res, plan) => bomb(res, plan, 'zstd'),
  'many-headers': manyHeaders,
  'deep-json': (res, plan) => {
    const depth = plan.behaviour.count ?? 200_000;
    const text = `{"id":"${plan.id}","choices":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    res.writeHead(200, headersFor(plan)).end(plan.seen.streamed ? `data: ${text}\n\n` : text);
  },
};

export async function actOut(fault: Fault, res: ServerResponse, plan: Plan): Promise<void> {
  await ACTS[fault](res, plan);
}

function headersFor(plan: Plan): Record<string, string> {
  return plan.seen.streamed ? { 'content-type': 'text/event-stream' } : JSON_HEADERS;
}

/** One byte for each tick, for ever: a comment line after the other, or the blanks before a JSON text. */
function drip(res: ServerResponse, plan: Plan): void {
  const bytes = plan.seen.streamed ? ': keep-alive\n\n' : ' ';
  let at = 0;
  res.writeHead(200, headersFor(plan));
  const tick = (): void => {
    if (res.destroyed) return;
    res.write(bytes.charAt(at++ % bytes.length));
    setTimeout(tick, plan.behaviour.chunkDelayMs ?? 1);
  };
  tick();
}

async function longLine(res: ServerResponse, plan: Plan): Promise<void> {
  const { streamed } = plan.seen;
  const before = `{"id":"${plan.id}","choices":[{"index":0,"${streamed ? 'delta' : 'message'}":{"content":"`;
  res.writeHead(200, headersFor(plan));
  res.write(streamed ? `data: ${before}` : before);
  await pour(res, 'a', plan.behaviour.bytes ?? 100_000_000);
  res.end(streamed ? '"}}]}\n\ndata: [DONE]\n\n' : '"}}]}');
}

/** A body that goes on until its caller leaves: comments without number, or a JSON text that never closes. */
async function endless(res: ServerResponse, plan: Plan): Promise<void> {
  res.writeHead(200, headersFor(plan));
  if (!plan.seen.streamed) res.write(`{"id":"${plan.id}","choices":["`);
  await pour(res, plan.seen.streamed ? ': x\n\n' : 'a', Number.POSITIVE_INFINITY);
}

/** Writes this many bytes of one repeated text, at the speed of the reader, out of one small buffer. */
async function pour(res: ServerResponse, text: string, bytes: number): Promise<void> {
  const block = Buffer.alloc(text.length * 16_384, text);
  for (let left = bytes; left > 0 && !res.destroyed; left -= block.length) {
    if (res.write(left < block.length ? block.subarray(0, left) : block)) continue;
    await drained(res);
  }
}

/** Resolves when there is room again, or nobody left to write to. */
function drained(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      res.off('drain', go).off('close', go);
      resolve();
    };
    res.on('drain', go).on('close', go);
  });
}

type Coding = 'gzip' | 'br' | 'zstd';
const bombs = new Map<string, Promise<Buffer>>();

/** A small body that unpacks to 100 MiB of zeros, or to `bytes` of them. */
async function bomb(res: ServerResponse, plan: Plan, coding: Coding): Promise<void> {
  const size = plan.behaviour.bytes ?? 100 * MEBIBYTE;
  const name = `${coding} ${size}`;
  const packing = bombs.get(name) ?? pack(coding, size);
  bombs.set(name, packing);
  const body = await packing;
  const headers = { 'content-encoding': coding, 'content-length': body.length };
  res.writeHead(200, { ...headersFor(plan), ...headers }).end(body);
}

async function pack(coding: Coding, size: number): Promise<Buffer> {
  const packer = packerOf(coding);
  const chunks: Buffer[] = [];
  packer.on('data', (chunk: Buffer) => chunks.push(chunk));
  const packed = new Promise<void>((resolve, reject) => {
    packer.once('end', resolve).once('error', reject);
  });
  const zeros = Buffer.alloc(MEBIBYTE);
  for (let left = size; left > 0; left -= zeros.length) {
    const block = left < zeros.length ? zeros.subarray(0, left) : zeros;
    await new Promise<void>((resolve) => {
      packer.write(block, () => resolve());
    });
  }
  packer.end();
  await packed;
  return Buffer.concat(chunks);
}

function packerOf(coding: Coding): Transform {
  if (coding === 'gzip') return createGzip({ level: 9 });
  if (coding === 'zstd') return createZstdCompress();
  // The highest quality takes seconds for this much and saves nothing.
  return createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
}

/** Written past node:http, which counts the headers that it sends. */
function manyHeaders(res: ServerResponse, plan: Plan): void {
  const lines = Array.from({ length: plan.behaviour.count ?? 100_000 }, (_, i) => `x-h${i}: ${i}`);
  const head = ['HTTP/1.1 200 OK', 'content-type: application/json', 'content-length: 2', ...lines];
  res.socket?.end(`${head.join('\r\n')}\r\n\r\n{}`);
}
