/**
 * A guess at the number of tokens in a text, from its characters alone: no vocabulary, no regular expression,
 * one pass. Made for the hot path, where a real tokenizer would cost a hundred times as much and can be driven
 * into seconds of work by hostile text. Tuned against o200k_base to come out slightly high rather than low.
 */

const LETTER = 1;
const CAPITAL = 2;
const DIGIT = 3;
const SPACE = 4;
const BREAK = 5;
const MARK = 6;
/** From here on a character stands for itself: kind minus SCRIPT is its place in SCRIPTS. */
const SCRIPT = 7;

/** Writing systems as [first, last, tokens per character]; whatever no row names costs OTHER_WEIGHT. */
const SCRIPTS: readonly (readonly [first: number, last: number, weight: number])[] = [
  [0x00c0, 0x024f, 0.4], // accented Latin; it also ends a word, since it ends most tokens
  [0x1e00, 0x1eff, 0.6], // Vietnamese
  [0x0370, 0x03ff, 0.45], // Greek
  [0x0400, 0x052f, 0.28], // Cyrillic
  [0x0530, 0x058f, 0.6], // Armenian
  [0x0590, 0x05ff, 0.5], // Hebrew
  [0x0600, 0x077f, 0.42], // Arabic
  [0x0900, 0x0dff, 0.42], // the scripts of India
  [0x0e00, 0x0eff, 0.5], // Thai and Lao
  [0x10a0, 0x10ff, 0.5], // Georgian
  [0x3000, 0x30ff, 0.75], // Japanese kana and East Asian punctuation
  [0x3400, 0x4dbf, 2], // rare Han
  [0x4e00, 0x9fff, 0.85], // Han
  [0xac00, 0xd7af, 0.75], // Hangul
  [0xd800, 0xdfff, 1.2], // halves of emoji and of rare characters
  [0xff00, 0xffef, 1], // full-width forms
];
const OTHER_WEIGHT = 1.5;

const WEIGHTS = Float64Array.of(...SCRIPTS.map(([, , weight]) => weight), OTHER_WEIGHT);
const KINDS = tableOfKinds();

function tableOfKinds(): Uint8Array {
  const kinds = new Uint8Array(0x10000).fill(SCRIPT + SCRIPTS.length);
  SCRIPTS.forEach(([first, last], place) => {
    kinds.fill(SCRIPT + place, first, last + 1);
  });
  kinds.fill(MARK, 0x21, 0x7f).fill(MARK, 0xa0, 0xc0).fill(MARK, 0x2010, 0x2040);
  kinds.fill(LETTER, 0x61, 0x7b).fill(CAPITAL, 0x41, 0x5b).fill(DIGIT, 0x30, 0x3a);
  kinds
    .fill(SPACE, 0x20, 0x21)
    .fill(SPACE, 0x09, 0x0a)
    .fill(BREAK, 0x0a, 0x0b)
    .fill(BREAK, 0x0d, 0x0e);
  return kinds;
}

/** @returns a guess in tokens, not rounded; 0 for the empty text */
export function weighText(text: string): number {
  const end = text.length;
  let tokens = 0;
  let at = 0;
  while (at < end) {
    const kind = KINDS[text.charCodeAt(at)] ?? 0;
    const start = at++;
    if (kind >= SCRIPT) {
      tokens += WEIGHTS[kind - SCRIPT] ?? OTHER_WEIGHT;
    } else if (kind <= CAPITAL) {
      at = endOfWord(text, start, end);
      tokens += weightOfWord(at - start);
    } else {
      while (at < end && KINDS[text.charCodeAt(at)] === kind) at++;
      tokens += weightOfRun(kind, at - start);
    }
  }
  return tokens;
}

/** A word ends where its letters end, and where a small letter is followed by a capital one, as in camelCase. */
function endOfWord(text: string, start: number, end: number): number {
  let at = start + 1;
  let before = KINDS[text.charCodeAt(start)];
  while (at < end) {
    const kind = KINDS[text.charCodeAt(at)];
    if (kind !== LETTER && (kind !== CAPITAL || before !== CAPITAL)) break;
    before = kind;
    at++;
  }
  return at;
}

/** Everyday words are one token, long ones two or three; what is longer than any word is a blob. */
function weightOfWord(length: number): number {
  if (length <= 7) return 1.05;
  if (length <= 12) return 1.5;
  if (length <= 24) return length / 5;
  return length / 3;
}

function weightOfRun(kind: number, length: number): number {
  switch (kind) {
    case DIGIT:
      return Math.ceil(length / 3);
    case SPACE:
      return length === 1 ? 0 : 1 + length / 64;
    case BREAK:
      // The longest tokens are of sixteen line feeds, or of four returns with their line feeds.
      return Math.ceil(length / 4);
    default:
      return 0.85 + (length - 1) * 0.35;
  }
}
