/** The frame around the pages: navigation at the side or in a drawer, header on top, and the single keys. */
import { ActionIcon } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { IconMenu2 } from '@tabler/icons-react';
import { Link, useLocation } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { useWords } from '../language/language.ts';
import { forgetNotices } from '../ui/notices.ts';
import { Mark } from './brand.tsx';
import classes from './frame.module.css';
import { Header } from './header.tsx';
import { Navigation } from './navigation.tsx';
import { OutageNotice } from './outage.tsx';
import { PAGES } from './pages.ts';
import { usePreferenceSync } from './preferences.ts';
import type { Person } from './session.ts';
import { type Overlay, useShortcuts } from './shortcuts.ts';
import { useTitle } from './title.ts';

const MenuDrawer = lazy(async () => ({
  default: (await import('./menu-drawer.tsx')).MenuDrawer,
}));
const Palette = lazy(() => import('./palette.tsx'));
const ShortcutSheet = lazy(() => import('./shortcut-sheet.tsx'));

interface FrameProps {
  readonly person: Person;
  /** Whether nothing can be done here until the person is back. */
  readonly isHeld: boolean;
  readonly children: ReactNode;
}

export function Frame({ person, isHeld, children }: FrameProps): ReactNode {
  const { t } = useWords();
  const { pathname } = useLocation();
  /** Null until it is opened first: before, there is nothing to fetch for it. */
  const [isMenuOpen, setMenuOpen] = useState<boolean | null>(null);
  const closeMenu = (): void => setMenuOpen(false);
  const [overlay, setOverlay] = useState<Overlay>(null);
  /** What is looked for in the palette, from the first key on that was pressed for it. */
  const [query, setQuery] = useState('');
  const close = (): void => setOverlay(null);
  const show = (next: Overlay): void => {
    setQuery('');
    setOverlay(next);
  };
  const page = PAGES.find(({ path }) => path === pathname);
  useEffect(() => forgetNotices, []);
  usePreferenceSync();
  useShortcuts({
    role: person.role,
    isHeld,
    overlay,
    show,
    write: (key) => setQuery((before) => before + key),
  });
  useTitle(page === undefined ? '' : t(page.label));
  return (
    <div className={classes['frame']}>
      <a className="tk-skip" href="#main">
        {t('shell.skip')}
      </a>
      <aside className={classes['side']}>
        <Brand />
        <Navigation person={person} />
      </aside>
      <div className={classes['column']}>
        <Header page={page} openPalette={() => show('palette')}>
          <ActionIcon
            className={`${classes['onlyNarrow']} tk-screen`}
            size={32}
            onClick={() => setMenuOpen(true)}
            aria-label={t('shell.menu')}
          >
            <IconMenu2 size={20} stroke={1.6} />
          </ActionIcon>
        </Header>
        <OutageNotice />
        <main id="main" tabIndex={-1} className={classes['main']}>
          {children}
        </main>
      </div>
      <Notifications position="bottom-right" limit={4} />
      <Suspense>
        {isMenuOpen !== null && (
          <MenuDrawer isOpen={isMenuOpen} close={closeMenu} title={<Brand />}>
            <Navigation person={person} onLeave={closeMenu} />
          </MenuDrawer>
        )}
        {overlay === 'palette' && (
          <Palette role={person.role} query={query} ask={setQuery} close={close} />
        )}
        {overlay === 'sheet' && <ShortcutSheet role={person.role} close={close} />}
      </Suspense>
    </div>
  );
}

function Brand(): ReactNode {
  return (
    <Link to="/" className={classes['brand']}>
      <Mark />
      {'Tollkeeper'}
    </Link>
  );
}
