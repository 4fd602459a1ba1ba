/** What the benchmark sends and what its upstream answers, so that the upstream and the books check agree. */

export const MODEL = 'gpt-4o-mini';
export const CHUNKS = 100;
export const USAGE = { prompt_tokens: 42, completion_tokens: 100, total_tokens: 142 };

/** The kinds of load: a plain completion, and one streamed in 100 chunks. */
export type Kind = 'plain' | 'stream';
export const KINDS: readonly Kind[] = ['plain', 'stream'];

/** A request body of about 600 bytes, as a short chat has it. */
export function requestBody(kind: Kind): string {
  const question = 'Explain in two sentences why a ledger should be append-only. '.repeat(6);
  const messages = [
    { role: 'system', content: 'You are a careful accountant who answers briefly.' },
    { role: 'user', content: question },
  ];
  const plain = { model: MODEL, messages, temperature: 0.2, max_tokens: 200 };
  return JSON.stringify(kind === 'stream' ? { ...plain, stream: true } : plain);
}

/** A whole HTTP answer, head and body, of about 700 bytes of JSON. */
export function plainAnswer(): Buffer {
  const content = 'An append-only ledger keeps every fact that was ever true. '.repeat(6);
  const body = JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_780_000_000,
    model: MODEL,
    choices: [
      { index: 0, message: { role: 'assistant', content }, logprobs: null, finish_reason: 'stop' },
    ],
    usage: USAGE,
    system_fingerprint: 'fp_bench',
  });
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.from(head + body);
}

/** The head of a streamed answer; the pieces of {@link streamPieces} follow it. */
export const STREAM_HEAD = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n',
);

/** 100 content events, the usage event if asked for, and `[DONE]`, each framed as one HTTP chunk. */
export function streamPieces(includeUsage: boolean): Buffer[] {
  const base = {
    id: 'chatcmpl-bench',
    object: 'chat.completion.chunk',
    created: 1_780_000_000,
    model: MODEL,
  };
  const events: string[] = [];
  for (let index = 0; index < CHUNKS; index++) {
    const last = index === CHUNKS - 1;
    const choice = { index: 0, delta: { content: ' ledger' }, finish_reason: last ? 'stop' : null };
    const usage = includeUsage ? { usage: null } : {};
    events.push(JSON.stringify({ ...base, choices: [choice], ...usage }));
  }
  if (includeUsage) events.push(JSON.stringify({ ...base, choices: [], usage: USAGE }));
  events.push('[DONE]');
  return events.map((event, index) => {
    const data = `data: ${event}\n\n`;
    const end = index === events.length - 1 ? '0\r\n\r\n' : '';
    return Buffer.from(`${data.length.toString(16)}\r\n${data}\r\n${end}`);
  });
}
