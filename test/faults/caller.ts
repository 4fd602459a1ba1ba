/** A caller over plain HTTP that tells exactly how much of its answer it got, and may leave at any byte. */
import { Agent } from 'undici';

export interface Question {
  /** Origin and path: `http://127.0.0.1:8000/v1/chat/completions`. */
  readonly url: string;
  readonly token: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
  /** Hang up after so many bytes of the answer's body. */
  readonly leaveAfter?: number;
  /** Hang up in the moment in which this is aborted. */
  readonly leaveWhen?: AbortSignal;
}

export interface Got {
  /** 0 if no answer began. */
  readonly status: number;
  /** The gateway's name of the request; null if no answer began. */
  readonly requestId: string | null;
  /** What came of the body. */
  readonly text: string;
  /** The body came to its proper end. */
  readonly whole: boolean;
  /** We hung up before the end. */
  readonly left: boolean;
}

export interface Caller {
  /** Never throws: a broken connection is an answer, too. */
  ask(question: Question): Promise<Got>;
  close(): Promise<void>;
}

export function createCaller(): Caller {
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  return {
    ask: (question) => ask(agent, question),
    close: () => agent.destroy(),
  };
}

async function ask(agent: Agent, question: Question): Promise<Got> {
  const { url, token, headers, body, leaveWhen } = question;
  const { origin, pathname } = new URL(url);
  try {
    const answer = await agent.request({
      origin,
      path: pathname,
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body),
      ...(leaveWhen === undefined ? {} : { signal: leaveWhen }),
    });
    const id = answer.headers['x-request-id'];
    const read = await readBody(answer.body, question);
    return { status: answer.statusCode, requestId: typeof id === 'string' ? id : null, ...read };
  } catch {
    const left = leaveWhen?.aborted === true;
    return { status: 0, requestId: null, text: '', whole: false, left };
  }
}

async function readBody(
  body: AsyncIterable<Buffer>,
  { leaveAfter = Number.POSITIVE_INFINITY, leaveWhen }: Question,
): Promise<Pick<Got, 'text' | 'whole' | 'left'>> {
  const chunks: Buffer[] = [];
  let length = 0;
  let whole = false;
  let left = false;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      length += chunk.length;
      if (length < leaveAfter) continue;
      left = true;
      break;
    }
    whole = !left;
  } catch {
    left = leaveWhen?.aborted === true;
  }
  return { text: Buffer.concat(chunks).toString(), whole, left };
}
