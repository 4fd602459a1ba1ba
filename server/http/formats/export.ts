/** Long lists: every row of a filter as a file, or a list within a document, written as it is read, never held whole. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { FORMATS } from '../../../contract/api/fields.ts';

export type Format = (typeof FORMATS)[number];

/** A cell is text or a number; null is an empty cell, which is not a zero. */
export type ExportRow = Readonly<Record<string, string | number | boolean | null>>;

const TYPES: Readonly<Record<Format, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json; charset=utf-8',
  jsonl: 'application/jsonl; charset=utf-8',
};

/**
 * What a handler returns whose answer is written as it is read. A route's type knows the documents of its schema, and this is
 * none of them.
 */
type Streamed = never;

/**
 * Answers with all rows as a file. A reader that is slower than the database holds the reading up; if the reading
 * fails half-way, the connection breaks, so that half a file is not taken for a whole one.
 *
 * @param pages rows in portions, in their order
 */
export function sendExport(
  reply: FastifyReply,
  format: Format,
  file: {
    readonly name: string;
    readonly columns: readonly string[];
    readonly pages: AsyncIterable<readonly ExportRow[]>;
  },
): Streamed {
  reply.header('content-type', TYPES[format]);
  reply.header('content-disposition', `attachment; filename="${file.name}.${format}"`);
  return streamed(textOf(format, file.columns, file.pages));
}

/**
 * Answers with a JSON object that has one long list: at once it would take the time of many requests to check and to write.
 *
 * @param head the rest of the object, which must not be empty
 */
export function sendDocument(
  reply: FastifyReply,
  head: object,
  list: { readonly name: string; readonly pages: AsyncIterable<readonly ExportRow[]> },
): Streamed {
  reply.header('content-type', TYPES.json);
  return streamed(documentOf(head, list));
}

function streamed(text: AsyncGenerator<string>): Streamed {
  return Readable.from(text, { highWaterMark: 1 }) as Streamed;
}

async function* documentOf(
  head: object,
  { name, pages }: { readonly name: string; readonly pages: AsyncIterable<readonly ExportRow[]> },
): AsyncGenerator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},${JSON.stringify(name)}:`;
  yield* textOf('json', [], pages);
  yield '}';
}

/** So many rows are made at a time: a few milliseconds of work, between which others have their turns. */
const PORTION = 500;

/** For what is at hand as a whole. */
export async function* inPortions<Item>(
  items: readonly Item[],
  rowOf: (item: Item) => ExportRow,
): AsyncGenerator<readonly ExportRow[]> {
  for (let from = 0; from < items.length; from += PORTION) {
    yield items.slice(from, from + PORTION).map(rowOf);
    // A connection that takes all at once would have us go on in one turn of the event loop.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/**
 * For what is read page by page, some ten milliseconds of work each.
 *
 * @param read a page and where the next one begins; null: this was the last
 */
export async function* pageByPage<Cursor>(
  read: (
    from: Cursor | null,
    limit: number,
  ) => Promise<{ readonly rows: readonly ExportRow[]; readonly next: Cursor | null }>,
): AsyncGenerator<readonly ExportRow[]> {
  let from: Cursor | null = null;
  do {
    const { rows, next }: Awaited<ReturnType<typeof read>> = await read(from, PORTION);
    yield rows;
    from = next;
  } while (from !== null);
}

/** The text of the file, a portion for each page. */
export async function* textOf(
  format: Format,
  columns: readonly string[],
  pages: AsyncIterable<readonly ExportRow[]>,
): AsyncGenerator<string> {
  if (format === 'csv') yield `${columns.map(csvCell).join(',')}\r\n`;
  if (format === 'json') yield '[';
  let isFirst = true;
  for await (const rows of pages) {
    if (rows.length === 0) continue;
    if (format === 'csv') yield rows.map((row) => csvLine(columns, row)).join('');
    else if (format === 'jsonl') yield rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    else yield `${isFirst ? '\n' : ',\n'}${rows.map((row) => JSON.stringify(row)).join(',\n')}`;
    isFirst = false;
  }
  if (format === 'json') yield '\n]\n';
}

function csvLine(columns: readonly string[], row: ExportRow): string {
  return `${columns.map((column) => csvCell(row[column] ?? null)).join(',')}\r\n`;
}

/** What a spreadsheet takes for the beginning of a formula; some read the wide signs of East Asian texts as it too. */
const FORMULA = /^[=+\-@\t\r\n\0＝＋－＠]/;
/** Numbers stay numbers, also those of ours that are text because they are exact. */
const NUMBER = /^-?\d+(\.\d+)?$/;

/** A cell after RFC 4180; text that a spreadsheet would run is made inert by an apostrophe. */
export function csvCell(value: string | number | boolean | null): string {
  if (value === null) return '';
  const text = String(value);
  const inert = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
