import assert from 'node:assert/strict';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '../clock.ts';
import { overlay } from '../metering/metering.ts';
import { type Ending, Relay } from './relay.ts';
import { StreamWatch } from './stream-watch.ts';

/** A relay to a caller who reads nothing, with what it asked of the provider's connection. */
function relayToNobody() {
  const asked: string[] = [];
  const endings: Ending[] = [];
  // Without a connection every byte stays in its buffer.
  const reply = new ServerResponse(new IncomingMessage(new Socket()));
  const watch = new StreamWatch({
    wire: 'chat',
    readUsage: () => null,
    overlay,
    dropUsageChunk: false,
  });
  const relay = new Relay({
    clock: systemClock,
    reply,
    requestId: 'req_1',
    secret: 'sk-secret',
    newWatch: () => watch,
    limitHeaders: {},
    wantsCharge: false,
    streamed: true,
    whole: true,
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
  relay.onHead(200, { 'content-type': 'text/event-stream' });
  return { relay, asked, endings };
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
