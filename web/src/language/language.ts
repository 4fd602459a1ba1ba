/** The languages of the app. A catalog is fetched when its language is spoken, and no other. */
import { i18n, type MessageDescriptor } from '@lingui/core';
import { useLingui } from '@lingui/react';
import type { messages as english } from './en.ts';

/** The name of a message; every catalog has all of them. */
export type MessageId = keyof typeof english;
export type Catalog = Readonly<Record<MessageId, string>>;
export type Values = NonNullable<MessageDescriptor['values']>;

/** In the order of the menu, each with the name that its speakers give it. */
export const LANGUAGES = { en: 'English', zh: '中文', it: 'Italiano' } as const;
export type Language = keyof typeof LANGUAGES;

const CATALOGS: Readonly<Record<Language, () => Promise<{ messages: unknown }>>> = {
  en: () => import('./en.ts'),
  zh: () => import('./zh.ts'),
  it: () => import('./it.ts'),
};

const CHOICE = 'tollkeeper.language';

export function isLanguage(value: unknown): value is Language {
  return typeof value === 'string' && Object.hasOwn(LANGUAGES, value);
}

/** The one that was chosen here before, else the first that the browser asks for and we speak. */
function preferred(): Language {
  const chosen = localStorage.getItem(CHOICE);
  if (isLanguage(chosen)) return chosen;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? 'en';
}

async function speak(language: Language): Promise<void> {
  const { messages } = await CATALOGS[language]();
  // The build has compiled what the file holds as text.
  i18n.loadAndActivate({ locale: language, messages: messages as Record<string, string> });
  document.documentElement.lang = language === 'zh' ? 'zh-Hans' : language;
}

export function startLanguage(): Promise<void> {
  return speak(preferred());
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(CHOICE, language);
  await speak(language);
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
