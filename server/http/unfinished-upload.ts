import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';

/** Long enough for a caller who is not slow to come to the end of its upload and read the answer. */
const READ_ON_MS = 5_000;

/**
 * Where an answer came before the end of an upload: reads on, as many clients look at no answer before they have sent all,
 * but not for long, as some never come to the end. Until then nothing else can be done with their connection, and a
 * shutdown would wait for it.
 */
export function readOn(request: IncomingMessage, reply: ServerResponse, clock: Clock): void {
  if (request.complete || request.destroyed) return;
  request.resume();
  const limit = (): void => {
    if (request.complete || request.destroyed) return;
    const cancel = clock.after(READ_ON_MS, () => request.destroy());
    request.once('close', cancel);
  };
  if (reply.writableFinished) limit();
  else reply.once('finish', limit);
}
