/** Lists that are put in order in memory, by a column that the caller names. */

/** What a column ranks a row by; null: not known, which is neither small nor large. */
export type Rank<Row> = (row: Row) => string | number | null;

/**
 * Compares rows by one of these columns. What is not known comes last either way, and rows of one rank stay as they stood.
 *
 * @param sort the name of a column, with a minus in front for the largest first
 */
export function inOrder<Row>(
  sort: string,
  ranks: Readonly<Record<string, Rank<Row>>>,
): (one: Row, other: Row) => number {
  const rankOf = ranks[sort.replace('-', '')] ?? (() => null);
  const direction = sort.startsWith('-') ? -1 : 1;
  return (one, other) => {
    const [a, b] = [rankOf(one), rankOf(other)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return a === b ? 0 : a < b ? -direction : direction;
  };
}
