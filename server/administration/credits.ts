/** Credits and dollars. The books know nano-dollars only; a credit is a way to show and name them. */
import type { Nanos } from '../../contract/money.ts';

/** The rounding of one division, with room to spare; a real difference is far larger. */
const ROUNDING = 4 * Number.EPSILON;

/** The exact amount; undefined unless it is more than 0, whole nano-dollars, and in the range of money. */
export function nanosOfCredits(credits: number, creditNanos: number): Nanos | undefined {
  const amount = Math.round(credits * creditNanos);
  if (!Number.isSafeInteger(amount) || amount <= 0) return undefined;
  // 0.1 credits is no exact number, but it is the number nearest to the amount that is meant.
  const isExact = Math.abs(amount / creditNanos - credits) <= credits * ROUNDING;
  return isExact ? (amount as Nanos) : undefined;
}

export function creditsIn(amount: Nanos, creditNanos: number): number {
  return amount / creditNanos;
}
