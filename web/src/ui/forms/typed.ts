/** What was typed into a field, as the API takes it: nothing is null, and what is no number goes on for the server to refuse. */

export function textOrNull(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}

export function countOrNull(text: string): number | null {
  return text.trim() === '' ? null : Number(text);
}
