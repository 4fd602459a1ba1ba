import { noCursor } from '../../failure.ts';

/**
 * A place in a list as the caller gets it: opaque, so that nobody builds on what is in it. It needs no seal: whatever
 * is in it, the list shows what this caller may see.
 */
export function cursorOf(...parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/**
 * @param isPlace whether these parts can be a place in the list at all
 * @throws Failure `validation_failed` for what is no cursor of a list with so many parts
 */
export function readCursor(
  cursor: string | undefined,
  parts: number,
  isPlace: (parts: readonly string[]) => boolean = () => true,
): readonly string[] | null {
  if (cursor === undefined) return null;
  try {
    const read: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const isOurs = Array.isArray(read) && read.length === parts;
    if (isOurs && read.every((part) => typeof part === 'string') && isPlace(read)) return read;
  } catch {
    // Not even JSON; said below like any other.
  }
  throw noCursor();
}
