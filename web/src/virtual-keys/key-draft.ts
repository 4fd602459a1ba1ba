/** What somebody writes into the form of a virtual key, and what of it is sent: only what was changed. */
import type { z } from 'zod';
import type {
  keyPatch,
  keyRequest,
  VIRTUAL_KEYS_API,
  virtualKey,
} from '../../../contract/api/virtual-keys-api.ts';
import { instantIn, localField } from '../ui/forms/local-field.ts';
import { countOrNull, textOrNull } from '../ui/forms/typed.ts';

export type VirtualKey = z.output<typeof virtualKey>;
export type Issued = z.output<NonNullable<(typeof VIRTUAL_KEYS_API)['issue']['reply']>>;
export type KeyOrder = z.output<typeof keyRequest>;
export type KeyChange = z.output<typeof keyPatch>;
export type Period = NonNullable<VirtualKey['budget']>['period'];

export const WINDOWS = ['minute', 'hour', 'day'] as const;
export const MEASURES = ['requests', 'tokens'] as const;
export const PERIODS = ['day', 'week', 'month', 'forever'] as const;

export type RateName = `${(typeof MEASURES)[number]}_per_${(typeof WINDOWS)[number]}`;
export type LimitName = RateName | 'max_concurrent';

/** In the order in which they are shown. */
export const RATES: readonly RateName[] = MEASURES.flatMap((measure) =>
  WINDOWS.map((window): RateName => `${measure}_per_${window}`),
);
export const LIMITS: readonly LimitName[] = [...RATES, 'max_concurrent'];

export interface KeyDraft {
  readonly name: string;
  /** The username of its owner. */
  readonly owner: string;
  readonly note: string;
  /** Empty: every model. */
  readonly models: readonly string[];
  /** As typed; empty means no limit. */
  readonly limits: Readonly<Record<LimitName, string>>;
  /** Dollars as typed; empty means no budget. */
  readonly amount: string;
  readonly period: Period;
  readonly zone: string;
  /** As a field for a local time has it, `2026-12-24T18:00`; empty: never. */
  readonly expires: string;
  /** The id of a provider key; empty: any. */
  readonly pin: string;
  /** Null: as the server decides. */
  readonly unmetered: boolean | null;
}

export function blankDraft(owner: string): KeyDraft {
  return {
    name: '',
    owner,
    note: '',
    models: [],
    limits: Object.fromEntries(LIMITS.map((name) => [name, ''])) as KeyDraft['limits'],
    amount: '',
    period: 'month',
    zone: 'UTC',
    expires: '',
    pin: '',
    unmetered: null,
  };
}

export function draftOf(key: VirtualKey): KeyDraft {
  const { budget } = key;
  const typed = (name: LimitName): string => String(key.limits[name] ?? '');
  return {
    name: key.name,
    owner: key.username,
    note: key.note ?? '',
    models: key.models ?? [],
    limits: Object.fromEntries(LIMITS.map((name) => [name, typed(name)])) as KeyDraft['limits'],
    amount: budget?.amount_usd ?? '',
    period: budget?.period ?? 'month',
    zone: budget?.zone ?? 'UTC',
    expires: key.expires_at === null ? '' : localField(new Date(key.expires_at)),
    pin: key.provider_key_id ?? '',
    unmetered: key.allow_unmetered,
  };
}

/** What a new key is asked for with: what was left as it was is left to the server. */
export function orderIn(draft: KeyDraft, by: { readonly isOperator: boolean }): KeyOrder {
  const changes = changesIn(blankDraft(''), { ...draft, owner: '' });
  return { ...changes, ...(by.isOperator && draft.owner !== '' && { username: draft.owner }) };
}

/** What differs, as a change of the key; empty if nothing does. */
export function changesIn(before: KeyDraft, after: KeyDraft): KeyChange {
  const is = (name: keyof KeyDraft): boolean => before[name] !== after[name];
  const limits = LIMITS.filter((name) => before.limits[name] !== after.limits[name]);
  const hasBudgetChange = is('amount') || (after.amount !== '' && (is('period') || is('zone')));
  return {
    ...(is('name') && { name: textOrNull(after.name) }),
    ...(is('note') && { note: textOrNull(after.note) }),
    ...(before.models.join('\n') !== after.models.join('\n') && {
      models: after.models.length === 0 ? null : [...after.models],
    }),
    ...(limits.length > 0 && {
      limits: Object.fromEntries(limits.map((name) => [name, countOrNull(after.limits[name])])),
    }),
    ...(hasBudgetChange && { budget: budgetIn(after) }),
    ...(is('expires') && {
      expires_at: after.expires === '' ? null : instantIn(after.expires),
    }),
    ...(is('pin') && { provider_key_id: textOrNull(after.pin) }),
    ...(is('unmetered') && after.unmetered !== null && { allow_unmetered: after.unmetered }),
  };
}

function budgetIn({ amount, period, zone }: KeyDraft): KeyChange['budget'] {
  return amount.trim() === '' ? null : { amount_usd: amount.trim(), period, zone };
}
