/**
 * A provider that asks no model: a server on the loopback that answers from a script, says so in every
 * answer, and counts usage by a rule that anyone can check.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Clock } from '../clock.ts';
import { answerTo, type Question, questionOf, whole } from './scripted-answers.ts';
import { type Event, eventsOf } from './scripted-streams.ts';

export interface ScriptedProvider {
  /** Base address with the version: `http://127.0.0.1:40123/v1`. */
  readonly base: string;
  close(): Promise<void>;
}

/** Between two words of a stream: quick, and slow enough to be seen. */
const WORD_MS = 15;

/** On a free port of 127.0.0.1. `models` is what it says that it serves. */
export async function startScriptedProvider(options: {
  readonly clock: Clock;
  readonly models: readonly string[];
}): Promise<ScriptedProvider> {
  const server = createServer((request, reply) => {
    answer(options, request, reply).catch(() => reply.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    base: `http://127.0.0.1:${port}/v1`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  { clock, models }: { clock: Clock; models: readonly string[] },
  request: IncomingMessage,
  reply: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (request.method === 'GET' && path === '/v1/models') {
    const data = models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'demo' }));
    sendJson(reply, 200, { object: 'list', data });
    return;
  }
  const question = questionOf(path, await text(request), Math.floor(clock.now() / 1000));
  if (request.method !== 'POST' || question === null) {
    const message = `The scripted provider of the demo has no answer for ${request.method} ${path}.`;
    const error = { message, type: 'invalid_request_error', param: null, code: 'not_scripted' };
    sendJson(reply, 404, { error });
    return;
  }
  if (question.streamed) sendEvents(clock, reply, question);
  else sendJson(reply, 200, whole(question, answerTo(question)));
}

function sendJson(reply: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  reply.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length });
  reply.end(bytes);
}

function sendEvents(clock: Clock, reply: ServerResponse, question: Question): void {
  reply.writeHead(200, { 'content-type': 'text/event-stream' });
  const events = eventsOf(question, answerTo(question));
  let cancel: (() => void) | null = null;
  const next = (): void => {
    const { value, done } = events.next();
    if (done === true) {
      reply.end();
      return;
    }
    reply.write(inWire(value));
    cancel = clock.after(WORD_MS, next);
  };
  reply.once('close', () => cancel?.());
  next();
}

function inWire({ name, data }: Event): string {
  const body = typeof data === 'string' ? data : JSON.stringify(data);
  return `${name === null ? '' : `event: ${name}\n`}data: ${body}\n\n`;
}
