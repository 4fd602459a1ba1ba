/** Writes the pieces of an answer to the socket, at the pace that was asked for and no faster than the caller reads. */
import type { ServerResponse } from 'node:http';
import type { Behaviour } from './behaviour.ts';
import type { Ending, Shaped } from './shape.ts';

export interface Sending extends Shaped {
  readonly res: ServerResponse;
  readonly behaviour: Behaviour;
  /** These output tokens are with the socket now. */
  sent(tokens: number): void;
  /** The last piece, with these tokens, goes out next. Not called for an answer that stalls or whose caller has left. */
  ends(ending: Ending, lastTokens: number): void;
}

/** A peer that learns of the break throws away what it has not read yet; this long it may read. */
const READ_MS = 10;

export function send(sending: Sending): void {
  const { res, pieces, behaviour } = sending;
  const burst = behaviour.pace === 'burst';
  const pauseMs = behaviour.chunkDelayMs ?? 0;
  let next = pieces.next();
  const pump = (): void => {
    while (!res.destroyed && next.done !== true) {
      const piece = next.value;
      next = pieces.next();
      const last = next.done === true;
      const settled = last && sending.ending.how !== 'stall';
      if (settled) sending.ends(sending.ending, piece.tokens);
      const room = res.write(piece.data);
      if (!settled) sending.sent(piece.tokens);
      if (last) finish(res, sending.ending);
      else if (!room) res.once('drain', pump);
      else if (pauseMs > 0) setTimeout(pump, pauseMs);
      else if (!burst) setImmediate(pump);
      else continue;
      return;
    }
  };
  if (next.done !== true) {
    pump();
    return;
  }
  res.flushHeaders();
  if (sending.ending.how !== 'stall') sending.ends(sending.ending, 0);
  finish(res, sending.ending);
}

function finish(res: ServerResponse, { how }: Ending): void {
  if (how === 'end') res.end();
  if (how === 'close') afterReading(() => res.socket?.destroySoon());
  if (how === 'reset') afterReading(() => res.socket?.resetAndDestroy());
}

/** The extra turn lets a peer in this very process read, even when the event loop was held up until the timer. */
function afterReading(then: () => void): void {
  setTimeout(() => setImmediate(then), READ_MS);
}
