/** The drawing of the house as data: which place may import which, and the exceptions with their reasons. */

/** Below `storage`: everybody above may import these. */
const GROUND = [
  ...['contract', 'config', 'clock', 'id', 'failure', 'log', 'outbound'],
  ...['encryption-key', 'data-folder', 'calendar'],
];
const DOMAIN = ['ledger', 'records', 'limits', 'accounts', 'metering', 'vault'];
const UPPER = ['provider-keys', 'alerts', 'monitoring', 'reports', 'gateway', 'reconciliation'];

/**
 * A place is a folder of `server/`, a file directly in it, or `contract`. `everything` stands for all of them.
 * Rooms of the domain own tables, so each may import `storage`; `http` never does.
 */
export const ARROWS: Readonly<Record<string, readonly string[] | 'everything'>> = {
  // Floor 0, in this order: each may import some that stand before it.
  contract: [],
  clock: [],
  calendar: [],
  id: [],
  failure: ['contract'],
  'encryption-key': [],
  'address-guard': [],
  'setting-kinds': ['contract', 'encryption-key', 'address-guard'],
  'setting-layers': ['setting-kinds'],
  'setting-safety': ['setting-kinds'],
  config: ['contract', 'clock', 'setting-kinds', 'setting-layers', 'setting-safety'],
  'data-folder': ['contract', 'clock', 'id', 'failure', 'config'],
  log: ['contract', 'clock', 'failure', 'data-folder'],
  outbound: ['contract', 'clock', 'id', 'failure', 'config', 'log', 'address-guard'],
  // Floor 1
  storage: GROUND,
  providers: GROUND,
  // Floor 2
  ...Object.fromEntries(DOMAIN.map((room) => [room, [...GROUND, 'storage']])),
  // Floor 3
  'provider-keys': [...GROUND, 'storage', 'vault', 'providers'],
  alerts: [...GROUND, 'storage', 'vault'],
  // Floor 4
  monitoring: [
    ...[...GROUND, 'storage', 'providers', 'provider-keys', 'metering', 'records', 'alerts'],
  ],
  reports: [...GROUND, 'storage', 'records'],
  // Floor 5
  gateway: [
    ...[...GROUND, 'storage', 'accounts', 'limits', 'ledger', 'records', 'metering'],
    ...['provider-keys', 'providers', 'alerts'],
  ],
  reconciliation: [
    ...[...GROUND, 'storage', 'monitoring', 'ledger', 'records', 'metering', 'alerts'],
  ],
  // Floors 6 to 8
  administration: [...GROUND, 'storage', 'providers', ...DOMAIN, ...UPPER],
  http: [...GROUND, 'providers', ...DOMAIN, ...UPPER, 'administration'],
  chores: 'everything',
  demo: 'everything',
  app: 'everything',
  check: 'everything',
  main: 'everything',
};

/**
 * The parts of rooms that have some, of the server or the web app, from the ground up: a part imports those that stand
 * before it. The files of the room itself belong to no part.
 */
export const PARTS: Readonly<Record<string, readonly string[]>> = {
  gateway: ['request', 'answer', 'charge'],
  http: ['formats', 'people', 'virtual-keys', 'provider-keys', 'figures', 'pages', 'operations'],
  storage: ['tables', 'migrations'],
  ui: ['forms', 'tables', 'charts'],
  language: ['en', 'it', 'zh'],
};

/** Where the program begins. Whatever these do not reach is dead; workers are found by the strings that name them. */
export const ENTRIES = [
  'server/main.ts',
  'scripts/start.mjs',
  'web/src/main.tsx',
  'web/vite.config.ts',
];

export const FORBIDDEN_NAMES = new Set(
  (
    'index util utils helper helpers common shared service services ' +
    'lib libs misc core manager managers'
  ).split(' '),
);

/** Made when the product runs or is built, so documents may name them although they are not in the tree. */
export const MADE_LATER =
  /^(\.\/)?(data|demo-data|node_modules|coverage|web\/dist)(\/|$)|^(\.env|\.env\.local|config\.yaml)$/;

/** These words, in any spelling, name a vendor. `xai` is matched in its usual spellings only, for `maxAir` is a word. */
export const VENDORS =
  /openai|anthropic|deepseek|moonshot|novita|siliconflow|mistral|groq|gemini|openrouter|venice/i;
export const VENDORS_BY_CASE = /xai|xAI|Xai|XAI/;

/** The names of two wire dialects contain a vendor's; these phrases speak of the dialect. */
export const DIALECT_PHRASES = /\b(openai|anthropic)[- ](compatible|shaped|style|dialect)\b/gi;

export interface VendorException {
  readonly file: string;
  /** The exact word or string that is allowed there; `any` for a file whose subject is a dialect. */
  readonly allowed: readonly string[] | 'any';
  readonly reason: string;
}

export const VENDOR_EXCEPTIONS: readonly VendorException[] = [
  {
    file: 'server/config.ts',
    allowed: [
      ...['OPENROUTER_SITE_URL', 'OPENROUTER_SITE_NAME', 'OPENAI_MODEL'],
      ...['https://api.openai.com/v1', 'openai'],
    ],
    reason: 'These are names and defaults of settings that operators already use.',
  },
  {
    file: 'contract/api/guardian-api.ts',
    allowed: ['openai'],
    reason: 'The platform that these calls mean where none is named, as the seed had it.',
  },
  {
    file: 'contract/failures.ts',
    allowed: [
      'No provider is configured. Store a provider key that routes, or set OPENROUTER_API_KEY, OPENAI_API_KEY or UPSTREAM_API_KEY and restart.',
    ],
    reason: 'The sentence tells a newcomer which settings to set.',
  },
  {
    file: 'server/log.ts',
    allowed: 'any',
    reason: 'It masks credentials by the prefixes that vendors give them.',
  },
  {
    file: 'server/app.ts',
    allowed: ['openrouter'],
    reason: 'The two attribution settings belong to one provider by their names.',
  },
  {
    file: 'server/gateway/answer/error-event.ts',
    allowed: ['openaiError', 'anthropicError'],
    reason: 'It tells a failure in the dialect of the caller.',
  },
  {
    file: 'server/gateway/answer/headers.ts',
    allowed: [
      ...['openai-organization', 'openai-project'],
      ...['anthropic-organization-id', 'anthropic-workspace-id'],
    ],
    reason: 'Headers of the dialects that must not cross.',
  },
  {
    file: 'server/gateway/request/paths.ts',
    allowed: ['anthropic', 'anthropic-version', 'openai'],
    reason: 'It tells by path and header which dialect a caller speaks.',
  },
  {
    file: 'contract/openai-api.ts',
    allowed: 'any',
    reason: 'It describes the wire dialect that the gateway speaks.',
  },
  {
    file: 'web/src/ui/snippets.ts',
    allowed: 'any',
    reason: 'It shows how the official clients of the two wire dialects are pointed here.',
  },
  {
    file: 'server/http/error-replies.ts',
    allowed: 'any',
    reason: 'It writes the error envelopes of the two wire dialects.',
  },
];
