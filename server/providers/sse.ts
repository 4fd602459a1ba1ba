/**
 * Server-sent events as text in which one character is one byte, so that what is read can be told
 * apart from what is forwarded: positions in the text are positions in the bytes.
 */

/** A longer event is no event but an attack or a fault. An answer with several pictures in it comes as one of 20 MB. */
export const EVENT_BYTES_MAX = 33_554_432;

/** `\r\n\r\n` */
export const BLANK_LINE_BYTES_MAX = 4;

/** Two line ends in a row. A carriage return at the very end may be half a line end: it is not taken. */
const BLANK_LINE = /(?:\r\n|\n|\r(?![\n]|$))(?:\r\n|\n|\r(?![\n]|$))/g;
const LINE_END = /\r\n|\n|\r/;

/** Index behind the blank line that ends the event beginning at `from`; -1 while it is incomplete. */
export function eventEnd(text: string, from: number, hasReturns: boolean): number {
  if (!hasReturns) {
    const at = text.indexOf('\n\n', from);
    return at === -1 ? -1 : at + 2;
  }
  BLANK_LINE.lastIndex = from;
  return BLANK_LINE.exec(text) === null ? -1 : BLANK_LINE.lastIndex;
}

/** The data of one event, its lines joined; null for comments and events without data. */
export function eventData(event: string): string | null {
  let data: string | null = null;
  for (const line of event.split(LINE_END)) {
    if (!line.startsWith('data')) continue;
    const value = line === 'data' ? '' : line.startsWith('data:') ? line.slice(5) : null;
    if (value === null) continue;
    const text = value.startsWith(' ') ? value.slice(1) : value;
    data = data === null ? text : `${data}\n${text}`;
  }
  return data;
}

/** Latin-1 text, one character a byte, as the UTF-8 that it really is. */
export function fromBytes(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}
