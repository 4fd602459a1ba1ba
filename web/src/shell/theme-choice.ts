import { useMantineColorScheme } from '@mantine/core';
import { chooseLanguage, type Language } from '../language/language.ts';
import { tellProblem } from '../ui/notices.ts';
import { type Chosen, useChoose } from './preferences.ts';

/** Chooses something that says nothing when it succeeds: it is seen. */
export function useQuietly(): (part: Partial<Chosen>) => void {
  const choose = useChoose();
  return (part) => void choose((before) => ({ ...before, ...part })).catch(tellProblem);
}

export function useTheme(): (theme: 'light' | 'dark' | 'auto') => void {
  const { setColorScheme } = useMantineColorScheme();
  const choose = useQuietly();
  return (theme) => {
    setColorScheme(theme);
    choose({ theme });
  };
}

export function useLanguage(): (language: Language) => void {
  const choose = useQuietly();
  return (language) => {
    void chooseLanguage(language);
    choose({ language });
  };
}
