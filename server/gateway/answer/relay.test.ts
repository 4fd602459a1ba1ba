import assert from 'node:assert/strict';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '../../clock.ts';
import type { Ending } from './ending.ts';
import { Relay, type RelayOptions } from './relay.ts';
import { StreamWatch } from './stream-watch.ts';

interface Way {
  readonly type: string;
  readonly whole: RelayOptions['whole'];
}

const STREAM: Way = { type: 'text/event-stream', whole: 'always' };
const THROUGH: Way = { type: 'application/json', whole: 'never' };
const SECRET = 'sk-secret-of-this-test';

/** A relay to a caller who reads nothing, with what it asked of the provider's connection and what it passed on. */
function relayToNobody({ type, whole }: Way = STREAM, length: string | null = null, pictures = 1) {
  const asked: string[] = [];
  const endings: Ending[] = [];
  // Without a connection every byte stays in its buffer.
  const reply = new ServerResponse(new IncomingMessage(new Socket()));
  const watch = new StreamWatch({
    wire: 'chat',
    readUsage: () => null,
    dropUsageChunk: false,
    pictures,
  });
  const relay = new Relay({
    clock: systemClock,
    reply,
    requestId: 'req_1',
    secret: SECRET,
    newWatch: whole === 'never' ? null : () => watch,
    limitHeaders: {},
    wantsCharge: false,
    streamed: true,
    whole,
    stopWithCaller: true,
    tryElsewhere: () => false,
    maxBytes: 1_000_000,
    drainMs: 1_000,
    stallMs: 60_000,
    errorEvent: () => 'data: {}\n\n',
    done: (ending) => endings.push(ending),
  });
  relay.onStart({
    pause: () => asked.push('pause'),
    resume: () => asked.push('resume'),
    abort: () => asked.push('abort'),
  });
  relay.onHead(200, {
    'content-type': type,
    ...(length === null ? {} : { 'content-length': length }),
  });
  return { relay, asked, endings, reply };
}

const LARGE_EVENT = `data: {"choices":[{"delta":{"content":"${'a'.repeat(200_000)}"}}]}\n\n`;
const END = 'data: [DONE]\n\n';

test('a provider that was held back for a slow caller is read on once its last event is here', () => {
  const { relay, asked, endings } = relayToNobody();
  relay.onData(Buffer.from(LARGE_EVENT));
  assert.deepEqual(asked, ['pause']);
  relay.onData(Buffer.from(END));
  assert.equal(endings[0]?.complete, true);
  assert.deepEqual(asked, ['pause', 'resume']);
});

test('a provider that goes on behind its last event is hung up on after 64 KiB', () => {
  const { relay, asked } = relayToNobody();
  relay.onData(Buffer.from(END));
  relay.onData(Buffer.alloc(65_536));
  assert.ok(!asked.includes('abort'));
  relay.onData(Buffer.alloc(1));
  assert.ok(asked.includes('abort'));
});

/** What the caller is given of this, which the provider sends in parts of that size. */
function passedOn(way: Way, bytes: Buffer, size: number): string {
  const { relay, reply, endings } = relayToNobody(
    way,
    way.whole === 'never' ? String(bytes.length) : null,
  );
  const passed: Buffer[] = [];
  const note = (piece?: unknown): boolean => {
    if (Buffer.isBuffer(piece)) passed.push(Buffer.from(piece));
    return true;
  };
  reply.write = note;
  reply.end = (piece?: unknown) => {
    note(piece);
    return reply;
  };
  for (let at = 0; at < bytes.length; at += size) {
    relay.onData(Buffer.from(bytes.subarray(at, at + size)));
    assert.ok(!Buffer.concat(passed).includes(SECRET), `${size}`);
  }
  assert.ok(Buffer.concat(passed).length < bytes.length, 'the end waits for the record');
  relay.onEnd();
  relay.release(null);
  assert.equal(endings.length, 1);
  return Buffer.concat(passed).toString();
}

test('what only passes through is whole, and holds no credential, however it is cut', () => {
  const told = `${'ü'.repeat(40)}{"authorization":"Bearer ${SECRET}"} and ${SECRET}`;
  const bytes = Buffer.from(told);
  const clean = told.replaceAll(SECRET, '*'.repeat(SECRET.length));
  for (const size of [1, 7, SECRET.length, 60, bytes.length]) {
    assert.equal(passedOn(THROUGH, bytes, size), clean, `${size}`);
  }
});

test('no event of a stream, and not its last one, holds the credential, however it is cut', () => {
  const event = (content: string) => `data: {"choices":[{"delta":{"content":"${content}"}}]}\n\n`;
  const told = `${event(`hä ${SECRET}`)}${event('b')}: ${SECRET}\n\n${END}`;
  const bytes = Buffer.from(told);
  for (const size of [1, 7, SECRET.length, 60, bytes.length]) {
    const clean = told.replaceAll(SECRET, '[redacted]');
    assert.equal(passedOn(STREAM, bytes, size), clean, `${size}`);
  }
});

test('an event that only passes through goes on at once, and the end of the answer waits', () => {
  const { relay, reply } = relayToNobody({ type: 'text/event-stream', whole: 'never' });
  const passed: unknown[] = [];
  let isEnded = false;
  reply.write = (piece: unknown): boolean => passed.push(String(piece)) > 0;
  reply.end = () => {
    isEnded = true;
    return reply;
  };
  const event = 'event: response.queued\ndata: {}\n\n';
  relay.onData(Buffer.from(event));
  relay.onEnd();
  assert.deepEqual([passed, isEnded], [[event], false]);
  relay.release(null);
  assert.equal(isEnded, true);
});

test('a caller who leaves between two pictures has the provider stopped, which would bill the next', () => {
  const { relay, asked, endings, reply } = relayToNobody(STREAM, null, 3);
  relay.onData(Buffer.from('data: {"type":"image_generation.completed","b64_json":"eA=="}\n\n'));
  reply.destroy();
  reply.emit('close');
  assert.ok(asked.includes('abort'));
  assert.deepEqual([endings[0]?.complete, endings[0]?.pictures], [false, 1]);
});
