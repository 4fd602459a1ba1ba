/** A range of time as calls name it. */

const DAY_MS = 86_400_000;

/** Instants, half-open. A day given as the end is included, an instant is not; what is not given has no bound. */
export function spanIn({
  start,
  end,
}: {
  readonly start?: string | undefined;
  readonly end?: string | undefined;
}): { readonly from: number; readonly to: number } {
  const isDay = end !== undefined && end.length === 'YYYY-MM-DD'.length;
  return {
    from: start === undefined ? 0 : Date.parse(start),
    to: end === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(end) + (isDay ? DAY_MS : 0),
  };
}
