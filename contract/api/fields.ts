import { z } from 'zod';
import { MODEL_LETTERS_MAX } from '../usage.ts';

/** Control characters of any kind break logs and tables; half a surrogate pair cannot be stored as UTF-8. */
const ONE_LINE = /^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u;
/**
 * A letter, digit, mark or sign: what has none is a row without a name. Some that count as letters or signs fill a place
 * and show nothing, as the blank of Braille does, which no property of Unicode tells.
 */
const SEEN = /(?![\p{Default_Ignorable_Code_Point}\u2800])[\p{L}\p{N}\p{P}\p{S}]/u;
const SEVERAL_LINES = /^(?:[^\p{Cc}\p{Cs}]|[\t\n\r])*$/u;

/** One line of 1 to `most` characters; `what` begins the sentence that tells so. */
export const oneLine = (most: number, what: string) =>
  z
    .string()
    .trim()
    .min(1, `${what} has 1 to ${most} characters.`)
    .max(most, `${what} has 1 to ${most} characters.`)
    .regex(ONE_LINE, `${what} holds no control characters.`)
    .regex(SEEN, `${what} holds something that can be seen.`);

/** A username, which is also the label of the keys issued to it: 1 to 128 characters on one line. */
export const username = z
  .string()
  .trim()
  .min(1, 'Give a name of 1 to 128 characters.')
  .max(128, 'Give a name of 1 to 128 characters.')
  .regex(ONE_LINE, 'A name holds no control characters.')
  .regex(SEEN, 'A name holds something that can be seen.');

/** Free text about a key, at most 1000 characters. */
export const note = z
  .string()
  .max(1000, 'A note has at most 1000 characters.')
  .regex(SEVERAL_LINES, 'A note holds no control characters.');

/** An instant on the wire: RFC 3339 in UTC with `Z`. */
export const instant = z.iso.datetime();

const [FIRST_MOMENT, LAST_MOMENT] = ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'].map(
  Date.parse,
) as [number, number];

/** An instant as a caller may write it, in any offset. In UTC, as it is told again, its year has four digits. */
export const givenInstant = z.iso.datetime({ offset: true }).refine((text) => {
  const at = Date.parse(text);
  // What is no instant at all was said to be none already.
  return Number.isNaN(at) || (at >= FIRST_MOMENT && at <= LAST_MOMENT);
}, 'In UTC, the year of an instant has four digits.');

/** A UTC day on the wire: `2026-11-20`. */
export const day = z.iso.date('Write the day as YYYY-MM-DD.');

/** One end of a range: a UTC day, or an instant in any offset. */
export const moment = z.union([day, z.iso.datetime({ offset: true })], {
  error: 'Write a day as YYYY-MM-DD or an instant as YYYY-MM-DDThh:mm:ssZ.',
});

/** Dollars as a caller may write them; whether nothing would be rounded is checked where they are read. */
export const givenDollars = z
  .union([z.string().max(40), z.number()])
  .meta({ description: 'Dollars, at most nine decimals' });

/** Dollars as a JSON number. */
export const dollars = z.number().meta({ description: 'US dollars' });

export const count = z.int().nonnegative();

/** The key that a path names: its full secret or its id. */
export const keyInPath = z.object({
  key: z.string().min(1).max(200).meta({ description: 'The full key or its id' }),
});

const EXACT_DECIMAL = /^-?\d+(\.\d{1,9})?$/;

export const isDecimal = (text: string): boolean => EXACT_DECIMAL.test(text);

/** Dollars as an exact decimal in text, at most nine places: `"-0.000021"`. */
export const decimalDollars = z
  .string()
  .regex(EXACT_DECIMAL)
  .meta({ description: 'US dollars, exact' });

export const creditsNumber = z
  .number()
  .meta({ description: 'Credits; one is the price of one token under the flat plan' });

/** A key by its beginning; null for a user without any. */
export const maskedKey = z
  .string()
  .nullable()
  .meta({ description: 'The first 11 characters of the key and "..."' });

const limit = z.int().nonnegative().nullable();

/** The six limits of a caller; null means no limit. */
export const callerLimits = z.object({
  requests_per_minute: limit,
  requests_per_hour: limit,
  requests_per_day: limit,
  tokens_per_minute: limit,
  tokens_per_hour: limit,
  tokens_per_day: limit,
});

/** What was used of each of the six. */
export const windowCounts = z.object({
  requests_per_minute: count,
  requests_per_hour: count,
  requests_per_day: count,
  tokens_per_minute: count,
  tokens_per_hour: count,
  tokens_per_day: count,
});

/** Some of the six, to be set. */
export const windowLimits = z
  .strictObject(callerLimits.partial().shape)
  .refine((given) => Object.keys(given).length > 0, { error: 'Give at least one limit.' });

/** The longest range of a report or chart, in days: a leap year. */
export const RANGE_MAX_DAYS = 366;

/** A range of UTC days. */
export const dayRange = {
  start: day.optional().meta({ description: 'First UTC day; by default 29 days before the end' }),
  end: day.optional().meta({ description: 'Last UTC day, included; by default today' }),
};

/** A model to be found by its name, as it is kept. */
export const modelFilter = z.string().max(MODEL_LETTERS_MAX).optional();

/** A cursor holds what stands at its place, such as the name of a model, each letter of which can take eight of its own. */
const CURSOR_LETTERS_MAX = 4_000;

/** Where a list goes on. */
export const cursor = z
  .string()
  .max(CURSOR_LETTERS_MAX)
  .optional()
  .meta({ description: 'From the page before' });

/** Which page of a list is asked for. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor,
};

/** Which page of a list it is, and how one gets to the next. */
export const pagination = z.object({
  limit: count,
  has_more: z.boolean(),
  next_cursor: z.string().nullable(),
});

/** For calls that book money. */
export const ONCE_HEADER = {
  'Idempotency-Key':
    'Makes a retry harmless: one key books once, and its repetition is answered with the same figures. 1 to 255 characters',
};

/** How a list may be had as a file. */
export const FORMATS = ['json', 'csv', 'jsonl'] as const;
