import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { csvCell, type ExportRow, type Format, textOf } from './export.ts';

async function fileOf(
  format: Format,
  ...pages: readonly (readonly ExportRow[])[]
): Promise<string> {
  async function* given() {
    yield* pages;
  }
  let text = '';
  for await (const part of textOf(format, ['name', 'cost'], given())) text += part;
  return text;
}

describe('T69: a cell of a CSV file', () => {
  for (const start of ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠']) {
    test(`that begins with ${JSON.stringify(start)} is inert`, () => {
      assert.match(csvCell(`${start}cmd|' /C calc'!A0`), /^"?'/);
    });
  }

  test('keeps numbers as they are, negative and exact ones too', () => {
    assert.deepEqual(
      ['-0.000021', '12', -5, 0].map((value) => csvCell(value)),
      ['-0.000021', '12', '-5', '0'],
    );
  });

  test('is quoted where it holds quotes, commas or line ends', () => {
    assert.equal(csvCell('say "a, b"\n'), '"say ""a, b""\n"');
    assert.equal(csvCell('=1,"2"'), `"'=1,""2"""`);
  });
});

describe('a file', () => {
  const rows = [
    { name: 'a', cost: '0.5' },
    { name: 'b,c', cost: null },
  ];

  test('of CSV has a header, CRLF, and empty cells for what is not known', async () => {
    assert.equal(await fileOf('csv', rows), 'name,cost\r\na,0.5\r\n"b,c",\r\n');
    assert.equal(await fileOf('csv'), 'name,cost\r\n');
  });

  test('of JSON is one array over all pages, and an empty one of none', async () => {
    assert.deepEqual(JSON.parse(await fileOf('json', rows, [], rows)), [...rows, ...rows]);
    assert.deepEqual(JSON.parse(await fileOf('json')), []);
  });

  test('of JSON Lines has a document on each line', async () => {
    const lines = (await fileOf('jsonl', rows, rows)).trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      [...rows, ...rows],
    );
  });
});
