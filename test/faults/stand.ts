/** What every fault test stands on: the product in front of the scripted provider, with a key to call it. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Asked, ask, type Question } from '../fake-upstream/ask.ts';
import {
  type FakeUpstream,
  type FakeUpstreamOptions,
  startFakeUpstream,
} from '../fake-upstream.ts';
import {
  type LocalOptions,
  type LocalTollkeeper,
  type RecordRow,
  type Settings,
  startTollkeeper,
} from '../harness.ts';

/** The credential of the provider in these tests: it may turn up nowhere but at the provider. */
export const PROVIDER_SECRET = 'sk-canary-4a7f0c93d1b2e86655';

/** Prices of the scripted provider's bill, as the setting wants them: dollars for a thousand tokens. */
const PRICES = JSON.stringify({ 'gpt-4o-mini': { input: 0.00015, output: 0.0006 } });

export interface Stand extends AsyncDisposable {
  readonly upstream: FakeUpstream;
  readonly product: LocalTollkeeper;
  /** The virtual key of the caller. */
  readonly token: string;
  /** As a caller with the virtual key. */
  ask(question: Question): Promise<Asked>;
  /** The record of an answer, which is on disk before its end was sent. */
  recordOf(answer: Asked): RecordRow;
  /** Resolves when so many requests are on record and nothing is in flight on either side. */
  settled(records: number): Promise<RecordRow[]>;
}

export interface StandOptions {
  readonly settings?: Settings;
  readonly upstream?: FakeUpstreamOptions;
  /** Which provider the scripted one plays; its key and address are set. Default: an unknown one. */
  readonly provider?:
    | 'UPSTREAM'
    | 'OPENAI'
    | 'OPENROUTER'
    | 'GROQ'
    | 'ANTHROPIC'
    | 'DEEPSEEK'
    | 'MISTRAL'
    | 'XAI';
  /** The product's time; default: the system's. */
  readonly clock?: NonNullable<LocalOptions['clock']>;
}

export async function openStand(options: StandOptions = {}): Promise<Stand> {
  const { provider = 'UPSTREAM' } = options;
  const upstream = await startFakeUpstream(options.upstream);
  const product = await startTollkeeper({
    settings: {
      [`${provider}_API_KEY`]: PROVIDER_SECRET,
      [provider === 'UPSTREAM' ? 'UPSTREAM_BASE' : `${provider}_API_URL`]: upstream.url,
      MODEL_PRICING_JSON: PRICES,
      ...options.settings,
    },
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  const token = await product.issueKey();
  return standOf(upstream, product, token);
}

function standOf(upstream: FakeUpstream, product: LocalTollkeeper, token: string): Stand {
  return {
    upstream,
    product,
    token,
    ask: (question) =>
      ask(`${product.url}/v1`, {
        ...question,
        headers: { authorization: `Bearer ${token}`, ...question.headers },
      }),
    recordOf(answer) {
      const found = product.records().filter(({ id }) => id === answer.headers['x-request-id']);
      if (found.length !== 1 || found[0] === undefined) {
        throw new Error(`${found.length} records for ${answer.headers['x-request-id']}`);
      }
      return found[0];
    },
    async settled(records) {
      await until(() => product.records().length >= records && product.intents().length === 0);
      await upstream.whenIdle();
      return product.records();
    },
    async [Symbol.asyncDispose]() {
      await product.close();
      await upstream.close();
    },
  };
}

/** Waits for something that no event tells of. A test that waits in vain ends with its time limit. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await delay(5);
}

export interface RawAnswer {
  /** 0 if the connection ended before there was one. */
  readonly status: number;
  readonly text: string;
}

/** Sends exactly these bytes over a connection of its own and reads until its end. */
export async function sendRaw(url: string, bytes: string | Buffer): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A refused request may be cut off in mid-sentence; what was read until then is the answer.
  socket.on('error', () => undefined);
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  await once(socket, 'close');
  const text = Buffer.concat(chunks).toString('latin1');
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text };
}

/** The head of a raw request with the caller's key; `lines` are further header lines. */
export function rawHead(line: string, token: string, lines: readonly string[] = []): string {
  const head = [`${line} HTTP/1.1`, 'host: gateway', `authorization: Bearer ${token}`];
  return `${[...head, 'connection: close', ...lines].join('\r\n')}\r\n\r\n`;
}

/** A seed for this run: from `SEED`, so that a failure can be repeated, or a new one. */
export function seedOf(name: string): number {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
  console.log(`# ${name}: SEED=${seed}`);
  return seed;
}

/** The generator "mulberry32": small, seeded, the same everywhere. Gives numbers from 0 up to 1. */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const LONG = process.env['LONG'] === '1';
