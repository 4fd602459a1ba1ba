/** Figures as text. Money is exact on the wire; what is shown here is for reading and is never added up again. */
import { localeTag } from '../language/language.ts';

/** Dollars as the API states them: a decimal in text, or a number. Null: nobody knows. */
export type Amount = string | number | null | undefined;

const formatters = new Map<string, Intl.NumberFormat>();

function formatter(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${localeTag()} ${JSON.stringify(options)}`;
  const known = formatters.get(key) ?? new Intl.NumberFormat(localeTag(), options);
  formatters.set(key, known);
  return known;
}

function format(value: number, options: Intl.NumberFormatOptions): string {
  return formatter(options).format(value);
}

export const UNKNOWN = '–';

/**
 * Cents from a dollar up, else the digits that say something: `$1,204.50`, `$0.34`, `$0.0021`. Never `$0.00` for what
 * is more than nothing.
 */
export function moneyText(amount: Amount, currency = 'USD'): string {
  if (amount === null || amount === undefined) return UNKNOWN;
  return format(Number(amount), moneyOptions(Number(amount), currency));
}

/** How many digits stand after the point of {@link moneyText}. */
export function moneyDecimals(amount: Amount, currency = 'USD'): number {
  if (amount === null || amount === undefined) return 0;
  const value = Number(amount);
  const parts = formatter(moneyOptions(value, currency)).formatToParts(value);
  return parts.find(({ type }) => type === 'fraction')?.value.length ?? 0;
}

function moneyOptions(value: number, currency: string): Intl.NumberFormatOptions {
  const size = Math.abs(value);
  return {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    ...(size >= 0.1 || size === 0
      ? { maximumFractionDigits: 2 }
      : { maximumSignificantDigits: 2, minimumFractionDigits: 2 }),
  };
}

/** The amount to the last digit that was given. */
export function exactMoneyText(amount: Amount, currency = 'USD'): string {
  if (amount === null || amount === undefined) return UNKNOWN;
  const digits = typeof amount === 'number' ? amount.toFixed(9).replace(/\.?0+$/, '') : amount;
  return `${digits} ${currency}`;
}

/** For axes and small places: `$1.2K`. */
export function shortMoneyText(amount: Amount, currency = 'USD'): string {
  if (amount === null || amount === undefined) return UNKNOWN;
  const value = Number(amount);
  if (Math.abs(value) < 1000) return moneyText(value, currency);
  return format(value, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    notation: 'compact',
    maximumFractionDigits: 1,
  });
}

export function countText(count: number | null | undefined): string {
  return count === null || count === undefined ? UNKNOWN : format(count, {});
}

/** `1.2M`; the exact number belongs where it is hovered. */
export function shortCountText(count: number | null | undefined): string {
  if (count === null || count === undefined) return UNKNOWN;
  return format(count, { notation: 'compact', maximumFractionDigits: count < 10_000 ? 2 : 1 });
}

/**
 * With one decimal below ten percent, a zero too, so that a column of them stands in line. Never `0.0%` for what is more
 * than nothing.
 *
 * @param share 0 to 1
 */
export function percentText(share: number | null | undefined): string {
  if (share === null || share === undefined) return UNKNOWN;
  if (share > 0 && share < 0.0005) return `<${percentText(0.001)}`;
  const size = Math.abs(share);
  const digits = size > 0 && size < 0.0995 ? 1 : 0;
  return format(share, { style: 'percent', ...fixed(digits) });
}

/** For axes: `5%`. */
export function shortPercentText(share: number): string {
  return format(share, { style: 'percent', maximumFractionDigits: 2 });
}

/** Milliseconds below a second, else seconds with three digits: `398 ms`, `1.20 s`, `14.0 s`. */
export function durationText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return UNKNOWN;
  if (ms < 1000) return `${format(ms, { maximumFractionDigits: 0 })} ms`;
  return `${format(ms / 1000, fixed(ms < 9995 ? 2 : 1))} s`;
}

/** For axes: `15 s`. */
export function shortDurationText(ms: number): string {
  if (ms !== 0 && ms < 1000) return durationText(ms);
  return `${format(ms / 1000, { maximumFractionDigits: 2 })} s`;
}

function fixed(digits: number): Intl.NumberFormatOptions {
  return { minimumFractionDigits: digits, maximumFractionDigits: digits };
}

/** A UTC day as people write it. */
export function dayText(day: string, style: 'short' | 'long' = 'short'): string {
  return new Intl.DateTimeFormat(localeTag(), {
    day: 'numeric',
    month: 'short',
    ...(style === 'long' ? { year: 'numeric', weekday: 'short' } : {}),
    timeZone: 'UTC',
  }).format(new Date(`${day.slice(0, 10)}T00:00:00Z`));
}

/** From one UTC day to another, with the year where it is not that of today. */
export function daysText(start: string, end: string, today: string): string {
  const isThisYear = [start, end].every((day) => day.slice(0, 4) === today.slice(0, 4));
  return new Intl.DateTimeFormat(localeTag(), {
    day: 'numeric',
    month: 'short',
    ...(isThisYear ? {} : { year: 'numeric' }),
    timeZone: 'UTC',
  }).formatRange(new Date(`${start}T00:00:00Z`), new Date(`${end}T00:00:00Z`));
}

/** @param zone an IANA name; absent: that of this browser */
export function instantText(at: string, zone?: string): string {
  return new Intl.DateTimeFormat(localeTag(), {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
    ...(zone === undefined ? {} : { timeZone: zone }),
  }).format(new Date(at));
}

/** An instant in a list, to the second; year and zone belong where it is hovered. */
export function shortInstantText(at: string, zone?: string): string {
  return new Intl.DateTimeFormat(localeTag(), {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    ...(zone === undefined ? {} : { timeZone: zone }),
  }).format(new Date(at));
}

export const DAY_MS = 86_400_000;

const STEPS = [
  ['year', 31_536_000_000],
  ['month', 2_592_000_000],
  ['day', DAY_MS],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** `3 hours ago`, `in 2 days`. */
export function agoText(at: string, now: number): string {
  const difference = Date.parse(at) - now;
  const [unit, length] = STEPS.find(([, ms]) => Math.abs(difference) >= ms) ?? STEPS[5];
  return new Intl.RelativeTimeFormat(localeTag(), { numeric: 'auto', style: 'long' }).format(
    Math.trunc(difference / length),
    unit,
  );
}
