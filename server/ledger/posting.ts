/** Credits, debits, refunds and corrections: what people and payment systems book, each once. */
import { createHash } from 'node:crypto';
import { type Nanos, nanos } from '../../contract/money.ts';
import type { Clock } from '../clock.ts';
import { Failure } from '../failure.ts';
import { newId } from '../id.ts';
import type { Storage } from '../storage/storage.ts';
import type { EntryKind, EntryWriter } from './entries.ts';
import type { Wallet } from './present.ts';
import { walletRefusal } from './refusal.ts';

export type PostKind = Extract<EntryKind, 'credit' | 'debit' | 'refund' | 'correction'>;

export interface Post {
  /** A wallet: the user's id. */
  readonly account: string;
  /** Nano-dollars. Positive; a correction may also be negative. */
  readonly amount: Nanos;
  readonly kind: PostKind;
  readonly reason: string;
  /** The request that a refund or correction speaks of. */
  readonly requestId?: string | null;
  /** Makes a repetition harmless: the same key books once, whoever sends it and however often. */
  readonly idempotencyKey?: string | null;
}

export interface Posted {
  readonly entryId: string;
  /** The balance right after the post; its repetition is answered with the same. */
  readonly balance: Nanos;
}

const REASON_MAX = 500;

interface Posting {
  readonly id: string;
  readonly wallet: Wallet;
  /** Signed, from the wallet's side. */
  readonly amount: number;
  readonly kind: PostKind;
  readonly reason: string;
  readonly requestId: string | null;
}

export interface PostingDeps {
  readonly storage: Storage;
  readonly entries: EntryWriter;
  readonly clock: Clock;
  readonly wallets: ReadonlyMap<string, Wallet>;
}

export class Postings {
  readonly #deps: PostingDeps;
  readonly #underWay = new Map<string, { posting: Posting; answer: Promise<Posted> }>();

  constructor(deps: PostingDeps) {
    this.#deps = deps;
  }

  /** See `Ledger.post`. */
  async post(post: Post): Promise<Posted> {
    const posting = this.#read(post);
    if (typeof post.idempotencyKey !== 'string') return this.#book(posting);
    const same = this.#underWay.get(posting.id);
    if (same !== undefined) {
      if (!isSame(same.posting, posting)) throw new Failure('idempotency_conflict');
      return same.answer;
    }
    const answer = this.#once(posting);
    this.#underWay.set(posting.id, { posting, answer });
    try {
      return await answer;
    } finally {
      this.#underWay.delete(posting.id);
    }
  }

  /** See `Ledger.assertBookable`. */
  async assertBookable(post: Post): Promise<void> {
    assertSound(post);
    const { account, kind, amount, idempotencyKey } = post;
    const wallet = this.#deps.wallets.get(account);
    if (wallet !== undefined) assertFits({ wallet, kind, amount: signed(kind, amount) });
    if (typeof idempotencyKey !== 'string') return;
    const id = idOfKey(idempotencyKey);
    const isUsed = this.#underWay.has(id) || (await this.#earlier(id)) !== undefined;
    if (isUsed) throw new Failure('idempotency_conflict');
  }

  #read(post: Post): Posting {
    const { account, kind, amount, reason, requestId = null, idempotencyKey } = post;
    const wallet = this.#deps.wallets.get(account);
    if (wallet === undefined)
      throw new Failure('not_found', { sentence: 'There is no such wallet.' });
    assertSound(post);
    const id = typeof idempotencyKey === 'string' ? idOfKey(idempotencyKey) : newId('le');
    return { id, wallet, amount: signed(kind, amount), kind, reason, requestId };
  }

  #earlier(id: string) {
    const { db } = this.#deps.storage;
    return db.selectFrom('ledger_entries').selectAll().where('id', '=', id).executeTakeFirst();
  }

  async #once(posting: Posting): Promise<Posted> {
    const earlier = await this.#earlier(posting.id);
    if (earlier === undefined) return this.#book(posting);
    const isRepetition =
      earlier.account_id === posting.wallet.id &&
      earlier.amount === posting.amount &&
      earlier.kind === posting.kind &&
      earlier.reason === posting.reason &&
      earlier.request_id === posting.requestId;
    if (!isRepetition) throw new Failure('idempotency_conflict');
    return { entryId: posting.id, balance: nanos(earlier.balance_after ?? 0) };
  }

  /** Money that comes in counts when it is on disk; money that goes out is held until it is. */
  async #book(posting: Posting): Promise<Posted> {
    const { storage, clock, entries } = this.#deps;
    const { id, wallet, amount, kind, reason, requestId } = posting;
    assertFits(posting);
    const [comes, goes] = [Math.max(0, amount), Math.max(0, -amount)];
    const balance = nanos(wallet.balance + wallet.arriving - wallet.leaving + amount);
    const writes = entries.post({
      id,
      account: wallet.id,
      amount,
      kind,
      reason,
      requestId,
      at: clock.now(),
      balanceAfter: balance,
    });
    wallet.arriving += comes;
    wallet.leaving += goes;
    wallet.held += goes;
    try {
      await storage.commit(writes);
      wallet.balance += amount;
    } finally {
      wallet.arriving -= comes;
      wallet.leaving -= goes;
      wallet.held -= goes;
    }
    return { entryId: id, balance };
  }
}

function assertSound({ kind, amount, reason, idempotencyKey }: Post): void {
  const isAmount = Number.isSafeInteger(amount) && amount !== 0;
  if (!isAmount || (amount < 0 && kind !== 'correction')) throw wrong('amount');
  if (reason.trim() === '' || reason.length > REASON_MAX) throw wrong('reason');
  if (idempotencyKey === '') throw wrong('idempotency_key');
}

/** From the wallet's side. */
function signed(kind: PostKind, amount: Nanos): number {
  return kind === 'debit' ? -amount : amount;
}

function assertFits({ wallet, amount, kind }: Pick<Posting, 'wallet' | 'amount' | 'kind'>): void {
  const available = wallet.balance - wallet.held;
  if (kind === 'debit' && wallet.isPrepaid && -amount > available)
    throw walletRefusal(wallet, -amount as Nanos);
  const reached = amount > 0 ? wallet.balance + wallet.arriving + amount : available + amount;
  if (Number.isSafeInteger(reached)) return;
  const sentence = 'A wallet holds at most nine million dollars, and owes no more.';
  // Of no field: the amount may be dollars or credits where it was written.
  throw new Failure('validation_failed', { sentence });
}

function wrong(param: string): Failure {
  return new Failure('validation_failed', { param, sentence: `The ${param} cannot be booked.` });
}

function isSame(a: Posting, b: Posting): boolean {
  return (
    a.wallet === b.wallet &&
    a.amount === b.amount &&
    a.kind === b.kind &&
    a.reason === b.reason &&
    a.requestId === b.requestId
  );
}

/** The same key always names the same entry, so the database itself refuses a second one. */
function idOfKey(key: string): string {
  const digest = createHash('sha256').update(`ledger entry\0${key}`).digest('hex');
  return `le_${digest.slice(0, 32)}`;
}
