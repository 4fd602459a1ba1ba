/** What the scripted provider understands, what it says, and how it counts. */
export type Shape = 'chat' | 'responses' | 'messages' | 'embeddings';

export interface Question {
  readonly shape: Shape;
  readonly id: string;
  readonly model: string;
  /** Everything that the caller wrote, in order. */
  readonly words: string;
  readonly parts: number;
  readonly streamed: boolean;
  readonly wantsUsage: boolean;
  /** Seconds since the epoch. */
  readonly askedAt: number;
}

export interface Used {
  readonly input: number;
  readonly output: number;
}

/** By the end of the path: what stands before it differs from vendor to vendor. */
const SHAPES: readonly (readonly [string, Shape])[] = [
  ['/chat/completions', 'chat'],
  ['/responses', 'responses'],
  ['/messages', 'messages'],
  ['/embeddings', 'embeddings'],
];

type Body = Readonly<Record<string, unknown>>;

/** @returns null for what the script does not know: another path, or a body that is no JSON object */
export function questionOf(path: string, body: string, askedAt: number): Question | null {
  const shape = SHAPES.find(([end]) => path.endsWith(end))?.[1];
  const asked = parse(body);
  if (shape === undefined || asked === null) return null;
  const { model, input, messages, stream } = asked;
  const options = asked['stream_options'] as Body | undefined;
  const words = wordsOf([asked['system'], asked['instructions'], messages ?? input]);
  return {
    shape,
    id: `demo-${askedAt}-${words.length}`,
    model: typeof model === 'string' ? model : 'scripted',
    words,
    parts: Array.isArray(input) ? input.length : 1,
    streamed: stream === true && shape !== 'embeddings',
    wantsUsage: options?.['include_usage'] === true,
    askedAt,
  };
}

function parse(body: string): Body | null {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Body) : null;
  } catch {
    return null;
  }
}

/** Text wherever it may stand: a string, a list of strings, of parts or of messages. */
function wordsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(wordsOf).filter(Boolean).join('\n');
  const part = value as Body | null | undefined;
  return part === null || part === undefined ? '' : wordsOf(part['content'] ?? part['text']);
}

/** The rule of the house: every four characters begun are a token. */
export function tokensOf(words: string): number {
  return Math.ceil(words.length / 4);
}

export function usedBy(question: Question, answer: string): Used {
  return { input: tokensOf(question.words), output: tokensOf(answer) };
}

export function answerTo(question: Question): string {
  const count = question.words.split(/\s+/).filter(Boolean).length;
  return (
    `This answer is scripted: the demo asks no model. You sent ${count} ${count === 1 ? 'word' : 'words'} ` +
    `to "${question.model}", which I count as ${tokensOf(question.words)} tokens. ` +
    'Set a provider key and start the server itself, and what stands here will come from a model; ' +
    'metering, prices and records stay exactly as they are now.'
  );
}

/** The answer in one piece, in the shape that was asked for. */
export function whole(question: Question, answer: string): unknown {
  const { shape, id, model, askedAt } = question;
  const used = usedBy(question, answer);
  if (shape === 'messages') return message(question, answer, used);
  if (shape === 'responses') return response(question, answer, used);
  if (shape === 'embeddings') {
    const usage = { prompt_tokens: used.input, total_tokens: used.input };
    const data = Array.from({ length: question.parts }, (_, index) => ({
      object: 'embedding',
      index,
      embedding: [0.1, 0.2, 0.3, 0.4],
    }));
    return { object: 'list', model, data, usage };
  }
  const said = { role: 'assistant', content: answer, refusal: null };
  return {
    id,
    object: 'chat.completion',
    created: askedAt,
    model,
    choices: [{ index: 0, message: said, logprobs: null, finish_reason: 'stop' }],
    usage: chatUsage(used),
  };
}

export function chatUsage({ input, output }: Used) {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

export function message(question: Question, answer: string | null, used: Used) {
  return {
    id: question.id,
    type: 'message',
    role: 'assistant',
    model: question.model,
    content: answer === null ? [] : [{ type: 'text', text: answer }],
    stop_reason: answer === null ? null : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: used.input, output_tokens: used.output },
  };
}

/** With null: a response that has only begun. */
export function response(question: Question, answer: string | null, used: Used) {
  const { id, model, askedAt } = question;
  return {
    id,
    object: 'response',
    created_at: askedAt,
    model,
    status: answer === null ? 'in_progress' : 'completed',
    error: null,
    output: answer === null ? [] : [responseItem(id, answer)],
    usage:
      answer === null
        ? null
        : {
            input_tokens: used.input,
            input_tokens_details: { cached_tokens: 0 },
            output_tokens: used.output,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: used.input + used.output,
          },
  };
}

export function responseItem(id: string, answer: string) {
  const content = [{ type: 'output_text', text: answer, annotations: [] }];
  return { type: 'message', id: `${id}-item`, role: 'assistant', status: 'completed', content };
}
