/**
 * How many tokens a picture in a prompt takes, by the rules that vendors publish for their models, as of November 2026. The
 * models of others are taken for some of the finest, as most of them count in much the same way.
 */
import type { Size } from './picture-size.ts';

export interface Picture {
  /** Null where it is not told: of a picture that only an address is given of. */
  readonly size: Size | null;
  /** `low`, `high`, `original`; anything else is what a vendor does unasked. */
  readonly detail: unknown;
}

export interface PictureTokens {
  /** Of a picture whose size is not known: as of a common one. */
  readonly usual: number;
  /** Of such a one: as of the largest that is not scaled down. The same otherwise. */
  readonly most: number;
}

/** Larger pictures are scaled down to this. */
interface Bound {
  readonly patches: number;
  readonly edge: number;
}

interface Bounds {
  readonly high: Bound;
  readonly original: Bound;
  /** Where no detail is asked for. */
  readonly unasked: Bound;
}

interface Patches extends Bounds {
  readonly by: 'patch';
  readonly side: number;
  /** Tokens for a thousand patches. */
  readonly perMille: number;
}

export type PictureRule =
  /** Scaled down to 2048 by 2048 and to 768 on the shorter side, then counted in squares of 512. */
  | { readonly by: 'tile'; readonly base: number; readonly tile: number }
  | Patches
  | { readonly by: 'piece'; readonly tokens: number };

const COMMON: Size = { width: 1_024, height: 1_024 };
/** A photo of twelve megapixels, where nothing is scaled down. */
const LARGE: Size = { width: 4_032, height: 3_024 };
const LOW_DETAIL_PATCHES = 256;
const NO_BOUND: Bound = { patches: Number.POSITIVE_INFINITY, edge: Number.POSITIVE_INFINITY };

const tiles = (base: number, tile: number): PictureRule => ({ by: 'tile', base, tile });

/** @param of by the detail that is asked for, or one for whichever it is */
function patches(side: number, perMille: number, of: Bound | Bounds): PictureRule {
  const bounds = 'patches' in of ? { high: of, original: of, unasked: of } : of;
  return { by: 'patch', side, perMille, ...bounds };
}

const SMALL: Bound = { patches: 1_536, edge: 2_048 };
const HIGH: Bound = { patches: 2_500, edge: 2_048 };
const ORIGINAL: Bound = { patches: 10_000, edge: 6_000 };

/** By the name of the model, in small letters, without what stands before a slash or says that it was tuned, and `-` for `.`; the first that fits. */
const RULES: readonly (readonly [model: RegExp, rule: PictureRule])[] = [
  [/^gpt-4o-mini/, tiles(2_833, 5_667)],
  [/^gpt-(?:4-1|5(?:-\d)?)(?:-codex)?-mini/, patches(32, 1_620, SMALL)],
  [/^gpt-(?:4-1|5(?:-\d)?)-nano/, patches(32, 2_460, SMALL)],
  [/^o4-mini/, patches(32, 1_720, SMALL)],
  [/^(?:chatgpt|gpt)-4/, tiles(85, 170)],
  [/^o[13]/, tiles(75, 150)],
  [/^computer-use/, tiles(65, 129)],
  [/^gpt-5-[23](?!\d)/, patches(32, 1_200, SMALL)],
  [/^gpt-5-4/, patches(32, 1_200, { high: HIGH, original: ORIGINAL, unasked: HIGH })],
  [/^gpt-5-5/, patches(32, 1_200, { high: HIGH, original: ORIGINAL, unasked: ORIGINAL })],
  [
    /^gpt-(?:5-[6-9]|[6-9])/,
    patches(32, 1_200, { high: HIGH, original: NO_BOUND, unasked: NO_BOUND }),
  ],
  [/^gpt-5/, tiles(70, 140)],
  [
    /^claude-(?:[23]|(?:opus|sonnet|haiku)-(?:3|4(?!-[78])))/,
    patches(28, 1_000, { patches: 1_568, edge: 1_568 }),
  ],
  [/^claude/, patches(28, 1_000, { patches: 4_784, edge: 2_576 })],
  // Whatever their size: of the older ones in up to six parts of 258.
  [/^gemini/, { by: 'piece', tokens: 1_600 }],
  // Six parts of 256 and the whole once more.
  [/^grok/, { by: 'piece', tokens: 1_792 }],
];

const OTHERS = patches(28, 1_000, { patches: 4_096, edge: Number.POSITIVE_INFINITY });

/** By which a model of this name counts; without one it is as with a model that is not known. */
export function pictureRule(model: unknown): PictureRule {
  const name = typeof model === 'string' ? plain(model) : '';
  return RULES.find(([models]) => models.test(name))?.[1] ?? OTHERS;
}

/** The tokens of a picture. */
export function pictureTokens({ size, detail }: Picture, rule: PictureRule): PictureTokens {
  if (size !== null) {
    const tokens = tokensBy(rule, size, detail);
    return { usual: tokens, most: tokens };
  }
  return { usual: tokensBy(rule, COMMON, detail), most: mostBy(rule, detail) };
}

/** No name of a model is longer. */
const NAME_LETTERS_MAX = 200;
/** What stands before the name of a model that was made of it. */
const TUNED = /^ft:/;

function plain(model: string): string {
  const name = model.slice(0, NAME_LETTERS_MAX).toLowerCase().replace(TUNED, '');
  return name.slice(name.lastIndexOf('/') + 1).replaceAll('.', '-');
}

function tokensBy(rule: PictureRule, { width, height }: Size, detail: unknown): number {
  switch (rule.by) {
    case 'piece':
      return rule.tokens;
    case 'tile': {
      if (detail === 'low') return rule.base;
      const fit = Math.min(1, 2_048 / Math.max(width, height));
      const scale = Math.min(fit, 768 / Math.min(width, height));
      return rule.base + rule.tile * covering(width * scale, 512) * covering(height * scale, 512);
    }
    case 'patch': {
      const { patches: most, edge } = boundOf(rule, detail);
      const scale = Math.min(1, edge / Math.max(width, height));
      const count = covering(width * scale, rule.side) * covering(height * scale, rule.side);
      return Math.ceil((Math.min(count, most) * rule.perMille) / 1_000);
    }
  }
}

function boundOf(rule: Patches, detail: unknown): Bound {
  if (detail === 'low') return { ...rule.high, patches: LOW_DETAIL_PATCHES };
  if (detail === 'high') return rule.high;
  return detail === 'original' ? rule.original : rule.unasked;
}

/** So many sides of a square cover a length; what a division leaves over by a hair is none. */
function covering(length: number, side: number): number {
  return Math.ceil(length / side - 1e-9);
}

function mostBy(rule: PictureRule, detail: unknown): number {
  // A picture that is four times as long as wide is cut into the most tiles.
  if (rule.by === 'tile') return tokensBy(rule, { width: 2_048, height: 768 }, detail);
  if (rule.by === 'piece') return rule.tokens;
  const { patches: most } = boundOf(rule, detail);
  if (most === Number.POSITIVE_INFINITY) return tokensBy(rule, LARGE, detail);
  return Math.ceil((most * rule.perMille) / 1_000);
}
