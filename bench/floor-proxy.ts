/**
 * What the libraries and a durable record cost by themselves: a proxy that reads both bodies whole, puts one usage record on
 * disk before it answers, and does nothing else. No key is checked, nothing is metered, priced, limited or read out of a body.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UNKNOWN_USAGE } from '../contract/usage.ts';
import { systemClock } from '../server/clock.ts';
import { newId } from '../server/id.ts';
import { createOutbound } from '../server/outbound.ts';
import { createRecords, type UsageRecord } from '../server/records/records.ts';
import { openSqlite } from '../server/storage/storage.ts';

const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-floor-'));
const storage = await openSqlite({ file: join(folder, 'floor.db'), clock: systemClock });
const records = createRecords({ storage, clock: systemClock });
const outbound = createOutbound({
  connectTimeoutMs: 5_000,
  firstByteTimeoutMs: 60_000,
  idleTimeoutMs: 60_000,
});
const origin = process.env['UPSTREAM'] ?? '';

/** As that of a plain request through the gateway, figures and all. */
const RECORD: Omit<UsageRecord, 'id' | 'startedAt'> = {
  virtualKeyId: newId('vk'),
  userId: newId('usr'),
  providerId: 'openai',
  providerKeyId: 'env:upstream',
  endpoint: 'chat/completions',
  model: 'gpt-4o-mini',
  servedModel: 'gpt-4o-mini-2024-07-18',
  serviceTier: null,
  streamed: false,
  status: 200,
  outcome: 'completed',
  provenance: 'reported',
  tokens: UNKNOWN_USAGE,
  cost: null,
  costSource: 'unpriced',
  priceId: null,
  charge: null,
  flawed: false,
  failure: null,
  attempts: 1,
  upstreamId: null,
  ttftMs: 1,
  durationMs: 1,
};

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function ask(path: string, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let status = 0;
    let headers: IncomingHttpHeaders = {};
    const sent = { 'content-type': 'application/json', authorization: 'Bearer upstream' };
    outbound.send(
      { origin, path, method: 'POST', headers: sent, body },
      {
        onStart: () => undefined,
        onHead(told, its) {
          status = told;
          headers = its;
        },
        onData: (chunk) => void chunks.push(chunk),
        onEnd: () => resolve({ status, headers, body: Buffer.concat(chunks) }),
        onFailure: reject,
      },
    );
  });
}

function bodyOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => resolve(Buffer.concat(parts)));
  });
}

const server = createServer(async (request, response) => {
  const { status, headers, body } = await ask(request.url ?? '/', await bodyOf(request));
  const record = { ...RECORD, id: newId('req'), startedAt: systemClock.now() };
  await storage.commit(records.finish(record, null), { keep: true });
  const { connection, 'transfer-encoding': encoding, ...kept } = headers;
  response.writeHead(status, kept);
  response.end(body);
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.on('SIGTERM', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
