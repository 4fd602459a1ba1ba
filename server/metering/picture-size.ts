/**
 * How large a picture is that comes within a body, from the few bytes of its head: it is decoded nowhere, and of a body of
 * many megabytes some dozens of letters are read. What a decoder might read in another way has no size here: nobody is to
 * write a small one beside the one that is billed.
 */

export interface Size {
  readonly width: number;
  readonly height: number;
}

const BASE64 = ';base64,';
/** What stands before the data of a data URL is no longer. */
const PREFIX_LETTERS_MAX = 128;
const HEAD_BYTES = 32;
/** Of a photo that tells of its camera, colours and copyright; more are an attempt to be busy with them. */
const SEGMENTS_MAX = 64;
const STRAY = /[^\w+/-]/;

/**
 * @param text a data URL, or base64 alone
 * @returns null for an address of the picture, for a format that is not known, and for what is none
 */
export function sizeOfPicture(text: string): Size | null {
  const start = startOfData(text);
  const head = bytesAt(text, start, 0, HEAD_BYTES);
  const size = pngSize(head) ?? gifSize(head) ?? webpSize(head) ?? jpegSize(text, start, head);
  return size !== null && size.width > 0 && size.height > 0 ? size : null;
}

function startOfData(text: string): number {
  if (!text.startsWith('data:')) return 0;
  const at = text.slice(0, PREFIX_LETTERS_MAX).indexOf(BASE64);
  return at === -1 ? text.length : at + BASE64.length;
}

/** Some bytes of the data: three of them are four letters. */
function bytesAt(text: string, start: number, offset: number, count: number): Buffer {
  const skipped = offset % 3;
  const from = start + ((offset - skipped) / 3) * 4;
  const letters = Math.ceil((skipped + count) / 3) * 4;
  return Buffer.from(text.slice(from, from + letters), 'base64').subarray(skipped, skipped + count);
}

function pngSize(head: Buffer): Size | null {
  if (head.length < 24 || head.toString('latin1', 0, 4) !== '\x89PNG') return null;
  if (head.toString('latin1', 12, 16) !== 'IHDR') return null;
  return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
}

function gifSize(head: Buffer): Size | null {
  if (head.length < 10 || head.toString('latin1', 0, 4) !== 'GIF8') return null;
  return { width: head.readUInt16LE(6), height: head.readUInt16LE(8) };
}

function webpSize(head: Buffer): Size | null {
  if (head.length < 30 || head.toString('latin1', 0, 4) !== 'RIFF') return null;
  if (head.toString('latin1', 8, 12) !== 'WEBP') return null;
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8X':
      return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
    case 'VP8 ':
      return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const bits = head.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    default:
      return null;
  }
}

/** From segment to segment, each of which says how long it is, to the one that begins the picture. */
function jpegSize(text: string, start: number, head: Buffer): Size | null {
  if (head.length < 4 || head.readUInt16BE(0) !== 0xffd8) return null;
  let at = 2;
  for (let segments = 0; segments < SEGMENTS_MAX; segments++) {
    const segment = bytesAt(text, start, at, 9);
    const [first, marker = 0] = segment;
    if (segment.length < 9 || first !== 0xff || !hasLength(marker)) return null;
    if (beginsFrame(marker)) {
      // A letter that decoders pass over moves all that follows it.
      if (STRAY.test(text.slice(start, start + Math.ceil(at / 3) * 4))) return null;
      return { width: segment.readUInt16BE(7), height: segment.readUInt16BE(5) };
    }
    at += 2 + segment.readUInt16BE(2);
  }
  return null;
}

/** Others stand alone, or fill up: what follows them is no length. */
function hasLength(marker: number): boolean {
  return marker >= 0xc0 && marker !== 0xff && !(marker >= 0xd0 && marker <= 0xd9);
}

function beginsFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}
