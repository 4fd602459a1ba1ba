/** Rows of the room `ledger`. Money is integer nano-dollars; times are milliseconds since the epoch. */

/** One for each user who may spend. Its account in the entries is named by the user's id. */
export interface WalletsTable {
  user_id: string;
  /** `prepaid` or `metered`. */
  kind: string;
  /** `flat` or `cost`; null means the default of the installation. */
  plan: string | null;
  /** Charge for each million of cost under the plan `cost`; null means the default. */
  markup_ppm: number | null;
  created_at: number;
}

/** How much a key, a user or everybody may spend in a period. Its account is named by its id. */
export interface BudgetsTable {
  id: string;
  /** `key`, `user` or `installation`. */
  scope: string;
  /** The id of the key or user; empty for the installation. */
  scope_id: string;
  /** `day`, `week`, `month` or `forever`. */
  period: string;
  /** IANA name of the time zone in which periods begin. */
  zone: string;
  limit_nanos: number;
  /** The highest limit that it ever had: what was spent may be measured by that one only. */
  limit_peak_nanos: number;
  created_at: number;
  removed_at: number | null;
}

/** One transfer, both sides in one row: `amount` for the account, the opposite for the contra account. */
export interface LedgerEntriesTable {
  /** `<request id>/<n>` for what a request was charged, `le_…` for what was posted. */
  id: string;
  account_id: string;
  /** `revenue`, `grants`, `corrections` or `spending`. */
  contra_id: string;
  amount: number;
  /** `charge`, `credit`, `debit`, `refund`, `correction` or `budget`. */
  kind: string;
  reason: string | null;
  /** The request that a refund or correction speaks of. A request's own entries name it in their id. */
  request_id: string | null;
  at: number;
  /** Of a budget: the period that is charged. */
  period: string | null;
  /** The balance that a post was answered with, so that its repetition gets the same answer. */
  balance_after: number | null;
}

/** Sums of all entries up to the watermark: what saves the start from reading them. */
export interface LedgerSnapshotsTable {
  /** Empty for a wallet. */
  period: string;
  account_id: string;
  balance: number;
}

export interface LedgerWatermarkTable {
  /** Always 1: there is one row. */
  id: number;
  /** Entries with this id or a lower one are in the snapshots, and only those. */
  through_id: string;
}
