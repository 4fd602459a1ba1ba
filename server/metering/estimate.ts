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

/**
 * A guess at the prompt tokens of a request, for rate limits and holds: before it leaves, no one can know.
 * Never throws, never waits.
 *
 * @param body the parsed JSON body of any inference request; 0 for what is no object
 * @returns an integer from 0 to 10 million
 */
export function estimatePrompt(body: unknown): number {
  if (typeof body !== 'object' || body === null) return 0;
  const tally = new Tally();
  try {
    walkPrompt(body, tally);
  } catch {
    // Parsed JSON cannot throw when read. If something stranger was passed, what was counted so far stands.
  }
  return Math.min(Math.ceil(tally.tokens) + framingTokens(tally.messages), ESTIMATE_MAX);
}

class Tally {
  tokens = 0;
  messages = 0;

  text(text: string): void {
    this.tokens += weighText(text);
  }

  message(): void {
    this.messages++;
  }

  extra(tokens: number): void {
    this.tokens += tokens;
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
  walkPrompt(body, {
    text: (text) => texts.push(text),
    message: () => messages++,
    extra: (tokens) => {
      extras += tokens;
    },
  });
  return { texts, messages, extras };
}

/** What the framing of a conversation costs; a prompt without messages has none. */
export function framingTokens(messages: number): number {
  return messages === 0 ? 0 : messages * TOKENS_PER_MESSAGE + TOKENS_BEFORE_ANSWER;
}
