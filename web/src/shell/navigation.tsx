import { Avatar, Menu, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import {
  IconDeviceDesktop,
  IconLogout,
  IconMoon,
  IconSelector,
  IconSun,
} from '@tabler/icons-react';
import { Link, useLocation } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import classes from './frame.module.css';
import { GROUPS, mayOpen, PAGES, type Page } from './pages.ts';
import type { Person } from './session.ts';
import { useTheme } from './theme-choice.ts';
import { keptSearch } from './url-state.ts';

interface NavigationProps {
  readonly person: Person;
  /** Called when somewhere else is gone to. */
  readonly onLeave?: () => void;
}

export function Navigation({ person, onLeave }: NavigationProps): ReactNode {
  const { t } = useWords();
  const groups = GROUPS.map((group) => ({
    group,
    pages: PAGES.filter((page) => page.group === group && mayOpen(page, person.role)),
  })).filter(({ pages }) => pages.length > 0);
  return (
    <>
      <nav className={classes['nav']} aria-label={t('shell.navigation')}>
        {groups.map(({ group, pages }) => (
          <div key={group} className={classes['group']}>
            <div className={classes['groupName']}>{t(`group.${group}`)}</div>
            {pages.map((page) => (
              <PageLink key={page.path} page={page} onLeave={onLeave} />
            ))}
          </div>
        ))}
      </nav>
      <PersonMenu person={person} />
    </>
  );
}

/** The period is taken along, so that one question can be put to several pages. */
function PageLink(props: { readonly page: Page; readonly onLeave?: () => void }): ReactNode {
  const { page, onLeave } = props;
  const { t } = useWords();
  const Icon = page.icon;
  return (
    <Link
      to={page.path}
      search={keptSearch as never}
      activeOptions={{ includeSearch: false }}
      className={classes['link']}
      onClick={onLeave}
    >
      <Icon size={18} stroke={1.6} aria-hidden="true" />
      {t(page.label)}
    </Link>
  );
}

function PersonMenu({ person }: { readonly person: Person }): ReactNode {
  const { t } = useWords();
  const { pathname } = useLocation();
  const name = person.name ?? person.username;
  return (
    <Menu width={210} position="top-start" key={pathname}>
      <Menu.Target>
        <UnstyledButton className={classes['person']}>
          <Avatar size={28} radius="xl" color="iris" variant="light" name={name} />
          <span className={classes['personText']}>
            <div className={classes['ellipsis']}>{name}</div>
            <div className={classes['role']}>{t(`role.${person.role}`)}</div>
          </span>
          <IconSelector size={16} stroke={1.6} aria-hidden="true" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <SchemeItems />
        <Menu.Divider />
        <Menu.Item
          component={Link}
          to="/logout"
          leftSection={<IconLogout size={16} stroke={1.6} />}
        >
          {t('nav.logout')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

const SCHEMES = [
  { value: 'light', icon: IconSun },
  { value: 'dark', icon: IconMoon },
  { value: 'auto', icon: IconDeviceDesktop },
] as const;

function SchemeItems(): ReactNode {
  const { t } = useWords();
  const { colorScheme } = useMantineColorScheme();
  const chooseTheme = useTheme();
  return (
    <>
      <Menu.Label>{t('scheme.title')}</Menu.Label>
      {SCHEMES.map(({ value, icon: Icon }) => (
        <Menu.Item
          key={value}
          leftSection={<Icon size={16} stroke={1.6} />}
          aria-current={colorScheme === value}
          rightSection={colorScheme === value ? '✓' : undefined}
          onClick={() => chooseTheme(value)}
        >
          {t(`scheme.${value}`)}
        </Menu.Item>
      ))}
    </>
  );
}
