import { type RefObject, useLayoutEffect, useRef } from 'react';

/**
 * Lets the amounts of a column stand with their points below each other: `$0.03` beside `$0.00012` would look the
 * smaller one where both only end at the same edge.
 *
 * @param columnOf names the column of what is around an amount; undefined: it is left as it is
 * @returns for the element that is around all of them
 */
export function useAlignedAmounts<Around extends HTMLElement>(
  columnOf: (amount: HTMLElement) => number | undefined,
): RefObject<Around | null> {
  const around = useRef<Around>(null);
  // After each drawing, before it is seen: another page of rows has other amounts.
  useLayoutEffect(() => {
    const columns = Map.groupBy(
      around.current?.querySelectorAll<HTMLElement>('[data-decimals]') ?? [],
      columnOf,
    );
    columns.delete(undefined);
    for (const amounts of columns.values()) {
      const most = Math.max(...amounts.map(decimalsOf));
      for (const amount of amounts) {
        const own = decimalsOf(amount);
        // One `ch` is a digit, as all digits of a figure are of one width; a point, which may be missing too, is half of it.
        const missing = most - own + (own === 0 && most > 0 ? 0.5 : 0);
        amount.style.paddingInlineEnd = missing === 0 ? '' : `${missing}ch`;
      }
    }
  });
  return around;
}

function decimalsOf(amount: HTMLElement): number {
  return Number(amount.dataset['decimals']);
}

/** For a table: its column, if the amount stands in it alone and at the right. */
export function numberColumn(amount: HTMLElement): number | undefined {
  const cell = amount.parentElement;
  if (!(cell instanceof HTMLTableCellElement)) return undefined;
  if (getComputedStyle(cell).textAlign !== 'right') return undefined;
  const before = [...(cell.parentElement?.children ?? [])].slice(0, cell.cellIndex);
  // A sum stands below its column, behind a name that takes the place of several.
  return before.reduce((sum, one) => sum + (one as HTMLTableCellElement).colSpan, 0);
}
