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
        const missing = most - decimalsOf(amount);
        // One `ch` is a digit, as all digits of a figure are of one width.
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
  return getComputedStyle(cell).textAlign === 'right' ? cell.cellIndex : undefined;
}
