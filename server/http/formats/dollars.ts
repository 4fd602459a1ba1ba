import {
  formatDollars,
  type Nanos,
  nanos,
  parseDollars,
  toDollars,
} from '../../../contract/money.ts';
import { wrongField } from '../../failure.ts';

const EXACT = /^-?\d{1,10}(\.\d{1,9})?$/;

/**
 * Dollars as a caller wrote them, in text or as a number; nothing is rounded.
 *
 * @throws Failure `validation_failed` for what is no amount, or one with more than nine decimals
 */
export function exactDollars(value: string | number, param: string): Nanos {
  const amount = parseDollars(value);
  const isExact =
    amount !== undefined &&
    (typeof value === 'number' ? toDollars(amount) === value : EXACT.test(value.trim()));
  if (isExact) return amount;
  const sentence = `${param} must be an amount of dollars such as "12.5", with at most nine decimals.`;
  throw wrongField(param, sentence);
}

/** An amount of nano-dollars as exact text; null where it is not known. */
export function dollarsOf(amount: number | null | undefined): string | null {
  return amount == null ? null : formatDollars(nanos(amount));
}
