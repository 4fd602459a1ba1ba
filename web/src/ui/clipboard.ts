/**
 * Puts a text into the clipboard. A page that came over plain HTTP from another machine has no clipboard by its new
 * name, and an installation in a house of its own often has no certificate: there the old way is the only one.
 *
 * @returns whether it is there now
 */
export async function copyText(text: string): Promise<boolean> {
  // The types promise what only a page with a certificate, or of this machine, has.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard === undefined) return copySelected(text);
  return clipboard.writeText(text).then(
    () => true,
    () => copySelected(text),
  );
}

function copySelected(text: string): boolean {
  const before = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.style.position = 'fixed';
  field.style.opacity = '0';
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return isCopied;
}
