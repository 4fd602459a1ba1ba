import { sizeOfPicture } from './picture-size.ts';
import {
  type PictureRule,
  type PictureTokens,
  pictureRule,
  pictureTokens,
} from './picture-tokens.ts';
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
  /**
   * For rates: no picture counts for more than a common one. What is reserved too little is corrected when the request
   * is over, while what is refused for its size is refused for ever, and with some models a picture alone is more than a
   * minute's allowance. At most the usual.
   */
  readonly reserved: number;
  /** As it usually is. */
  readonly usual: number;
  /** With the pictures whose size nobody tells as large as a vendor counts any, for holds. At least the usual. */
  readonly most: number;
}

const NOTHING: PromptEstimate = { reserved: 0, usual: 0, most: 0 };

/** A picture of 1024 by 1024 takes 765 to about 1,600 tokens, with most models. */
const COMMON_PICTURE_TOKENS = 1_200;

/**
 * A guess at the prompt tokens of a request, for rate limits and holds: before it leaves, no one can know.
 * Never throws, never waits.
 *
 * @param body the parsed JSON body of any inference request; nothing for what is no object
 * @param deployments names under which a path or an address decides on the model, whatever the body says
 */
export function estimatePrompt(body: unknown, deployments: readonly string[] = []): PromptEstimate {
  if (typeof body !== 'object' || body === null) return NOTHING;
  const tally = new Tally(body, deployments);
  try {
    walkPrompt(body, tally);
  } catch {
    // Parsed JSON cannot throw when read. If something stranger was passed, what was counted so far stands.
  }
  const usual = Math.ceil(tally.tokens) + framingTokens(tally.messages);
  const [reserved, most] = [usual - tally.spared, usual + tally.more];
  return {
    reserved: Math.min(reserved, ESTIMATE_MAX),
    usual: Math.min(usual, ESTIMATE_MAX),
    most: Math.min(most, ESTIMATE_MAX),
  };
}

class Tally {
  tokens = 0;
  messages = 0;
  /** What pictures may take beyond the usual. */
  more = 0;
  /** What pictures take beyond common ones. */
  spared = 0;
  readonly #pictures: PictureReader;

  constructor(body: object, deployments: readonly string[]) {
    this.#pictures = new PictureReader(body, deployments);
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
    this.spared += Math.max(0, usual - COMMON_PICTURE_TOKENS);
  }
}

/** More models than a request may name. */
const MODELS_MAX = 20;
/** No vendor takes more pictures at once. The size of further ones is not looked for. */
const SIZES_MAX = 1_000;
const NO_PICTURE: PictureTokens = { usual: 0, most: 0 };

interface Named {
  readonly model?: unknown;
  readonly models?: unknown;
}

/** Counts the pictures of one body: as its model does, and at most as any other that may answer in its place. */
class PictureReader {
  readonly #body: Named;
  readonly #deployments: readonly string[];
  #rules: readonly PictureRule[] | null = null;
  #read = 0;
  #tokens = 0;

  constructor(body: Named, deployments: readonly string[] = []) {
    this.#body = body;
    this.#deployments = deployments;
  }

  tokensOf({ data, detail }: ShownPicture): PictureTokens {
    // There may be a million of them, and nobody asks how many times too many they are.
    if (this.#tokens >= ESTIMATE_MAX) return NO_PICTURE;
    this.#rules ??= this.#rulesOfModels();
    const isRead = data !== null && this.#read++ < SIZES_MAX;
    const picture = { size: isRead ? sizeOfPicture(data) : null, detail };
    const [own = NO_PICTURE, ...others] = this.#rules.map((rule) => pictureTokens(picture, rule));
    this.#tokens += own.usual;
    return { usual: own.usual, most: Math.max(own.most, ...others.map(({ most }) => most)) };
  }

  /** Each once, as a body may name many models and have many pictures; first that of the model itself. */
  #rulesOfModels(): readonly PictureRule[] {
    const { model, models } = this.#body;
    const others = Array.isArray(models) ? models.slice(0, MODELS_MAX) : [];
    return [...new Set([...this.#deployments, model, ...others].map(pictureRule))];
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
