import { Kbd, UnstyledButton } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import classes from './frame.module.css';
import type { Page } from './pages.ts';
import { PeriodPicker } from './period-picker.tsx';

interface HeaderProps {
  readonly page: Page | undefined;
  readonly openPalette: () => void;
  readonly children: ReactNode;
}

const MODIFIER = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl';

export function Header({ page, openPalette, children }: HeaderProps): ReactNode {
  const { t } = useWords();
  return (
    <header className={classes['header']}>
      {children}
      <UnstyledButton className={`${classes['search']} tk-screen`} onClick={openPalette}>
        <IconSearch size={15} stroke={1.6} aria-hidden="true" />
        <span>{t('shell.search')}</span>
        <Kbd size="xs" className={classes['onlyWide']}>
          {MODIFIER} K
        </Kbd>
      </UnstyledButton>
      <div className={classes['spring']} />
      {page?.hasPeriod === true && <PeriodPicker />}
    </header>
  );
}
