/**
 * Virtual keys with what bounds them: issued and changed as one act, and shown with what they have used. What the
 * operator has decided about a key is not for its user to change.
 */

import type { KeySort } from '../../contract/api/virtual-keys-api.ts';
import type { Nanos } from '../../contract/money.ts';
import {
  type Accounts,
  type IssuedKey,
  type KeyOrigin,
  type KeyRules,
  type KeyState,
  type KeyUse,
  stateOf,
  type User,
  type VirtualKey,
} from '../accounts/accounts.ts';
import type { Clock } from '../clock.ts';
import { Failure, noCursor, wrongField } from '../failure.ts';
import { newId } from '../id.ts';
import type { AccountBalance, BudgetDefinition, Ledger, PeriodKind } from '../ledger/ledger.ts';
import { type Limits, NO_LIMITS, type RateLimits, type Standing } from '../limits/limits.ts';
import type { ProviderKeys } from '../provider-keys/provider-keys.ts';
import type { Storage, Write } from '../storage/storage.ts';
import type { Turns } from './turns.ts';

export interface BudgetOrder {
  readonly limit: Nanos;
  readonly period: PeriodKind;
  /** IANA name of a time zone; null means UTC. */
  readonly zone: string | null;
}

/** What is asked of a key. What is not given stays; null takes a bound away. */
export interface KeyOrder {
  readonly name?: string | null;
  readonly note?: string | null;
  readonly models?: readonly string[] | null;
  readonly expiresAt?: number | null;
  readonly isActive?: boolean;
  readonly allowUnmetered?: boolean;
  /** The id of the provider key that serves it, of its user or of the operator. */
  readonly pin?: string | null;
  /** Those that are given; the others stay. */
  readonly limits?: Partial<RateLimits> | null;
  readonly budget?: BudgetOrder | null;
}

/** A key as its user and the operator see it. */
export interface KeyFacts {
  readonly key: VirtualKey;
  readonly state: KeyState;
  readonly use: KeyUse;
  readonly limits: RateLimits;
  /** Of the key alone, without what its user's limits leave. */
  readonly standing: Standing;
  readonly budget: {
    readonly definition: BudgetDefinition;
    readonly balance: AccountBalance;
  } | null;
}

export interface KeyFilter {
  /** Null: of everybody. */
  readonly userId: string | null;
  /** A part of the name, the user's name, the note, the id or what is shown of the secret. */
  readonly search: string | null;
  /** Null: all that are not revoked. */
  readonly state: KeyState | 'all' | null;
}

export interface KeyPageOrder {
  readonly sort: KeySort;
  readonly limit: number;
  /** The id of the key that the page before ended with. */
  readonly cursor: string | null;
}

export interface KeyPage {
  readonly keys: readonly KeyFacts[];
  /** How many the filter lets pass. */
  readonly total: number;
  readonly nextCursor: string | null;
}

/** Who acts: the operator on any key, a member on one of their own. */
export type Actor = 'operator' | 'member';

export interface KeyOffice {
  /**
   * A key for a user who is made if new. The operator's may use what cannot be metered unless something bounds it.
   *
   * @throws Failure `validation_failed`, `forbidden`, `conflict` (a member has too many), `not_found` (a member who is
   *   gone), `storage_unavailable`
   */
  issue(label: string, by: Actor, order: KeyOrder): Promise<IssuedKey>;
  /**
   * All of it or nothing.
   *
   * @throws Failure `forbidden` (a member, about what the operator decides), `conflict` (the key is revoked),
   *   `validation_failed`, `storage_unavailable`
   */
  change(key: VirtualKey, by: Actor, order: KeyOrder): Promise<VirtualKey>;
  facts(key: VirtualKey): KeyFacts;
  /** Every key of the filter, in this order. */
  all(filter: KeyFilter, sort: KeySort): readonly VirtualKey[];
  /** @throws Failure `validation_failed` for a cursor that is none */
  list(filter: KeyFilter, page: KeyPageOrder): KeyPage;
}

export interface KeyOfficeDeps {
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly limits: Limits;
  readonly storage: Pick<Storage, 'commit'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly providerKeys: Pick<ProviderKeys, 'find'>;
}

/** A member with more keys than this is a program that runs wild; all keys are held in memory. */
const MEMBER_KEYS_MAX = 100;

interface Change {
  readonly write: Write;
  apply(): void;
}

export function createKeyOffice(deps: KeyOfficeDeps, turns: Turns): KeyOffice {
  return new Desk(deps, turns);
}

class Desk implements KeyOffice {
  readonly #deps: KeyOfficeDeps;
  readonly #turns: Turns;

  constructor(deps: KeyOfficeDeps, turns: Turns) {
    this.#deps = deps;
    this.#turns = turns;
  }

  issue(label: string, by: Actor, order: KeyOrder): Promise<IssuedKey> {
    return this.#turns.take(label, () => this.#issue(label, by, order));
  }

  change(key: VirtualKey, by: Actor, order: KeyOrder): Promise<VirtualKey> {
    return this.#turns.take(key.label, () => this.#change(key.id, by, order));
  }

  async #issue(label: string, by: Actor, order: KeyOrder): Promise<IssuedKey> {
    const { accounts } = this.#deps;
    const origin: KeyOrigin = by;
    const { name = null, note = null, models = null, expiresAt = null, pin = null } = order;
    this.#assertFuture(expiresAt);
    if (by === 'member') this.#assertMemberMayAdd(label, order);
    const allowUnmetered =
      by === 'operator' && (order.allowUnmetered ?? !this.#isBound(label, order));
    const rules = { label, name, note, models, expiresAt, pin, origin, allowUnmetered };
    const bounds: Change[] = [];
    const issued = await accounts.keys.issue(rules, async (key) => {
      this.#assertPin(pin, key, by);
      bounds.push(...this.#boundsOf(key, order));
      return bounds.map(({ write }) => write);
    });
    for (const { apply } of bounds) apply();
    return issued;
  }

  async #change(id: string, by: Actor, order: KeyOrder): Promise<VirtualKey> {
    const { accounts, storage } = this.#deps;
    const key = accounts.keys.find(id);
    if (key === null) throw new Failure('internal', { detail: `there is no key ${id}` });
    if (key.revokedAt !== null) {
      throw new Failure('conflict', { sentence: 'This key is revoked; issue another.' });
    }
    if (by === 'member') assertMemberMay(key, order);
    if (order.pin !== key.pin) this.#assertPin(order.pin ?? null, key, by);
    if (order.expiresAt !== key.expiresAt) this.#assertFuture(order.expiresAt ?? null);
    const rules = rulesIn(order, by);
    const changes: Change[] = this.#boundsOf(key, order);
    if (Object.keys(rules).length > 0) changes.push(accounts.keys.change(key, rules));
    if (changes.length > 0) await storage.commit(changes.map(({ write }) => write));
    for (const { apply } of changes) apply();
    return accounts.keys.find(id) ?? key;
  }

  facts(key: VirtualKey): KeyFacts {
    const { accounts, ledger, limits, clock } = this.#deps;
    const [definition] = ledger.budgetsOf('key', key.id);
    const balance = definition === undefined ? null : ledger.balance(definition.id);
    return {
      key,
      state: stateOf(key, clock.now()),
      use: accounts.keys.lastUseOf(key),
      limits: limits.get('key', key.id),
      standing: limits.standing(key.id, null),
      budget: definition === undefined || balance === null ? null : { definition, balance },
    };
  }

  all(filter: KeyFilter, sort: KeySort): readonly VirtualKey[] {
    const now = this.#deps.clock.now();
    const found = this.#of(filter).filter((key) => passes(key, filter, now));
    return found.sort(this.#comparison(sort));
  }

  list(filter: KeyFilter, { sort, limit, cursor }: KeyPageOrder): KeyPage {
    // Only among these: where somebody else's key would stand says what it is called, and that it is there.
    const before = this.#of(filter).find(({ id }) => id === cursor) ?? null;
    if (cursor !== null && before === null) throw noCursor();
    const found = this.all(filter, sort);
    const compare = this.#comparison(sort);
    const rest = found.filter((key) => before === null || compare(before, key) < 0);
    const keys = rest.slice(0, limit);
    const nextCursor = rest.length > limit ? (keys.at(-1)?.id ?? null) : null;
    return { keys: keys.map((key) => this.facts(key)), total: found.length, nextCursor };
  }

  #of({ userId }: KeyFilter): readonly VirtualKey[] {
    const { keys } = this.#deps.accounts;
    return userId === null ? keys.all() : keys.ofUser(userId);
  }

  /** No two keys have the same place: ids decide, which are in the order of time. */
  #comparison(sort: KeySort): (a: VirtualKey, b: VirtualKey) => number {
    const { keys } = this.#deps.accounts;
    const direction = sort.startsWith('-') ? -1 : 1;
    const by = sort.replace('-', '');
    const placeOf = (key: VirtualKey): string | number => {
      if (by === 'name') return (key.name ?? key.label).toLowerCase();
      return by === 'used' ? (keys.lastUseOf(key).lastUsedAt ?? 0) : '';
    };
    const order = (a: string | number, b: string | number): number =>
      a === b ? 0 : a < b ? -1 : 1;
    return (a, b) => direction * (order(placeOf(a), placeOf(b)) || order(a.id, b.id));
  }

  /** Limits and budget of the order, ready to be committed with the key. */
  #boundsOf(key: VirtualKey, { limits: wanted, budget }: KeyOrder): Change[] {
    const { limits, ledger } = this.#deps;
    const changes: Change[] = [];
    if (wanted !== undefined) {
      const all = wanted === null ? NO_LIMITS : { ...limits.get('key', key.id), ...wanted };
      changes.push(limits.change('key', key.id, all));
    }
    const [known] = ledger.budgetsOf('key', key.id);
    if (budget === null && known !== undefined) changes.push(ledger.budgetRemoval(known.id));
    if (budget === null || budget === undefined) return changes;
    changes.push(ledger.budgetChange({ ...budgetOf(key, budget), ...(known && { id: known.id }) }));
    return changes;
  }

  #isBound(label: string, { budget, models }: KeyOrder): boolean {
    const user = this.#named(label);
    const hasWallet = user !== null && this.#deps.ledger.wallet(user.id) !== null;
    return hasWallet || (budget ?? null) !== null || (models ?? null) !== null;
  }

  /** An id is no name. */
  #named(label: string): User | null {
    const user = this.#deps.accounts.people.find(label);
    return user?.username === label ? user : null;
  }

  #assertMemberMayAdd(label: string, { allowUnmetered }: KeyOrder): void {
    if (allowUnmetered === true) throw new Failure('forbidden', UNMETERED);
    const user = this.#named(label);
    // While they waited for their turn, they deleted their account: the name would make somebody new.
    if (user === null) throw new Failure('not_found', { sentence: 'There is no such user.' });
    const mine = this.#deps.accounts.keys.ofUser(user.id);
    // One that is switched off or has expired can be opened again.
    const count = mine.filter(({ revokedAt }) => revokedAt === null).length;
    if (count < MEMBER_KEYS_MAX) return;
    const sentence = `You have ${count} keys, which is the most there may be; delete one first.`;
    throw new Failure('conflict', { sentence });
  }

  /** A member may name provider keys of their own only; all others are missing to them. */
  #assertPin(pin: string | null, { userId }: VirtualKey, by: Actor): void {
    if (pin === null) return;
    const found = this.#deps.providerKeys.find(pin);
    if (found !== null && (found.owner === userId || (found.owner === null && by === 'operator')))
      return;
    const sentence = 'There is no such provider key for this user.';
    throw wrongField('provider_key_id', sentence);
  }

  #assertFuture(expiresAt: number | null): void {
    if (expiresAt === null || expiresAt > this.#deps.clock.now()) return;
    const sentence = 'expires_at must lie in the future.';
    throw wrongField('expires_at', sentence);
  }
}

const UNMETERED = {
  param: 'allow_unmetered',
  sentence: 'Only the operator decides which keys may use what cannot be metered.',
};

/** @throws Failure `forbidden` */
function assertMemberMay(key: VirtualKey, order: KeyOrder): void {
  const { allowUnmetered = key.allowUnmetered } = order;
  if (allowUnmetered !== key.allowUnmetered) throw new Failure('forbidden', UNMETERED);
  if (key.ruledBy === 'member' || !decides(order)) return;
  const sentence =
    'The operator decides what this key may do. You may rename it, give it another secret, or delete it.';
  throw new Failure('forbidden', { sentence });
}

/** Whether an order says what a key may do, and not only how it is called. */
function decides({ name: _name, note: _note, ...rules }: KeyOrder): boolean {
  return Object.values(rules).some((rule) => rule !== undefined);
}

function rulesIn(order: KeyOrder, by: Actor): Partial<KeyRules> {
  const { name, note, models, expiresAt, pin, isActive, allowUnmetered } = order;
  return {
    ...(name !== undefined && { name }),
    ...(note !== undefined && { note }),
    ...(models !== undefined && { models }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(pin !== undefined && { pin }),
    ...(isActive !== undefined && { isDisabled: !isActive }),
    ...(allowUnmetered !== undefined && { allowUnmetered }),
    ...(by === 'operator' && decides(order) && { ruledBy: 'operator' as const }),
  };
}

export function budgetOf(key: VirtualKey, { limit, period, zone }: BudgetOrder): BudgetDefinition {
  return { id: newId('bud'), scope: 'key', scopeId: key.id, period, zone: zone ?? 'UTC', limit };
}

function passes(key: VirtualKey, { search, state }: KeyFilter, now: number): boolean {
  const is = stateOf(key, now);
  if (state === null ? is === 'revoked' : state !== 'all' && state !== is) return false;
  if (search === null) return true;
  const { id, name, label, note, prefix, last4 } = key;
  const text = [id, name ?? '', label, note ?? '', `${prefix}...${last4}`].join('\n');
  return text.toLowerCase().includes(search.toLowerCase());
}
