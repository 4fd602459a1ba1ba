import { z } from 'zod';

/** Control characters of any kind break logs and tables; half a surrogate pair cannot be stored as UTF-8. */
const ONE_LINE = /^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u;
const SEVERAL_LINES = /^(?:[^\p{Cc}\p{Cs}]|[\t\n\r])*$/u;

/** A username, which is also the label of the keys issued to it: 1 to 128 characters on one line. */
export const username = z
  .string()
  .trim()
  .min(1, 'Give a name of 1 to 128 characters.')
  .max(128, 'Give a name of 1 to 128 characters.')
  .regex(ONE_LINE, 'A name holds no control characters.');

/** Free text about a key, at most 1000 characters. */
export const note = z
  .string()
  .max(1000, 'A note has at most 1000 characters.')
  .regex(SEVERAL_LINES, 'A note holds no control characters.');

/** An instant on the wire: RFC 3339 in UTC with `Z`. */
export const instant = z.iso.datetime();

/** A UTC day on the wire: `2026-11-20`. */
export const day = z.iso.date('Write the day as YYYY-MM-DD.');

/** Dollars as a JSON number. */
export const dollars = z.number().meta({ description: 'US dollars' });

export const count = z.int().nonnegative();

/** The key that a path names: its full secret or its id. */
export const keyInPath = z.object({
  key: z.string().min(1).max(200).meta({ description: 'The full key or its id' }),
});
