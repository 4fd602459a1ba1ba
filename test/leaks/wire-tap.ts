/**
 * Listens in on the connections of this process to the products under test. Every caller is here: fetch, the SDKs, raw
 * sockets and, by the booth, the browser. So no test has to hand over what it was answered.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** One connection, as it is overheard. */
export interface Overhearing {
  sent(bytes: Buffer): void;
  answered(bytes: Buffer): void;
}

const listeners = new Map<number, () => Overhearing>();

/** @returns ends it for connections that are opened later */
export function listenIn(port: number, open: () => Overhearing): () => void {
  listeners.set(port, open);
  return () => {
    // The next product may have got the same port.
    if (listeners.get(port) === open) listeners.delete(port);
  };
}

subscribe('net.client.socket', (message) => {
  const { socket } = message as { socket: Socket };
  // Its `connect`, which is about to be called, puts the original `write` back.
  queueMicrotask(() => tap(socket));
});

/** Whither a connection goes is known when it stands; what was written before waits until then. */
function tap(socket: Socket): void {
  const early: Buffer[] = [];
  let overhearing: Overhearing | null = null;
  const { write, push } = socket;
  socket.write = (...args: unknown[]) => {
    const bytes = bytesOf(args);
    if (overhearing === null) early.push(bytes);
    else overhearing.sent(bytes);
    return Reflect.apply(write, socket, args);
  };
  socket.once('connect', () => {
    overhearing = listeners.get(socket.remotePort ?? 0)?.() ?? null;
    if (overhearing === null) {
      Object.assign(socket, { write, push });
      return;
    }
    for (const bytes of early.splice(0)) overhearing.sent(bytes);
    const { answered } = overhearing;
    socket.push = (chunk: Buffer | null, encoding) => {
      if (chunk !== null) answered(chunk);
      return push.call(socket, chunk, encoding);
    };
  });
}

function bytesOf([chunk, encoding]: readonly unknown[]): Buffer {
  if (typeof chunk !== 'string') return Buffer.from(chunk as Uint8Array);
  return Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8');
}
