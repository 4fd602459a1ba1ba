/** Every page with its address, place in the navigation, key and code. A new page is one entry here. */
import {
  type Icon,
  IconAdjustmentsHorizontal,
  IconChartDots3,
  IconCircleKey,
  IconKey,
  IconLayoutDashboard,
  IconListDetails,
  IconReportMoney,
  IconShieldSearch,
  IconTag,
  IconTicket,
  IconUserCircle,
  IconUsers,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { Area, MessageId } from '../language/language.ts';
import type { UrlState } from './url-state.ts';

export interface Page {
  readonly path: string;
  readonly label: MessageId;
  readonly load: () => Promise<ComponentType>;
  /** Asks what it will show first, while it is on its way. */
  readonly ahead?: (state: UrlState) => Promise<void>;
  /** What it says beyond the words that all pages share. */
  readonly words: readonly Area[];
  /** Where it stands in the navigation; absent: it is reached in another way. */
  readonly group?: 'use' | 'control' | 'supply' | 'admin';
  readonly icon: Icon;
  /** The key that leads there. */
  readonly shortcut?: string;
  /** `admin` pages are for the operator. */
  readonly who: 'member' | 'admin';
  /** Whether the page speaks of the period in the header. */
  readonly hasPeriod?: true;
}

export const GROUPS = ['use', 'control', 'supply', 'admin'] as const;

/** Pages of people who are signed in. */
export const PAGES: readonly Page[] = [
  {
    path: '/dashboard',
    label: 'nav.dashboard',
    icon: IconLayoutDashboard,
    group: 'use',
    shortcut: 'd',
    who: 'member',
    hasPeriod: true,
    words: ['figures'],
    load: async () => (await import('../dashboard/dashboard-page.tsx')).DashboardPage,
    ahead: async (state) => (await import('../dashboard/dashboard-page.tsx')).ahead(state),
  },
  {
    path: '/requests',
    label: 'nav.requests',
    icon: IconListDetails,
    group: 'use',
    shortcut: 'r',
    who: 'member',
    hasPeriod: true,
    words: ['requests', 'views'],
    load: async () => (await import('../requests/requests-page.tsx')).RequestsPage,
  },
  {
    path: '/reports',
    label: 'nav.reports',
    icon: IconReportMoney,
    group: 'use',
    shortcut: 'c',
    who: 'member',
    hasPeriod: true,
    words: ['figures', 'reports'],
    load: async () => (await import('../reports/reports-page.tsx')).ReportsPage,
  },
  {
    path: '/stats',
    label: 'nav.stats',
    icon: IconChartDots3,
    group: 'use',
    shortcut: 'e',
    who: 'member',
    hasPeriod: true,
    words: ['figures', 'stats'],
    load: async () => (await import('../stats/stats-page.tsx')).StatsPage,
  },
  {
    path: '/keys',
    label: 'nav.keys',
    icon: IconKey,
    group: 'supply',
    shortcut: 'k',
    who: 'member',
    words: ['keys', 'provider-keys', 'views'],
    load: async () => (await import('../keys/keys-page.tsx')).KeysPage,
  },
  {
    path: '/models',
    label: 'nav.models',
    icon: IconTag,
    group: 'supply',
    shortcut: 'm',
    who: 'member',
    hasPeriod: true,
    words: ['models', 'views'],
    load: async () => (await import('../models/models-page.tsx')).ModelsPage,
  },
  {
    path: '/virtual-keys',
    label: 'nav.virtual-keys',
    icon: IconCircleKey,
    group: 'control',
    shortcut: 'v',
    who: 'member',
    words: ['hand-off', 'views', 'virtual-keys'],
    load: async () => (await import('../virtual-keys/virtual-keys-page.tsx')).VirtualKeysPage,
  },
  {
    path: '/tokens',
    label: 'nav.tokens',
    icon: IconTicket,
    group: 'use',
    shortcut: 't',
    who: 'member',
    words: ['keys'],
    load: async () => (await import('../tokens/tokens-page.tsx')).TokensPage,
  },
  {
    path: '/users',
    label: 'nav.users',
    icon: IconUsers,
    group: 'admin',
    shortcut: 'u',
    who: 'admin',
    hasPeriod: true,
    words: ['hand-off', 'people', 'views', 'virtual-keys'],
    load: async () => (await import('../users/users-page.tsx')).UsersPage,
  },
  {
    path: '/audit',
    label: 'nav.audit',
    icon: IconShieldSearch,
    group: 'admin',
    shortcut: 'a',
    who: 'admin',
    hasPeriod: true,
    words: ['audit', 'views'],
    load: async () => (await import('../audit/audit-page.tsx')).AuditPage,
  },
  {
    path: '/profile',
    label: 'nav.profile',
    icon: IconUserCircle,
    group: 'admin',
    shortcut: 'p',
    who: 'member',
    words: ['hand-off', 'people', 'virtual-keys'],
    load: async () => (await import('../profile/profile-page.tsx')).ProfilePage,
  },
  {
    path: '/settings',
    label: 'nav.settings',
    icon: IconAdjustmentsHorizontal,
    group: 'admin',
    shortcut: 's',
    who: 'member',
    words: [],
    load: async () => (await import('../settings/settings-page.tsx')).SettingsPage,
  },
];

/** Pages of people who are not (yet). */
export const DOORS: readonly Pick<Page, 'path' | 'label' | 'load' | 'words'>[] = [
  {
    path: '/login',
    label: 'nav.login',
    words: ['door'],
    load: async () => (await import('../login/login-page.tsx')).LoginPage,
  },
  {
    path: '/register',
    label: 'nav.register',
    words: [],
    load: async () => (await import('../login/register-page.tsx')).RegisterPage,
  },
  {
    path: '/request-key',
    label: 'nav.request-key',
    words: ['door', 'hand-off'],
    load: async () => (await import('../login/request-key-page.tsx')).RequestKeyPage,
  },
  {
    path: '/setup',
    label: 'nav.setup',
    words: ['hand-off', 'keys', 'parts', 'setup', 'virtual-keys'],
    load: async () => (await import('../setup/setup-page.tsx')).SetUpPage,
  },
  {
    path: '/logout',
    label: 'nav.logout',
    words: [],
    load: async () => (await import('../login/logout-page.tsx')).LogoutPage,
  },
];

/** Where somebody begins who has just signed in. */
export const HOME = PAGES[0]?.path ?? '/profile';

export function mayOpen(page: Pick<Page, 'who'>, role: 'admin' | 'member'): boolean {
  return page.who === 'member' || role === 'admin';
}
