/** What is done to the bytes of an answer on their way out: other line ends, other chunks, an early end. */
import type { Behaviour } from './behaviour.ts';
import { errorFrame, type Frame } from './frames.ts';
import { withOddBytes } from './plain.ts';
import type { Plan } from './plan.ts';

/** One write. */
export interface Piece {
  readonly data: string | Buffer;
  /** Output tokens whose event is complete with this write. */
  readonly tokens: number;
  readonly kind?: Frame['kind'];
}

/** How the bytes end; known once the last piece was taken. */
export interface Ending {
  /** `end` is a proper end of the HTTP body, `stall` none at all. */
  how: 'end' | 'close' | 'reset' | 'stall';
  /** The answer is not whole, by the provider's fault. */
  failed: boolean;
}

export interface Shaped {
  readonly pieces: Iterator<Piece>;
  readonly ending: Ending;
}

const SHAPING: readonly (keyof Behaviour)[] = [
  'comments',
  'lineEnd',
  'chunking',
  'tail',
  'cut',
  'stallAfter',
  'errorAfter',
  'oddBytes',
];

export function shape(source: Iterable<Piece>, plan: Plan): Shaped {
  const { behaviour } = plan;
  const ending: Ending = { how: 'end', failed: false };
  if (!SHAPING.some((word) => behaviour[word] !== undefined)) {
    return { pieces: source[Symbol.iterator](), ending };
  }
  let pieces = source;
  if (behaviour.comments === true) pieces = withComments(pieces);
  if (behaviour.tail !== undefined) pieces = withTail(pieces, behaviour.tail, ending);
  if (behaviour.errorAfter !== undefined) pieces = withError(pieces, plan, ending);
  if (behaviour.stallAfter !== undefined) pieces = stalled(pieces, behaviour.stallAfter, ending);
  pieces = rewritten(pieces, behaviour);
  if (behaviour.cut !== undefined) pieces = cut(pieces, plan, ending);
  if (behaviour.chunking === 'byte') pieces = byteByByte(pieces);
  if (behaviour.chunking === 'random') pieces = randomly(pieces, behaviour.seed ?? 1);
  return { pieces: pieces[Symbol.iterator](), ending };
}

function* withComments(pieces: Iterable<Piece>): Generator<Piece> {
  for (const piece of pieces) {
    if (piece.kind === 'content') yield { kind: 'comment', data: ': keep-alive\n\n', tokens: 0 };
    yield piece;
  }
}

function* withTail(
  pieces: Iterable<Piece>,
  tail: NonNullable<Behaviour['tail']>,
  ending: Ending,
): Generator<Piece> {
  if (tail === 'no-finish') ending.failed = true;
  const left =
    tail === 'no-finish' ? ['finish', 'usage', 'done'] : tail === 'no-done' ? ['done'] : [];
  let held: Piece | undefined;
  for (const piece of pieces) {
    if (piece.kind !== undefined && left.includes(piece.kind)) continue;
    if (held !== undefined) yield held;
    held = piece;
  }
  if (held === undefined) return;
  const data = tail === 'no-blank-line' ? held.data.toString().trimEnd() : held.data;
  yield { ...held, data };
}

function* withError(pieces: Iterable<Piece>, plan: Plan, ending: Ending): Generator<Piece> {
  yield* firstContents(pieces, plan.behaviour.errorAfter ?? 0);
  ending.failed = true;
  yield errorFrame(plan);
}

function* stalled(pieces: Iterable<Piece>, after: number, ending: Ending): Generator<Piece> {
  yield* firstContents(pieces, after);
  ending.how = 'stall';
}

/** Everything up to and with the content event of that number. */
function* firstContents(pieces: Iterable<Piece>, count: number): Generator<Piece> {
  let left = count;
  for (const piece of pieces) {
    if (piece.kind === 'content' && left-- <= 0) return;
    yield piece;
  }
}

function* rewritten(pieces: Iterable<Piece>, behaviour: Behaviour): Generator<Piece> {
  const { lineEnd, oddBytes } = behaviour;
  let first = true;
  for (const piece of pieces) {
    let data = piece.data;
    if (lineEnd !== undefined && lineEnd !== 'lf') {
      data = data.toString().replaceAll('\n', lineEnd === 'crlf' ? '\r\n' : '\r');
    }
    if (oddBytes === 'nul') data = `\0\n${data}`;
    else if (oddBytes === 'invalid-utf8' || (oddBytes === 'bom' && first)) {
      data = withOddBytes(data.toString(), oddBytes);
    }
    first = false;
    yield { ...piece, data };
  }
}

function* cut(pieces: Iterable<Piece>, plan: Plan, ending: Ending): Generator<Piece> {
  const find = cutFinder(plan);
  for (const piece of pieces) {
    const bytes = Buffer.from(piece.data);
    const at = find(bytes, piece.kind === 'content');
    if (at !== undefined) {
      ending.how = plan.behaviour.cut ?? 'end';
      ending.failed = true;
      if (at > 0) yield { data: bytes.subarray(0, at), tokens: 0 };
      return;
    }
    yield { ...piece, data: bytes };
  }
}

/** Says at which byte of this piece to cut, or undefined to let it pass. */
function cutFinder(plan: Plan): (bytes: Buffer, content: boolean) => number | undefined {
  const { cutAt = 'mid-line', chunks = plan.visible } = plan.behaviour;
  if (typeof cutAt === 'number') {
    let left = cutAt;
    return (bytes) => {
      if (left < bytes.length) return left;
      left -= bytes.length;
      return undefined;
    };
  }
  if (cutAt === 'mid-utf8') {
    return (bytes) => {
      const lead = bytes.findIndex((byte) => byte >= 0xc2);
      return lead < 0 ? undefined : lead + 1;
    };
  }
  let whole = plan.seen.streamed && chunks > 1 ? 1 : 0;
  return (bytes, content) => (content && whole-- <= 0 ? bytes.length >> 1 : undefined);
}

function* byteByByte(pieces: Iterable<Piece>): Generator<Piece> {
  for (const { data, tokens } of pieces) {
    const bytes = Buffer.from(data);
    for (let at = 0; at < bytes.length; at++) {
      yield { data: bytes.subarray(at, at + 1), tokens: at === bytes.length - 1 ? tokens : 0 };
    }
  }
}

/** Writes of 1 to 400 bytes whose borders ignore those of the events. */
function* randomly(pieces: Iterable<Piece>, seed: number): Generator<Piece> {
  const random = randomNumbers(seed);
  let held: Buffer = Buffer.alloc(0);
  let marks: { left: number; tokens: number }[] = [];
  const take = (size: number): Piece => {
    const data = held.subarray(0, size);
    held = held.subarray(size);
    let tokens = 0;
    for (const mark of marks) {
      mark.left -= size;
      if (mark.left <= 0) tokens += mark.tokens;
    }
    marks = marks.filter((mark) => mark.left > 0);
    return { data, tokens };
  };
  let size = 1 + Math.floor(random() * 400);
  for (const { data, tokens } of pieces) {
    held = Buffer.concat([held, Buffer.from(data)]);
    marks.push({ left: held.length, tokens });
    while (held.length > size) {
      yield take(size);
      size = 1 + Math.floor(random() * 400);
    }
  }
  if (held.length > 0) yield take(held.length);
}

/** The generator "mulberry32": small, seeded, the same everywhere. */
function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
