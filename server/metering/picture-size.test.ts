import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sizeOfPicture } from './picture-size.ts';

const base64 = (...parts: readonly (Buffer | readonly number[])[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part))).toString('base64');
const zeros = (length: number) => Buffer.alloc(length);
const latin = (text: string) => Buffer.from(text, 'latin1');

/** A segment of a photo with so many bytes in it, which may look like the beginning of a picture. */
const segment = (marker: number, length: number) => {
  const bytes = Buffer.alloc(2 + length, 0xc0);
  bytes.writeUInt8(0xff, 0);
  bytes.writeUInt8(marker, 1);
  bytes.writeUInt16BE(length, 2);
  return bytes;
};
const frame = [0xff, 0xc2, 0, 17, 8, 0x0b, 0xd0, 0x0f, 0xc0, 3];

const PICTURES: readonly (readonly [name: string, data: string])[] = [
  [
    'PNG',
    base64(
      [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10],
      [0, 0, 0, 13],
      latin('IHDR'),
      [0, 0, 0x0f, 0xc0, 0, 0, 0x0b, 0xd0],
      zeros(9),
    ),
  ],
  ['GIF', base64(latin('GIF89a'), [0xc0, 0x0f, 0xd0, 0x0b], zeros(9))],
  [
    'WebP with more than a picture in it',
    base64(latin('RIFF....WEBPVP8X'), zeros(8), [0xbf, 0x0f, 0, 0xcf, 0x0b, 0], zeros(9)),
  ],
  ['WebP', base64(latin('RIFF....WEBPVP8 '), zeros(10), [0xc0, 0x0f, 0xd0, 0x0b], zeros(9))],
  [
    'WebP without a loss',
    base64(latin('RIFF....WEBPVP8L'), zeros(4), [0x2f, 0xbf, 0xcf, 0xf3, 0x02], zeros(9)),
  ],
  ['JPEG', base64([0xff, 0xd8], segment(0xe0, 16), segment(0xc4, 30), frame, zeros(9))],
  [
    'JPEG of a camera, with a small picture in its head',
    base64(
      [0xff, 0xd8],
      segment(0xe1, 40_001),
      segment(0xe2, 65_535),
      segment(0xdb, 67),
      frame,
      zeros(9),
    ),
  ],
];

for (const [name, data] of PICTURES) {
  test(`the size of a ${name} is read from its head`, () => {
    const size = { width: 4_032, height: 3_024 };
    assert.deepEqual(sizeOfPicture(data), size);
    assert.deepEqual(sizeOfPicture(`data:image/x;charset=x;base64,${data}`), size);
  });
}

test('what is no picture, or breaks off before it says its size, has none', () => {
  for (const [name, data] of PICTURES) {
    const [cut] = [data.slice(0, 8)];
    assert.equal(sizeOfPicture(cut), null, name);
  }
  const endless = base64(
    [0xff, 0xd8],
    ...Array.from({ length: 100 }, () => segment(0xe0, 16)),
    frame,
  );
  for (const text of [
    '',
    'https://x.example/a.png',
    'data:image/png,plain',
    'data:;base64,',
    endless,
  ]) {
    assert.equal(sizeOfPicture(text), null, text.slice(0, 40));
  }
  assert.equal(sizeOfPicture(base64(latin('GIF89a'), zeros(20))), null);
});

test('a small size that stands beside the one that decoders read is not believed', () => {
  const small = [0, 0, 0, 1, 0, 0, 0, 1];
  const png = [latin('IHDR'), small, zeros(9)];
  const tiny = [0xff, 0xc2, 0, 17, 8, 0, 1, 0, 1, 3];
  // What a decoder takes for a filling byte, or for a marker that stands alone, is the length of a segment to others.
  const astray = (filling: readonly number[], length: number) => {
    const before = Buffer.from([0xff, 0xd8, ...filling, 0xff, 0xe1, 0, 200]);
    return base64(before, zeros(4 + length - before.length), tiny, zeros(9));
  };
  // In place of four letters, so that what follows seems to stand where it did.
  const photo = base64([0xff, 0xd8], segment(0xe1, 600), frame, zeros(9));
  const moved = `${photo.slice(0, 100)}\n\n\n\n${photo.slice(104)}`;
  for (const [name, data] of [
    [
      'a photo with the head of a PNG in it',
      base64([0xff, 0xd8, 0xff, 0xe1, 0, 60, 0, 0, 0, 0, 0, 0], ...png),
    ],
    ['no WebP', base64(latin('none....WEBPVP8X'), zeros(16))],
    ['a photo with a byte that fills', astray([0xff], 0xe100)],
    ['a photo with a marker that stands alone', astray([0xff, 0xd0], 0xffe1)],
    ['a photo with letters between that are no data', moved],
  ] as const) {
    assert.equal(sizeOfPicture(data), null, name);
  }
});

test('nothing that is written in its place makes the reading throw', () => {
  const data = fc.oneof(
    fc.string(),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('base64')),
    fc
      .uint8Array({ maxLength: 200 })
      .map((bytes) => base64([0xff, 0xd8, 0xff], Buffer.from(bytes))),
  );
  fc.assert(
    fc.property(data, (text) => {
      const size = sizeOfPicture(text);
      assert.ok(size === null || (size.width > 0 && size.height > 0));
    }),
  );
});
