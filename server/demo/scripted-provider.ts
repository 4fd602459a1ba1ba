/**
 * A provider that asks no model: a server on the loopback that answers from a script, says so in every
 * answer, and counts usage by a rule that anyone can check.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Clock, utcDay } from '../clock.ts';
import { REFUSED, type ScriptedAccount } from './scripted-account.ts';
import { ScriptedAccounts } from './scripted-accounts.ts';
import { answerTo, type Question, questionOf, usedBy, whole } from './scripted-answers.ts';
import { newcomer } from './scripted-newcomers.ts';
import { type Event, eventsOf } from './scripted-streams.ts';

export interface ScriptedProvider {
  /** `http://127.0.0.1:40123`; anything below it is answered as well. */
  readonly origin: string;
  /** Whose keys they are is told by their prefix in the path: see {@link ScriptedAccounts}. */
  readonly accounts: ScriptedAccounts;
  close(): Promise<void>;
}

/** Between two words of a stream: quick, and slow enough to be seen. */
const WORD_MS = 15;

/** A model and the id of the provider whose it is. */
export interface ScriptedModel {
  readonly id: string;
  readonly provider: string;
}

/** On a free port of 127.0.0.1. `models` is what it says that it serves. */
export async function startScriptedProvider(options: {
  readonly clock: Clock;
  readonly models: readonly ScriptedModel[];
}): Promise<ScriptedProvider> {
  const { clock } = options;
  const accounts = new ScriptedAccounts((secret) => newcomer(secret, clock.now()));
  const server = createServer((request, reply) => {
    answer({ ...options, accounts }, request, reply).catch(() => reply.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    accounts,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export interface Script {
  readonly clock: Clock;
  readonly models: readonly ScriptedModel[];
  readonly accounts: ScriptedAccounts;
}

/** Answers one request from the script. Each call of an unknown or revoked key is refused. */
export async function answer(
  script: Script,
  request: IncomingMessage,
  reply: ServerResponse,
): Promise<void> {
  const { clock, accounts } = script;
  const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://localhost');
  const { method = 'GET' } = request;
  const secret = secretOf(request);
  const account = accounts.find(secret);
  const body = await text(request);
  const today = utcDay(clock.now());
  const told = accounts.answer({ method, path, query, body: jsonOf(body), today }, secret);
  const question = questionOf(path, body, Math.floor(clock.now() / 1000));
  if (account?.isActive !== true || (path.endsWith('/models') && !mayList(account, path))) {
    sendJson(reply, REFUSED.status, REFUSED.body);
  } else if (method === 'GET' && path.endsWith('/models')) {
    const data = listed(script.models, path).map(({ id }) => ({ id, ...MODEL }));
    sendJson(reply, 200, { object: 'list', data });
  } else if (told !== null) {
    sendJson(reply, told.status, told.body);
  } else if (method !== 'POST' || question === null) {
    const message = `The scripted provider of the demo has no answer for ${method} ${path}.`;
    const error = { message, type: 'invalid_request_error', param: null, code: 'not_scripted' };
    sendJson(reply, 404, { error });
  } else {
    charge(accounts, account, question, today);
    if (question.streamed) sendEvents(clock, reply, question);
    else sendJson(reply, 200, whole(question, answerTo(question)));
  }
}

const MODEL = { object: 'model', created: 0, owned_by: 'demo' };

/** Below the name of a vendor there is what that vendor has, and at the root what nobody else has; all of it where that were nothing. */
function listed(models: readonly ScriptedModel[], path: string): readonly ScriptedModel[] {
  const [, first] = path.split('/');
  const vendor = first === 'v1' ? 'custom' : first;
  const own = models.filter(({ provider }) => provider === vendor);
  return own.length > 0 ? own : models;
}

/** Where a vendor gives out management keys, those list no models, except where anybody may list them. */
function mayList({ kind }: ScriptedAccount, path: string): boolean {
  return kind === 'ordinary' || path.endsWith('/api/v1/models');
}

/** The credential, in whatever header a vendor wants it. */
export function secretOf({ headers }: IncomingMessage): string {
  const named = headers['x-api-key'] ?? headers['api-key'];
  return typeof named === 'string' ? named : (headers.authorization ?? '').replace('Bearer ', '');
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/** What a token costs at the scripted provider, in nano-dollars: prices that show after a few requests. */
const INPUT_NANOS = 1_000;
const OUTPUT_NANOS = 4_000;

function charge(
  accounts: ScriptedAccounts,
  account: ScriptedAccount,
  question: Question,
  date: string,
): void {
  const { input, output } = usedBy(question, answerTo(question));
  accounts.spend(account, {
    date,
    model: question.model,
    inputTokens: input,
    outputTokens: output,
    cost: input * INPUT_NANOS + output * OUTPUT_NANOS,
  });
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
