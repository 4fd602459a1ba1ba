/** The events of a stream, one after the other, in each wire format, before anything is done to their bytes. */
import { CREATED, responseMessage, responseObject } from './plain.ts';
import { type Plan, wholeText } from './plan.ts';
import { chatUsage, messagesOutputUsage, messagesUsage, type StatedUsage } from './usage.ts';

export interface Frame {
  readonly kind: 'start' | 'content' | 'finish' | 'usage' | 'done' | 'comment' | 'error' | 'other';
  readonly data: string;
  /** Output tokens that the caller has, once this event is with it. */
  readonly tokens: number;
}

/** Frames are made one at a time, so that a stream of a billion tokens needs no memory. */
export function framesOf(plan: Plan): Generator<Frame> {
  if (plan.seen.route === 'messages') return messagesFrames(plan);
  if (plan.seen.route === 'responses') return responsesFrames(plan);
  return chatFrames(plan);
}

/** The event with which a stream says, under HTTP 200, that it failed. */
export function errorFrame({ seen, behaviour }: Plan): Frame {
  const message = behaviour.message ?? 'The server had an error while processing your request';
  const frame = (data: string): Frame => ({ kind: 'error', data, tokens: 0 });
  if (seen.route === 'messages') {
    return frame(named({ type: 'error', error: { type: 'overloaded_error', message } }));
  }
  if (seen.route === 'responses') {
    const code = 'server_error';
    return frame(named({ type: 'error', code, message, param: null, sequence_number: 0 }));
  }
  return frame(event({ error: { message, type: 'server_error', param: null, code: null } }));
}

function event(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function named(fields: { readonly type: string; readonly [field: string]: unknown }): string {
  return `event: ${fields.type}\n${event(fields)}`;
}

/** The visible tokens of each content event: as even as whole numbers allow. */
function* shares(plan: Plan): Generator<number> {
  const chunks = plan.behaviour.chunks ?? plan.visible;
  let before = 0;
  for (let chunk = 1; chunk <= chunks; chunk++) {
    const now = Math.floor((chunk * plan.visible) / chunks);
    yield now - before;
    before = now;
  }
}

interface ChatChunk {
  readonly index: number;
  readonly text?: string;
  readonly start?: boolean;
  readonly finish?: string;
  readonly usage?: StatedUsage;
}

/** Writes chunks of chat and of legacy completions, the usage in whichever place was asked for. */
class ChatWriter {
  readonly #plan: Plan;
  readonly #head: Readonly<Record<string, unknown>>;
  readonly #place: string;
  readonly #legacy: boolean;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#place = plan.behaviour.usagePlace ?? 'own-chunk';
    this.#legacy = plan.seen.route === 'completions';
    this.#head = {
      id: plan.id,
      object: this.#legacy ? 'text_completion' : 'chat.completion.chunk',
      created: CREATED,
      model: plan.model,
      system_fingerprint: 'fp_scripted',
    };
  }

  chunk(chunk: ChatChunk): string {
    return event({
      ...this.#head,
      choices: [this.#choice(chunk)],
      ...this.#usageFields(chunk.usage),
    });
  }

  /** The chunk that holds the usage alone. */
  usageChunk(): string {
    const choices = this.#place === 'own-chunk-with-choice' ? [this.#choice({ index: 0 })] : [];
    return event({ ...this.#head, choices, usage: chatUsage(this.#plan) });
  }

  #choice({ index, text, start, finish, usage }: ChatChunk): Record<string, unknown> {
    const content: Record<string, unknown> = this.#legacy
      ? { index, text: text ?? '' }
      : { index, delta: deltaOf(text, start) };
    if (this.#place === 'in-choice' && usage !== undefined) content['usage'] = usage;
    return { ...content, logprobs: null, finish_reason: finish ?? null };
  }

  #usageFields(usage: StatedUsage): Record<string, unknown> {
    if (this.#place === 'x-groq') {
      return usage === undefined ? {} : { x_groq: { id: this.#plan.id, usage } };
    }
    if (this.#place === 'in-choice') return {};
    if (usage !== undefined) return { usage };
    return this.#place === 'own-chunk' && this.#plan.includeUsage ? { usage: null } : {};
  }
}

function deltaOf(text: string | undefined, start: boolean | undefined): unknown {
  if (start === true) return { role: 'assistant', content: '', refusal: null };
  return text === undefined ? {} : { content: text };
}

const WITH_FINISH = new Set(['with-finish', 'in-choice', 'x-groq', 'cumulative', 'twice']);
const OWN_CHUNK = new Set(['own-chunk-with-choice', 'twice']);

function* chatFrames(plan: Plan): Generator<Frame> {
  const { behaviour, choices, reasoning, used } = plan;
  const place = behaviour.usagePlace ?? 'own-chunk';
  const writer = new ChatWriter(plan);
  if (plan.seen.route === 'chat') {
    for (let index = 0; index < choices; index++) {
      const tokens = index === 0 ? reasoning : 0;
      yield { kind: 'start', data: writer.chunk({ index, start: true }), tokens };
    }
  }
  yield* chatContent(plan, writer);
  const usage = WITH_FINISH.has(place) ? chatUsage(plan) : undefined;
  for (let index = 0; index < choices; index++) {
    const finish = { index, finish: plan.finishReason };
    const last = index === choices - 1;
    const data = writer.chunk(last ? { ...finish, usage } : finish);
    yield { kind: 'finish', data, tokens: last ? used.completionTokens - sentBefore(plan) : 0 };
    if (behaviour.finishTwice === true) {
      yield { kind: 'finish', data: writer.chunk(finish), tokens: 0 };
    }
  }
  const asked = place === 'own-chunk' && plan.includeUsage && behaviour.usage !== 'missing';
  if (asked || OWN_CHUNK.has(place)) yield { kind: 'usage', data: writer.usageChunk(), tokens: 0 };
  yield { kind: 'done', data: 'data: [DONE]\n\n', tokens: 0 };
}

/** Legacy completions have no first event to carry the hidden tokens, and `chunks=0` none for the visible ones. */
function sentBefore(plan: Plan): number {
  const visible = plan.behaviour.chunks === 0 ? 0 : plan.visible * plan.choices;
  return visible + (plan.seen.route === 'completions' ? 0 : plan.reasoning);
}

function* chatContent(plan: Plan, writer: ChatWriter): Generator<Frame> {
  const cumulative = plan.behaviour.usagePlace === 'cumulative';
  const made = new Map<number, Frame>();
  let sent = plan.reasoning;
  for (const share of shares(plan)) {
    for (let index = 0; index < plan.choices; index++) {
      sent += share;
      const key = share * plan.choices + index;
      let frame = cumulative ? undefined : made.get(key);
      if (frame === undefined) {
        const text = plan.unitText.repeat(share);
        const usage = cumulative ? chatUsage(plan, sent) : undefined;
        frame = { kind: 'content', data: writer.chunk({ index, text, usage }), tokens: share };
        made.set(key, frame);
      }
      yield frame;
    }
  }
}

function* messagesFrames(plan: Plan): Generator<Frame> {
  const { behaviour, used, reasoning } = plan;
  const stopReason = plan.finishReason === 'length' ? 'max_tokens' : 'end_turn';
  const frame = (kind: Frame['kind'], fields: Parameters<typeof named>[0], tokens = 0): Frame => ({
    kind,
    data: named(fields),
    tokens,
  });
  const message = {
    id: plan.id,
    type: 'message',
    role: 'assistant',
    content: [],
    model: plan.model,
    stop_reason: null,
    stop_sequence: null,
    usage: messagesUsage(plan, Math.min(1, used.completionTokens)),
  };
  yield frame('start', { type: 'message_start', message }, reasoning);
  const block = { type: 'text', text: '' };
  yield frame('other', { type: 'content_block_start', index: 0, content_block: block });
  yield frame('other', { type: 'ping' });
  for (const share of shares(plan)) {
    const delta = { type: 'text_delta', text: plan.unitText.repeat(share) };
    yield frame('content', { type: 'content_block_delta', index: 0, delta }, share);
  }
  yield frame('other', { type: 'content_block_stop', index: 0 });
  const usage =
    behaviour.usagePlace === 'output-only' ? messagesOutputUsage(plan) : messagesUsage(plan);
  const delta = { stop_reason: stopReason, stop_sequence: null };
  const rest = used.completionTokens - sentBefore(plan);
  yield frame('finish', { type: 'message_delta', delta, usage }, rest);
  if (behaviour.finishTwice === true)
    yield frame('finish', { type: 'message_delta', delta, usage });
  yield frame('done', { type: 'message_stop' });
}

function* responsesFrames(plan: Plan): Generator<Frame> {
  let sequence = 0;
  const frame = (kind: Frame['kind'], type: string, fields: object, tokens = 0): Frame => ({
    kind,
    data: named({ type, sequence_number: sequence++, ...fields }),
    tokens,
  });
  const at = { item_id: `msg_${plan.id}`, output_index: 0, content_index: 0 };
  const text = wholeText(plan);
  const part = { type: 'output_text', text: '', annotations: [] };
  const started = { response: responseObject(plan, 'in_progress') };
  yield frame('start', 'response.created', started, plan.reasoning);
  yield frame('other', 'response.in_progress', started);
  const opened = { output_index: 0, item: responseMessage(plan, undefined) };
  yield frame('other', 'response.output_item.added', opened);
  yield frame('other', 'response.content_part.added', { ...at, part });
  for (const share of shares(plan)) {
    const delta = plan.unitText.repeat(share);
    yield frame('content', 'response.output_text.delta', { ...at, delta, logprobs: [] }, share);
  }
  yield frame('other', 'response.output_text.done', { ...at, text, logprobs: [] });
  yield frame('other', 'response.content_part.done', { ...at, part: { ...part, text } });
  const closed = { output_index: 0, item: responseMessage(plan, text) };
  yield frame('other', 'response.output_item.done', closed);
  const rest = plan.used.completionTokens - sentBefore(plan);
  const response = responseObject(plan, 'completed');
  yield frame('finish', 'response.completed', { response }, rest);
}
