import { NativeSelect } from '@mantine/core';
import { IconLanguage } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { isLanguage, LANGUAGES, useWords } from '../language/language.ts';
import { useLanguage } from './theme-choice.ts';

export function LanguageSelect(props: {
  readonly label: string;
  readonly size?: 'xs' | 'sm';
}): ReactNode {
  const { label, size = 'xs' } = props;
  const { language } = useWords();
  const choose = useLanguage();
  return (
    <NativeSelect
      size={size}
      w={size === 'xs' ? 140 : 220}
      aria-label={label}
      leftSection={<IconLanguage size={16} stroke={1.6} />}
      data={Object.entries(LANGUAGES).map(([value, name]) => ({ value, label: name }))}
      value={language}
      onChange={({ currentTarget: { value } }) => {
        if (isLanguage(value)) choose(value);
      }}
    />
  );
}
