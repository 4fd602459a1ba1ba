/** The languages of the app. Of a language that is spoken, a page loads the areas it needs and no other. */
import { i18n, type MessageDescriptor } from '@lingui/core';
import { useLingui } from '@lingui/react';
import type { areas as english } from './en.ts';

/** A part of the catalog: what every page says, or what those of one subject say. */
export type Area = keyof typeof english;
/** The name of a message; every language has all of them. */
export type MessageId = { [A in Area]: keyof (typeof english)[A] }[Area];
export type Values = NonNullable<MessageDescriptor['values']>;

/** In the order of the menu, each with the name that its speakers give it. */
export const LANGUAGES = { en: 'English', zh: '中文', it: 'Italiano' } as const;
export type Language = keyof typeof LANGUAGES;

const CHOICE = 'tollkeeper.language';

/** What the pages that were opened so far speak of. */
const needed = new Set<Area>(['shell']);

// A page that does not name its words is found by whoever reads the console, as the tests of pages do.
i18n.on('missing', ({ id, locale }) => console.error(`no words for "${id}" in ${locale}`));

export function isLanguage(value: unknown): value is Language {
  return typeof value === 'string' && Object.hasOwn(LANGUAGES, value);
}

/** The one that was chosen here before, else the first that the browser asks for and we speak. */
function preferred(): Language {
  const chosen = localStorage.getItem(CHOICE);
  if (isLanguage(chosen)) return chosen;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? 'en';
}

/** What is spoken, or will be when its first words are there. */
let current: Language = 'en';

async function load(language: Language, area: Area): Promise<void> {
  const { messages } = await import(`./${language}/${area}.ts`);
  // The build has compiled what the file holds as text.
  i18n.load(language, messages);
}

async function speak(language: Language): Promise<void> {
  const loaded = new Set<Area>();
  // A page may be opened meanwhile, and asks for its words in the language before.
  while (loaded.size < needed.size) {
    const missing = [...needed].filter((area) => !loaded.has(area));
    await Promise.all(missing.map((area) => load(language, area)));
    for (const area of missing) loaded.add(area);
  }
  current = language;
  i18n.activate(language);
  document.documentElement.lang = language === 'zh' ? 'zh-Hans' : language;
}

/** Lets an area be spoken, now and in every language that is chosen later. */
export function learn(area: Area): Promise<void> {
  needed.add(area);
  return load(current, area);
}

export function startLanguage(): Promise<void> {
  current = preferred();
  return speak(current);
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(CHOICE, language);
  await speak(language);
}

/** The language that is spoken now. */
export function i18nLanguage(): string {
  return i18n.locale;
}

export interface Words {
  /** A message in the language that is spoken now. */
  readonly t: (id: MessageId, values?: Values) => string;
  readonly language: Language;
}

/** The words for a component, which is drawn anew when another language is chosen. */
export function useWords(): Words {
  const { i18n: spoken } = useLingui();
  return {
    t: (id, values) => spoken._(id, values),
    language: isLanguage(spoken.locale) ? spoken.locale : 'en',
  };
}

/** A message outside of a component, such as the label of a number. */
export function t(id: MessageId, values?: Values): string {
  return i18n._(id, values);
}

/** The tag by which numbers and times are written. */
export function localeTag(): string {
  return i18n.locale === 'zh' ? 'zh-CN' : i18n.locale === 'it' ? 'it-IT' : 'en-US';
}
