/** Which wallets and budgets there are: read at the start, written on change. */
import type { Insertable } from 'kysely';
import { isTimeZone } from '../calendar.ts';
import { Failure } from '../failure.ts';
import type { Storage, Write } from '../storage/storage.ts';
import type { BudgetsTable } from '../storage/tables/ledger-tables.ts';
import type { PeriodKind } from './periods.ts';
import type { BudgetDefinition, BudgetScope, WalletDefinition } from './present.ts';

export interface Definitions {
  readonly wallets: readonly WalletDefinition[];
  readonly budgets: readonly {
    readonly definition: BudgetDefinition;
    readonly isRemoved: boolean;
  }[];
}

export async function readDefinitions({ db }: Storage): Promise<Definitions> {
  const wallets = await db.selectFrom('wallets').selectAll().execute();
  const budgets = await db.selectFrom('budgets').selectAll().execute();
  return {
    wallets: wallets.map((row) => ({
      userId: row.user_id,
      kind: row.kind as WalletDefinition['kind'],
      plan: row.plan as WalletDefinition['plan'],
      markupPpm: row.markup_ppm,
    })),
    budgets: budgets.map((row) => ({
      definition: {
        id: row.id,
        scope: row.scope as BudgetScope,
        scopeId: row.scope_id,
        period: row.period as PeriodKind,
        zone: row.zone,
        limit: row.limit_nanos,
      },
      isRemoved: row.removed_at !== null,
    })),
  };
}

export function walletWrite({ db }: Storage, wallet: WalletDefinition, now: number): Write {
  const { userId, kind, plan, markupPpm } = wallet;
  const isMarkup = markupPpm === null || (Number.isSafeInteger(markupPpm) && markupPpm >= 0);
  if (!isMarkup) throw wrong('markup');
  return db
    .insertInto('wallets')
    .values({ user_id: userId, kind, plan, markup_ppm: markupPpm, created_at: now })
    .onConflict((c) => c.column('user_id').doUpdateSet({ kind, plan, markup_ppm: markupPpm }))
    .compile();
}

/** @throws Failure `validation_failed` */
export function budgetWrite({ db }: Storage, budget: BudgetDefinition, now: number): Write {
  const { id, scope, scopeId, period, zone, limit } = budget;
  // The prefix keeps the accounts of budgets and wallets apart for ever.
  if (!id.startsWith('bud_')) throw wrong('id');
  if (!isTimeZone(zone)) throw wrong('zone');
  if (!Number.isSafeInteger(limit) || limit < 0) throw wrong('limit');
  const what = { scope, scope_id: scopeId, period, zone, limit_nanos: limit };
  const row: Insertable<BudgetsTable> = {
    ...what,
    id,
    limit_peak_nanos: limit,
    created_at: now,
    removed_at: null,
  };
  return db
    .insertInto('budgets')
    .values(row)
    .onConflict((c) =>
      c.column('id').doUpdateSet((e) => ({
        ...what,
        removed_at: null,
        limit_peak_nanos: e.fn('max', ['budgets.limit_peak_nanos', 'excluded.limit_peak_nanos']),
      })),
    )
    .compile();
}

export function budgetRemoval({ db }: Storage, id: string, now: number): Write {
  return db
    .updateTable('budgets')
    .set({ removed_at: now })
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .compile();
}

function wrong(param: string): Failure {
  return new Failure('validation_failed', {
    param,
    sentence: `The ${param} of a budget or wallet is wrong.`,
  });
}
