import { type Picture, type PictureTokens, pictureTokens } from './picture-tokens.ts';
import { walkPrompt } from './prompt-walk.ts';
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
  readonly #body: object;

  constructor(body: object) {
    this.#body = body;
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

  picture(picture: Picture): void {
    const { usual, most } = tokensOf(picture, this.#body);
    this.tokens += usual;
    this.more += most - usual;
  }
}

/** With the model that is asked for, and at most with any of those to fall back to. */
function tokensOf(picture: Picture, body: { model?: unknown; models?: unknown }): PictureTokens {
  const { usual, most } = pictureTokens(picture, body.model);
  if (!Array.isArray(body.models)) return { usual, most };
  const others = body.models.slice(0, MODELS_MAX);
  return { usual, most: Math.max(most, ...others.map((one) => pictureTokens(picture, one).most)) };
}

/** More models than a request may name. */
const MODELS_MAX = 20;

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
  walkPrompt(body, {
    text: (text) => texts.push(text),
    message: () => messages++,
    extra: (tokens) => {
      extras += tokens;
    },
    picture: (picture) => {
      extras += tokensOf(picture, Object(body)).usual;
    },
  });
  return { texts, messages, extras };
}

/** What the framing of a conversation costs; a prompt without messages has none. */
export function framingTokens(messages: number): number {
  return messages === 0 ? 0 : messages * TOKENS_PER_MESSAGE + TOKENS_BEFORE_ANSWER;
}
