import { Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { Mark } from '../shell/brand.tsx';
import { LanguageSelect } from '../shell/language-select.tsx';
import { useTitle } from '../shell/title.ts';
import classes from './door.module.css';

interface DoorProps {
  readonly title: string;
  readonly about?: ReactNode;
  readonly isWide?: boolean;
  /** Where one stands on a way of several pages. */
  readonly above?: ReactNode;
  readonly below?: ReactNode;
  readonly children: ReactNode;
}

/** The page of somebody who is not in yet: one card, nothing else to look at. */
export function Door({
  title,
  about,
  isWide = false,
  above,
  below,
  children,
}: DoorProps): ReactNode {
  useTitle(title);
  const { t } = useWords();
  return (
    <div className={classes['page']}>
      <main className={`${classes['middle']} ${isWide ? classes['wide'] : ''}`}>
        <div className={classes['brand']}>
          <Mark size={28} />
          {'Tollkeeper'}
        </div>
        {above}
        <div className={classes['card']}>
          <Title order={1} mb={about === undefined ? 'md' : 4}>
            {title}
          </Title>
          {about !== undefined && <p className={classes['about']}>{about}</p>}
          {children}
        </div>
        {below !== undefined && <div className={classes['below']}>{below}</div>}
      </main>
      <footer className={classes['foot']}>
        <LanguageSelect label={t('language.title')} />
      </footer>
    </div>
  );
}
