import { sizeOfPicture } from './picture-size.ts';
import { type PictureTokens, pictureTokens } from './picture-tokens.ts';
import { type ShownPicture, walkPrompt } from './prompt-walk.ts';
import { weighText } from './text-weight.ts';

/** Framing that chat formats put around every message, and before the answer. */
const TOKENS_PER_MESSAGE = 3;
const TOKENS_BEFORE_ANSWER = 3;

/** No model reads more; a body that seems to is an attempt to overflow something. */
const ESTIMATE_MAX = 10_000_000;

/**
 * A guess at the tokens of a text, in about a nanosecond or two per character. Slightly high for natural
 * language and code (usually 0 to 40 %); gibberish and undeclared base64 can be guessed far too low.
 *
 * @returns an integer from 0 to 10 million
 */
export function estimateText(text: string): number {
  return Math.min(Math.ceil(weighText(text)), ESTIMATE_MAX);
}

/** What a prompt may take: integers from 0 to 10 million. */
export interface PromptEstimate {
  /** As it usually is, for rates. */
  readonly usual: number;
  /** With the pictures whose size nobody tells as large as a vendor counts any, for holds. At least the usual. */
  readonly most: number;
}

const NOTHING: PromptEstimate = { usual: 0, most: 0 };

/**
 * A guess at the prompt tokens of a request, for rate limits and holds: before it leaves, no one can know.
 * Never throws, never waits.
 *
 * @param body the parsed JSON body of any inference request; nothing for what is no object
 */
export function estimatePrompt(body: unknown): PromptEstimate {
  if (typeof body !== 'object' || body === null) return NOTHING;
  const tally = new Tally(body);
  try {
    walkPrompt(body, tally);
  } catch {
    // Parsed JSON cannot throw when read. If something stranger was passed, what was counted so far stands.
  }
  const usual = Math.ceil(tally.tokens) + framingTokens(tally.messages);
  const most = usual + tally.more;
  return { usual: Math.min(usual, ESTIMATE_MAX), most: Math.min(most, ESTIMATE_MAX) };
}

class Tally {
  tokens = 0;
  messages = 0;
  /** What pictures may take beyond the usual. */
  more = 0;
  readonly #pictures: PictureReader;

  constructor(body: object) {
    this.#pictures = new PictureReader(body);
  }

  text(text: string): void {
    this.tokens += weighText(text);
  }

  message(): void {
    this.messages++;
  }

  extra(tokens: number): void {
    this.tokens += tokens;
  }

  picture(picture: ShownPicture): void {
    const { usual, most } = this.#pictures.tokensOf(picture);
    this.tokens += usual;
    this.more += most - usual;
  }
}

/** More models than a request may name. */
const MODELS_MAX = 20;
/** No vendor takes more pictures at once. The size of further ones is not looked for. */
const SIZES_MAX = 1_000;

/** Counts the pictures of one body: as its model does, and at most as any of those to fall back to. */
class PictureReader {
  readonly #model: unknown;
  readonly #others: readonly unknown[];
  #read = 0;

  constructor(body: { readonly model?: unknown; readonly models?: unknown }) {
    this.#model = body.model;
    this.#others = Array.isArray(body.models) ? body.models.slice(0, MODELS_MAX) : [];
  }

  tokensOf({ data, detail }: ShownPicture): PictureTokens {
    const isRead = data !== null && this.#read++ < SIZES_MAX;
    const picture = { size: isRead ? sizeOfPicture(data) : null, detail };
    const { usual, most } = pictureTokens(picture, this.#model);
    const others = this.#others.map((model) => pictureTokens(picture, model).most);
    return { usual, most: Math.max(most, ...others) };
  }
}

/** A prompt taken apart for an exact count. */
export interface PromptText {
  /** Every text that the model reads. */
  readonly texts: readonly string[];
  readonly messages: number;
  /** Tokens of what is not text, partly guessed. */
  readonly extras: number;
}

/** Takes a request body apart by the same reading as {@link estimatePrompt}. */
export function promptText(body: unknown): PromptText {
  const texts: string[] = [];
  let messages = 0;
  let extras = 0;
  const pictures = new PictureReader(Object(body));
  walkPrompt(body, {
    text: (text) => texts.push(text),
    message: () => messages++,
    extra: (tokens) => {
      extras += tokens;
    },
    picture: (picture) => {
      extras += pictures.tokensOf(picture).usual;
    },
  });
  return { texts, messages, extras };
}

/** What the framing of a conversation costs; a prompt without messages has none. */
export function framingTokens(messages: number): number {
  return messages === 0 ? 0 : messages * TOKENS_PER_MESSAGE + TOKENS_BEFORE_ANSWER;
}
