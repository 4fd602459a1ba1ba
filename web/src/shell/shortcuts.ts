/** Single keys that act, unless somebody is writing or has switched them off. */
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { mayOpen, PAGES } from './pages.ts';
import { usePreferences } from './preferences.ts';
import { keptSearch } from './url-state.ts';

/** What lies over the page: one thing at a time. */
export type Overlay = 'palette' | 'sheet' | null;

function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Fields take every key for themselves, and so does whatever lies over the page. */
function isTaken(target: EventTarget | null): boolean {
  return isField(target) || document.querySelector('[role=dialog],[role=menu]') !== null;
}

/** What the page itself offers under a single key carries the key in this attribute. */
function pressOnPage(key: string): boolean {
  const found = [...document.querySelectorAll<HTMLElement>('[data-shortcut]')].find(
    ({ dataset }) => dataset['shortcut'] === key,
  );
  if (found instanceof HTMLInputElement) found.focus();
  else found?.click();
  return found !== undefined;
}

interface ShortcutUse {
  readonly role: 'admin' | 'member';
  /** Whether no key acts for now. */
  readonly isHeld: boolean;
  readonly overlay: Overlay;
  readonly show: (overlay: Overlay) => void;
  /** Takes a letter for the palette, which was asked for and is not there yet. */
  readonly write: (key: string) => void;
}

export function useShortcuts({ role, isHeld, overlay, show, write }: ShortcutUse): void {
  const navigate = useNavigate();
  const { shortcuts } = usePreferences();
  useEffect(() => {
    if (isHeld) return undefined;
    const press = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() === 'k' && (event.metaKey || event.ctrlKey)) {
        event.preventDefault();
        show('palette');
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey) return;
      if (overlay === 'palette' && !isField(event.target) && event.key.length === 1) {
        event.preventDefault();
        write(event.key);
        return;
      }
      if (!shortcuts || overlay !== null) return;
      if (event.defaultPrevented || isTaken(event.target)) return;
      const page = PAGES.find(({ shortcut }) => shortcut === event.key);
      if (event.key === '?') show('sheet');
      else if (page !== undefined && mayOpen(page, role)) {
        void navigate({ to: page.path, search: keptSearch as never });
      } else if (!pressOnPage(event.key)) return;
      event.preventDefault();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  });
}
