/** An instant as a field for a local time holds it, to the minute. */
export function localField(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** The instant that such a field means; what is none, as a year of five digits, goes as it is, for the server to refuse. */
export function instantIn(field: string): string {
  const at = new Date(field);
  return Number.isNaN(at.getTime()) ? field : at.toISOString();
}
