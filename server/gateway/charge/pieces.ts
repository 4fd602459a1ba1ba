/** Pictures, seconds and characters: what is metered by cost is billed by the piece, or by tokens that pieces take. */
import type { BilledUnit } from '../../../contract/usage.ts';
import type { JsonObject } from '../../providers/providers.ts';
import { type Answer, servedText } from '../answer/answer.ts';
import type { WholeBody } from '../answer/answer-body.ts';
import type { Plan } from '../request/plan.ts';
import { numberIn } from '../request/request-body.ts';

/**
 * The pieces that a metered-by-cost answer is billed by, where they can be counted here.
 *
 * @param streamed pictures that came in a stream
 */
export function countUnits(
  plan: Plan,
  answer: JsonObject | null,
  streamed = 0,
): Partial<Record<BilledUnit, number>> {
  const { wire, parsed, endpoint } = plan;
  if (wire === 'images') {
    // A bare picture says nothing of their number, nor does a stream of which none is known by its name.
    if (answer === null) return { image: streamed > 0 ? streamed : picturesOf(plan.pictures) };
    const images = answer['data'];
    return { image: Array.isArray(images) ? images.length : 0 };
  }
  if (wire === 'moderations' || wire === 'rerank') return { request: 1 };
  const input = wire === 'audio' && isSpeech(endpoint) ? parsed?.['input'] : null;
  // A character outside the basic plane is one, not two.
  return typeof input === 'string' ? { character: [...input].length } : {};
}

/** Of the paths about audio: is it the one that speaks, at whatever deployment? */
function isSpeech(endpoint: string): boolean {
  return /audio\/speech$/i.test(endpoint);
}

/** So many pictures a provider makes at once, as far as is known: held where it cannot be told how many are asked for. */
const PICTURES_AT_ONCE = 10;
/** Nobody makes more; a larger figure is the provider's to refuse, and money could not count it. */
const PICTURES_MAX = 1_000_000;

/** How many pictures a request asks for, or may bring where that cannot be told. */
export function picturesOf(asked: unknown): number {
  const count = Math.ceil(numberIn(asked ?? 1));
  return Number.isNaN(count) ? PICTURES_AT_ONCE : Math.min(Math.max(1, count), PICTURES_MAX);
}

/** A second of recorded speech takes at least so many bytes; it bounds what a recording can cost. */
const BYTES_PER_SECOND_MIN = 1_000;

/** Held where a request lets a model search the web and sets no limit; few answers take more. */
const SEARCHES_UNBOUNDED = 10;
const SEARCHES_MAX = 1_000;

/** How often a model may search the web for its answer, where searches are billed. */
function searchesOf({ wire, parsed }: Plan): number {
  const tools: unknown = wire === 'messages' || wire === 'responses' ? parsed?.['tools'] : null;
  let searches = 0;
  for (const tool of Array.isArray(tools) ? (tools as (JsonObject | null)[]) : []) {
    const type = tool?.['type'];
    if (typeof type !== 'string' || !type.startsWith('web_search')) continue;
    // One dialect bounds the tool, the other all tools that the provider runs.
    const limit = wire === 'messages' ? tool?.['max_uses'] : parsed?.['max_tool_calls'];
    searches += typeof limit === 'number' && limit > 0 ? Math.ceil(limit) : SEARCHES_UNBOUNDED;
  }
  return Math.min(searches, SEARCHES_MAX);
}

/** The most pieces that the answer to a request can be billed by. */
export function expectedUnits(plan: Plan): Partial<Record<BilledUnit, number>> {
  const { wire, body, endpoint } = plan;
  if (wire === 'audio' && !isSpeech(endpoint) && Buffer.isBuffer(body)) {
    return { second: Math.ceil(body.length / BYTES_PER_SECOND_MIN) };
  }
  const searches = searchesOf(plan);
  return searches > 0 ? { web_search: searches } : countUnits(plan, null);
}

/** What pieces may take where a model bills them by tokens. */
export interface PieceTokens {
  readonly input: number;
  readonly output: number;
}

/** The most that a picture takes, by the quality that is asked for; the dearest where none is, or it cannot be told. */
const PICTURE_TOKENS: ReadonlyMap<unknown, number> = new Map([
  ['low', 408],
  ['medium', 1_584],
]);
const PICTURE_TOKENS_MAX = 6_240;
/** Of each picture that is to be worked on, at most: as finely as a model looks at one, and cut into parts. */
const GIVEN_TOKENS = 6_821;
/** More are taken by nobody. */
const GIVEN_MAX = 16;
/** Of each picture that a stream shows before it is done, of which there are few. */
const PREVIEW_TOKENS = 100;
const PREVIEWS_MAX = 3;
/** Of sound: what is heard, what is written down of it, and what is spoken. */
const HEARD_TOKENS_PER_SECOND = 17;
const WRITTEN_TOKENS_PER_SECOND = 5;
const SPOKEN_TOKENS_PER_CHARACTER = 1.5;
const NO_TOKENS: PieceTokens = { input: 0, output: 0 };

/** The most tokens of pictures and sound that a request can be billed, besides those of its text. */
export function expectedTokens(plan: Plan): PieceTokens {
  const { image, second, character = 0 } = expectedUnits(plan);
  if (image !== undefined) return pictureTokens(plan, image);
  if (second !== undefined) {
    const output = second * WRITTEN_TOKENS_PER_SECOND;
    return { input: second * HEARD_TOKENS_PER_SECOND, output };
  }
  if (character === 0) return NO_TOKENS;
  return { input: 0, output: Math.ceil(character * SPOKEN_TOKENS_PER_CHARACTER) };
}

function pictureTokens(plan: Plan, pictures: number): PieceTokens {
  const { parsed, streamed } = plan;
  const each = PICTURE_TOKENS.get(parsed?.['quality']) ?? PICTURE_TOKENS_MAX;
  // How many a form asks for is not read.
  const asked = parsed === null && streamed ? PREVIEWS_MAX : (parsed?.['partial_images'] ?? 0);
  const previews = Math.min(Math.max(0, numberIn(asked)), PREVIEWS_MAX);
  const output =
    pictures * (each + (Number.isNaN(previews) ? PREVIEWS_MAX : previews) * PREVIEW_TOKENS);
  return { input: givenIn(plan) * GIVEN_TOKENS, output: Math.ceil(output) };
}

/** How many pictures come along, which the model reads. */
function givenIn({ parsed, given }: Plan): number {
  if (parsed === null) return Math.min(given ?? GIVEN_MAX, GIVEN_MAX);
  const { images, image = images } = parsed;
  if (Array.isArray(image)) return Math.min(image.length, GIVEN_MAX);
  return typeof image === 'string' || (typeof image === 'object' && image !== null) ? 1 : 0;
}

/** The times that subtitles are written with: `00:01:02,345` or `01:02.345`. */
const SUBTITLE_TIME = /(?:(\d+):)?(\d\d):(\d\d)[.,]\d{3}/g;
/** At so many bytes of text a second people speak, in most languages. */
const SPOKEN_BYTES_PER_SECOND = 15;

/** How long a recording was, by what was heard in it: a guess for an answer that does not say. At least a second. */
export function spokenSeconds({ json }: Pick<Answer, 'json'>, { text }: WholeBody): number {
  if (json !== null) return secondsOf(Buffer.byteLength(servedText(json)));
  const last = [...text.matchAll(SUBTITLE_TIME)].at(-1);
  if (last === undefined) return secondsOf(text.length);
  const [, hours = '0', minutes = '0', seconds = '0'] = last;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) + 1;
}

function secondsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / SPOKEN_BYTES_PER_SECOND));
}
