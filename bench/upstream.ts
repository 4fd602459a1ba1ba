/**
 * A provider that costs almost nothing, so that one core carries it and the load together. It speaks just enough HTTP/1.1
 * over bare sockets: node:http would spend more here than the gateways under test may spend there.
 * Every event of a stream is written in its own turn of the event loop, or one each `--chunk-ms`.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { plainAnswer, STREAM_HEAD, streamPieces } from './payloads.ts';

const { values } = parseArgs({
  options: {
    'latency-ms': { type: 'string', default: '0' },
    'chunk-ms': { type: 'string', default: '0' },
  },
});
const latencyMs = Number(values['latency-ms']);
const chunkMs = Number(values['chunk-ms']);

const PLAIN = plainAnswer();
const PIECES = streamPieces(false);
const PIECES_WITH_USAGE = streamPieces(true);

interface Stream {
  socket: Socket;
  pieces: Buffer[];
  next: number;
}
let streams: Stream[] = [];

/** Writes one event of every open stream, and comes back in the next turn while any is left. */
function turn(): void {
  const open: Stream[] = [];
  for (const stream of streams) {
    const piece = stream.pieces[stream.next++];
    if (piece === undefined || stream.socket.destroyed) continue;
    stream.socket.write(piece);
    if (stream.next < stream.pieces.length) open.push(stream);
  }
  streams = open;
  if (streams.length > 0) nextTurn();
}

function nextTurn(): void {
  if (chunkMs > 0) setTimeout(turn, chunkMs);
  else setImmediate(turn);
}

function answer(socket: Socket, request: string): void {
  if (!/"stream":\s*true/.test(request)) {
    socket.write(PLAIN);
    return;
  }
  socket.write(STREAM_HEAD);
  const pieces = /"include_usage":\s*true/.test(request) ? PIECES_WITH_USAGE : PIECES;
  streams.push({ socket, pieces, next: 0 });
  if (streams.length === 1) nextTurn();
}

/** Where the first request in the text ends, or -1 while it is incomplete. */
function endOfRequest(text: string): number {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return -1;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head))?.[1];
  if (length !== undefined) {
    const end = head + 4 + Number(length);
    return text.length >= end ? end : -1;
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(text.slice(0, head))) return head + 4;
  const end = text.indexOf('0\r\n\r\n', head + 4);
  return end < 0 ? -1 : end + 5;
}

const server = createServer({ noDelay: true }, (socket) => {
  let text = '';
  socket.on('data', (part) => {
    text += part.toString('latin1');
    for (let end = endOfRequest(text); end >= 0; end = endOfRequest(text)) {
      const request = text.slice(0, end);
      text = text.slice(end);
      if (latencyMs > 0) setTimeout(answer, latencyMs, socket, request);
      else answer(socket, request);
    }
  });
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
