/** Asks the scripted provider the way its own tests need it: byte by byte, and whatever becomes of the connection. */
import { type Dispatcher, getGlobalDispatcher } from 'undici';

export interface Asked {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
  /** The error code with which the body broke off; undefined for a proper end. */
  readonly broke: string | undefined;
}

export interface Question {
  readonly path?: string;
  readonly method?: Dispatcher.HttpMethod;
  readonly headers?: Readonly<Record<string, string>>;
  /** Anything but text and bytes is sent as JSON. */
  readonly body?: unknown;
  /** Leave after so many bytes of the body. */
  readonly leaveAfter?: number;
}

/** @throws the client's error when the connection ends before there are headers */
export async function ask(url: string, question: Question): Promise<Asked> {
  const { path = '/chat/completions', method = 'POST', body } = question;
  const raw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
  const { origin, pathname } = new URL(url);
  const answer = await getGlobalDispatcher().request({
    origin,
    // Joined by hand, because URL would resolve the dots that some tests send.
    path: pathname + path,
    method,
    headers: { 'content-type': 'application/json', ...question.headers },
    body: raw ? (body ?? null) : JSON.stringify(body),
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const chunks: Buffer[] = [];
  let length = 0;
  let broke: string | undefined;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= (question.leaveAfter ?? Number.POSITIVE_INFINITY)) break;
    }
  } catch (error) {
    broke = String((error as NodeJS.ErrnoException).code);
  }
  const bytes = Buffer.concat(chunks);
  const { statusCode: status, headers } = answer;
  return { status, headers, bytes, text: bytes.toString(), broke };
}

/** A chat request that carries this directive. */
export function chat(directive: string, fields: object = {}): Readonly<Record<string, unknown>> {
  const content = directive === '' ? 'Say hello.' : `Say hello. [[${directive}]]`;
  return { model: 'gpt-4o-mini', messages: [{ role: 'user', content }], ...fields };
}

/** The same as a stream that states its usage. */
export function streamedChat(directive: string): Readonly<Record<string, unknown>> {
  return chat(directive, { stream: true, stream_options: { include_usage: true } });
}

export interface Event {
  readonly name: string | undefined;
  readonly data: string;
  /** The data as JSON; undefined for `[DONE]`. */
  // biome-ignore lint/suspicious/noExplicitAny: tests reach into answers of many shapes.
  readonly json: any;
}

/** Reads a stream as the standard says: any line end, comments and unknown lines ignored. */
export function eventsOf(text: string): Event[] {
  const events: Event[] = [];
  let name: string | undefined;
  let data: string[] = [];
  for (const line of `${text}\n\n`.split(/\r\n|\n|\r/)) {
    if (line.startsWith('event: ')) name = line.slice(7);
    if (line.startsWith('data: ')) data.push(line.slice(6));
    if (line !== '' || data.length === 0) continue;
    const whole = data.join('\n');
    events.push({ name, data: whole, json: whole === '[DONE]' ? undefined : JSON.parse(whole) });
    name = undefined;
    data = [];
  }
  return events;
}
