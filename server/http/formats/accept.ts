/** How much each media type is wanted, by an Accept header: from 0 to 1. A type that is not named is not in the map. */
export function weightsIn(accept: string | undefined): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const range of (accept ?? '').toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    const stated = quality === undefined ? 1 : Number(quality.slice(2));
    const weight = Number.isFinite(stated) ? stated : 0;
    // One type may stand there in several versions.
    weights.set(type, Math.max(weights.get(type) ?? 0, weight));
  }
  return weights;
}
