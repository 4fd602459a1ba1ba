import '@mantine/spotlight/styles.layer.css';
import { createSpotlight, Spotlight, type SpotlightActionData } from '@mantine/spotlight';
import {
  type Icon,
  IconArrowRight,
  IconDeviceDesktop,
  IconLanguage,
  IconLogout,
  IconMoon,
  IconPlus,
  IconSearch,
  IconSun,
} from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { isLanguage, LANGUAGES, type MessageId, useWords } from '../language/language.ts';
import { useFocusBack } from '../ui/dialog.tsx';
import { useNamedThings } from './named-things.ts';
import { mayOpen, PAGES } from './pages.ts';
import { type Place, placeOf } from './places.ts';
import { useLanguage, useTheme } from './theme-choice.ts';
import { keptSearch } from './url-state.ts';

interface PaletteProps {
  readonly role: 'admin' | 'member';
  readonly query: string;
  readonly ask: (query: string) => void;
  readonly close: () => void;
}

const [store, spotlight] = createSpotlight();

/** Pages by name, things to do, keys and people by name, and whatever has one of our ids. */
function Palette({ role, query, ask, close }: PaletteProps): ReactNode {
  const { t } = useWords();
  useEffect(() => spotlight.open(), []);
  useFocusBack();
  const [things, pages, acts] = [useThing(query, role), usePages(role), useActs(role)];
  const named = useNamed(query, role);
  useFirstMarked(named.length);
  return (
    <Spotlight
      store={store}
      actions={[
        ...things,
        { group: t('palette.pages'), actions: pages },
        { group: t('palette.acts'), actions: acts },
        { group: t('palette.named'), actions: named },
      ]}
      query={query}
      onQueryChange={ask}
      shortcut={null}
      highlightQuery
      scrollable
      maxHeight={400}
      nothingFound={t('palette.nothing')}
      onSpotlightClose={close}
      attributes={{ content: { 'aria-label': t('keys.palette') } }}
      searchProps={{
        leftSection: <IconSearch size={18} stroke={1.6} />,
        placeholder: t('palette.hint'),
        'aria-label': t('palette.hint'),
      }}
    />
  );
}

/** The library marks the first entry when something is written, for Enter. What the server finds comes after that. */
function useFirstMarked(found: number): void {
  useEffect(() => {
    const list = document.getElementById(store.getState().listId);
    if (found === 0 || list === null || list.querySelector('[data-selected]') !== null) return;
    list.querySelector('[data-action]')?.setAttribute('data-selected', 'true');
    store.updateState((state) => ({ ...state, selected: 0, empty: false }));
  }, [found]);
}

type Action = SpotlightActionData;

function sign(Sign: Icon): ReactNode {
  return <Sign size={18} stroke={1.6} />;
}

/** The way to what has the id that was pasted. */
function useThing(query: string, role: PaletteProps['role']): readonly Action[] {
  const { t } = useWords();
  const go = useGo();
  const place = placeOf(query);
  const page = PAGES.find(({ path }) => path === place?.path);
  if (place === null || page === undefined || !mayOpen(page, role)) return [];
  return [
    {
      id: 'thing',
      label: t('palette.open', { page: t(page.label), id: query.trim() }),
      keywords: query,
      leftSection: sign(IconArrowRight),
      onClick: () => go(place),
    },
  ];
}

/** Keys and people whose name was begun; the server has looked, so what it found matches whatever it is called. */
function useNamed(query: string, role: PaletteProps['role']): Action[] {
  const go = useGo();
  return useNamedThings(query, role === 'admin').map(({ id, name, detail, place }) => ({
    id,
    label: name,
    description: detail,
    keywords: query,
    leftSection: sign(PAGES.find(({ path }) => path === place.path)?.icon ?? IconArrowRight),
    onClick: () => go(place),
  }));
}

function useGo(): (place: Place) => void {
  const navigate = useNavigate();
  return ({ path, search }) => void navigate({ to: path, search: search as never });
}

function usePages(role: PaletteProps['role']): Action[] {
  const { t } = useWords();
  const navigate = useNavigate();
  return PAGES.filter((page) => mayOpen(page, role)).map((page) => ({
    id: page.path,
    label: t(page.label),
    leftSection: sign(page.icon),
    onClick: () => void navigate({ to: page.path, search: keptSearch as never }),
  }));
}

/** Each opens the form of its page. */
const NEW: readonly (readonly [path: string, label: MessageId])[] = [
  ['/virtual-keys', 'palette.new.virtual-key'],
  ['/keys', 'palette.new.key'],
  ['/users', 'palette.new.user'],
  ['/tokens', 'palette.new.token'],
];

const THEMES = { light: IconSun, dark: IconMoon, auto: IconDeviceDesktop } as const;

function useActs(role: PaletteProps['role']): Action[] {
  const { t } = useWords();
  const go = useGo();
  const [chooseTheme, chooseLanguage] = [useTheme(), useLanguage()];
  const open = NEW.filter(([path]) => {
    const page = PAGES.find((one) => one.path === path);
    return page !== undefined && mayOpen(page, role);
  });
  return [
    ...open.map(([path, label]) => ({
      id: label,
      label: t(label),
      leftSection: sign(IconPlus),
      onClick: () => go({ path, search: { add: 'yes' } }),
    })),
    ...(Object.keys(THEMES) as (keyof typeof THEMES)[]).map((theme) => ({
      id: `theme ${theme}`,
      label: `${t('scheme.title')}: ${t(`scheme.${theme}`)}`,
      leftSection: sign(THEMES[theme]),
      onClick: () => chooseTheme(theme),
    })),
    ...Object.entries(LANGUAGES).map(([language, name]) => ({
      id: `language ${language}`,
      label: `${t('language.title')}: ${name}`,
      leftSection: sign(IconLanguage),
      onClick: () => {
        if (isLanguage(language)) chooseLanguage(language);
      },
    })),
    {
      id: 'sign out',
      label: t('nav.logout'),
      leftSection: sign(IconLogout),
      onClick: () => go({ path: '/logout', search: {} }),
    },
  ];
}

// biome-ignore lint/style/noDefaultExport: React's lazy loading takes a module by its default export.
export default Palette;
