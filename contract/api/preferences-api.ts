import { z } from 'zod';
import { call } from './call.ts';
import { oneLine } from './fields.ts';

export const THEMES = ['auto', 'light', 'dark'] as const;
export const LANGUAGE_IDS = ['en', 'zh', 'it'] as const;
export const PERIOD_PRESETS = ['today', '7d', '30d', '90d', 'month', 'last-month', 'year'] as const;

/** `local` is the zone of the device; else an IANA name, as `UTC` or `Europe/Rome`. */
function isZone(name: string): boolean {
  if (name === 'local') return true;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
}

/** Such as `/requests`. */
const pagePath = z.string().regex(/^\/[a-z0-9-]{1,40}$/, 'A page is named by its path.');

const savedView = z.strictObject({
  name: oneLine(60, 'The name of a view'),
  search: z.string().max(1000).meta({
    description: 'The query of its address, without the question mark: filters, order and columns',
  }),
});

const pagePreferences = z.strictObject({
  views: z
    .array(savedView)
    .max(30, 'A page has at most 30 views.')
    .refine((views) => new Set(views.map(({ name }) => name)).size === views.length, {
      error: 'Each view of a page has a name of its own.',
    }),
  default_view: z.string().max(60).nullable().meta({
    description: 'The view that the page opens with; null: its own',
  }),
  hidden_columns: z.array(z.string().max(40)).max(60).nullish().meta({
    description: 'Of its table; null or absent: as the page has it',
  }),
});

/** All of them together, in characters of JSON. */
export const PREFERENCES_MAX = 32_768;

export const preferences = z
  .strictObject({
    theme: z.enum(THEMES).nullable(),
    language: z.enum(LANGUAGE_IDS).nullable(),
    zone: z
      .string()
      .max(60)
      .refine(isZone, { error: 'This is no time zone.' })
      .nullable()
      .meta({ description: 'In which instants are shown: `local` or an IANA name' }),
    period: z.enum(PERIOD_PRESETS).nullable().meta({
      description: 'What pages speak of where their address says nothing',
    }),
    shortcuts: z.boolean().nullable().meta({ description: 'Whether single keys act' }),
    pages: z.record(pagePath, pagePreferences),
  })
  .refine((given) => JSON.stringify(given).length <= PREFERENCES_MAX, {
    error: `Preferences have at most ${PREFERENCES_MAX} characters.`,
  })
  .meta({ description: 'null: not chosen' });

const tags = ['People'];

/** What a person chose about the app, wherever they sign in. */
export const PREFERENCES_API = {
  read: call({
    method: 'GET',
    path: '/api/preferences',
    who: 'signed in',
    summary: 'Own preferences',
    tags,
    status: 200,
    reply: preferences,
    failures: ['storage_unavailable'],
  }),
  write: call({
    method: 'PUT',
    path: '/api/preferences',
    who: 'signed in',
    summary: 'Replace one’s preferences',
    description: 'They go with the account.',
    tags,
    request: preferences,
    status: 200,
    reply: preferences,
    failures: ['conflict', 'storage_unavailable'],
  }),
};
