/** What a person chose about this browser. Nothing here is a secret; the theme and the language keep their own. */
import { useSyncExternalStore } from 'react';

export interface Preferences {
  /** In which zone instants are shown. */
  readonly zone: 'local' | 'utc';
  /** Whether single keys act. Off for those whose speech or switch software types them. */
  readonly shortcuts: boolean;
}

const KEY = 'tollkeeper.preferences';
const DEFAULTS: Preferences = { zone: 'local', shortcuts: true };
const listeners = new Set<() => void>();

let current = read();

function read(): Preferences {
  try {
    const said = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>;
    return {
      zone: said.zone === 'utc' ? 'utc' : DEFAULTS.zone,
      shortcuts: said.shortcuts !== false,
    };
  } catch {
    // Somebody else wrote there, or storage is shut: the defaults hold.
    return DEFAULTS;
  }
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(listen, () => current);
}

export function choosePreference(choice: Partial<Preferences>): void {
  current = { ...current, ...choice };
  localStorage.setItem(KEY, JSON.stringify(current));
  for (const listener of listeners) listener();
}
