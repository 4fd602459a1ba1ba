/** Answers that come before the end of an upload: the caller gets them, and nobody waits for what is left of it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type Clock, systemClock } from '../../server/clock.ts';
import { openStand, rawHead, type Stand, sendRaw, until } from './stand.ts';

/** So long an upload is read on for. */
const READ_ON_MS = 5_000;
const LENGTH = 4_000_000;

/** Answers every upload as soon as its head is here. */
const hasty = createServer((_request, reply) => {
  reply.writeHead(413, { 'content-type': 'application/json' });
  reply.end('{"error":{"message":"Too large for me."}}');
});
/** What waits for five seconds, and waits until {@link passTime}. */
const waiting = new Set<() => void>();
const clock: Clock = {
  ...systemClock,
  after(delayMs, run) {
    if (delayMs !== READ_ON_MS) return systemClock.after(delayMs, run);
    waiting.add(run);
    return () => waiting.delete(run);
  },
};

function passTime(): void {
  for (const run of waiting) run();
}

let stand: Stand;
let closed: string;

before(async () => {
  hasty.listen(0, '127.0.0.1');
  await once(hasty, 'listening');
  const { port } = hasty.address() as AddressInfo;
  const settings = {
    UPSTREAM_BASE: `http://127.0.0.1:${port}/v1`,
    MAX_BODY_BYTES: String(LENGTH / 2),
  };
  stand = await openStand({ clock, settings });
  const rules = { label: 'narrow', note: null, origin: 'operator', allowUnmetered: false } as const;
  closed = (await stand.product.rooms.accounts.keys.issue(rules)).token;
});
after(async () => {
  await stand[Symbol.asyncDispose]();
  hasty.close();
});

const cases = [
  ['an unknown key', '/v1/chat/completions', () => 'sk-of-nobody-at-all', 401],
  ['an unknown key of another surface', '/api/keys', () => 'sk-of-nobody-at-all', 401],
  ['a path that the key may not use', '/v1/files', () => closed, 403],
  ['a body that is too large', '/v1/chat/completions', () => stand.token, 413],
  ['a provider that has seen enough', '/v1/files', () => stand.token, 413],
] as const;

describe('an answer before the end of an upload', () => {
  for (const [title, path, key, status] of cases) {
    const head = () => rawHead(`POST ${path}`, key(), [`content-length: ${LENGTH}`]);
    const keepAlive = () => head().replace('connection: close\r\n', '');

    test(`reaches who sends all before reading: ${title}`, async () => {
      const next = rawHead('GET /v1/key', stand.token);
      const bytes = `${keepAlive()}${'x'.repeat(LENGTH)}${next}`;
      const { text } = await sendRaw(stand.product.url, bytes);
      const answers = text.match(/HTTP\/1\.1 \d{3}/g);
      assert.deepEqual(answers, [`HTTP/1.1 ${status}`, 'HTTP/1.1 200']);
    });

    test(`gives up who never comes to the end: ${title}`, async () => {
      const { hostname, port } = new URL(stand.product.url);
      const socket = connect(Number(port), hostname).on('error', () => undefined);
      socket.write(`${keepAlive()}${'x'.repeat(10_000)}`);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      assert.match(answer.toString('latin1'), new RegExp(`^HTTP/1.1 ${status} `));
      await until(() => waiting.size > 0);
      const end = once(socket, 'close');
      passTime();
      await end;
      await until(() => waiting.size === 0);
    });
  }
});
