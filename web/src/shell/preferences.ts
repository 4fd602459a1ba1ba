/**
 * What a person chose about the app. It goes with their account; what is kept here is a copy for the moment before the
 * account has answered. Nothing of it is a secret; the theme and the language keep copies of their own.
 */
import { useMantineColorScheme } from '@mantine/core';
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import type { z } from 'zod';
import { PREFERENCES_API, type preferences } from '../../../contract/api/preferences-api.ts';
import { ask, keyOf, useAsk } from '../client.ts';
import { chooseLanguage, i18nLanguage } from '../language/language.ts';
import { SESSION, type Session } from './session.ts';

export type Chosen = z.output<typeof preferences>;
export type PageChoices = Chosen['pages'][string];
export type SavedView = PageChoices['views'][number];

export interface Preferences {
  /** In which zone instants are shown: `local` or an IANA name. */
  readonly zone: string;
  /** Whether single keys act. Off for those whose speech or switch software types them. */
  readonly shortcuts: boolean;
  /** What pages speak of where their address says nothing; null: as they are made. */
  readonly period: Chosen['period'];
  /** Hidden columns by the path of the page. */
  readonly columns: Readonly<Record<string, readonly string[]>>;
}

const KEY = 'tollkeeper.preferences';
const DEFAULTS: Preferences = { zone: 'local', shortcuts: true, period: null, columns: {} };
const NOTHING: Chosen = {
  ...{ theme: null, language: null, zone: null, period: null, shortcuts: null },
  pages: {},
};
const QUERY = keyOf(PREFERENCES_API.read, {});
const listeners = new Set<() => void>();

let current = read();

function read(): Preferences {
  try {
    const said = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>;
    return { ...DEFAULTS, ...said };
  } catch {
    // Somebody else wrote there, or storage is shut: the defaults hold.
    return DEFAULTS;
  }
}

function keep(next: Preferences): void {
  const text = JSON.stringify(next);
  if (text === JSON.stringify(current)) return;
  current = next;
  localStorage.setItem(KEY, text);
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function preferencesNow(): Preferences {
  return current;
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(listen, preferencesNow);
}

function copyOf({ zone, shortcuts, period, pages }: Chosen): Preferences {
  const hidden = Object.entries(pages).flatMap(([path, { hidden_columns: columns }]) =>
    columns === null || columns === undefined ? [] : [[path, columns] as const],
  );
  return {
    zone: zone ?? DEFAULTS.zone,
    shortcuts: shortcuts ?? DEFAULTS.shortcuts,
    period,
    columns: Object.fromEntries(hidden),
  };
}

/** Takes over what the account says, whichever device it was chosen on. */
export function usePreferenceSync(): void {
  const chosen = useAsk(PREFERENCES_API.read).data;
  const { setColorScheme } = useMantineColorScheme();
  useEffect(() => {
    if (chosen === undefined) return;
    keep(copyOf(chosen));
    if (chosen.theme !== null) setColorScheme(chosen.theme);
    if (chosen.language !== null && chosen.language !== i18nLanguage()) {
      void chooseLanguage(chosen.language);
    }
  }, [chosen, setColorScheme]);
}

export type Change = (before: Chosen) => Chosen;

/** One at a time: each begins with what the one before left. */
let writing: Promise<unknown> = Promise.resolve();

/** What another device chose meanwhile stays as it is there. */
async function write(client: QueryClient, change: Change): Promise<void> {
  const stored = await ask(PREFERENCES_API.read);
  client.setQueryData(QUERY, await ask(PREFERENCES_API.write, { body: change(stored) }));
}

/**
 * Changes what was chosen: here at once, and with the account of whoever is signed in. The promise fails where the
 * account could not take it.
 */
export function useChoose(): (change: Change) => Promise<void> {
  const client = useQueryClient();
  return async (change) => {
    const after = change(client.getQueryData<Chosen>(QUERY) ?? NOTHING);
    keep(copyOf(after));
    const user = client.getQueryData<Session>(keyOf(SESSION, {}))?.user ?? null;
    if (user === null) return;
    await client.cancelQueries({ queryKey: QUERY });
    client.setQueryData(QUERY, after);
    const mine = writing.then(() => write(client, change));
    writing = mine.catch(() => client.invalidateQueries({ queryKey: QUERY }));
    await mine;
  };
}

const NO_CHOICES: PageChoices = { views: [], default_view: null };

/** What was chosen about a page, once the account has answered. */
export function usePageChoices(path: string): PageChoices | null {
  const chosen = useAsk(PREFERENCES_API.read).data;
  return chosen === undefined ? null : (chosen.pages[path] ?? NO_CHOICES);
}

/** A change of what was chosen about one page. */
export function onPage(path: string, change: (before: PageChoices) => PageChoices): Change {
  return (before) => ({
    ...before,
    pages: { ...before.pages, [path]: change(before.pages[path] ?? NO_CHOICES) },
  });
}
