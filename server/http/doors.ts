import type { Nanos } from '../../contract/money.ts';

/** What the edge needs of the rooms behind it, no more; the composition root hands them in. */
export interface VirtualKey {
  readonly id: string;
  readonly userId: string;
  /** The username that the key was issued to. */
  readonly label: string;
  readonly note: string | null;
  /** The first eleven characters of the secret. */
  readonly prefix: string;
  readonly last4: string;
  readonly allowUnmetered: boolean;
  readonly origin: 'operator' | 'self-service';
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

export interface AccountsDoor {
  /** @throws Failure `forbidden` if a self-service label belongs to an account with a password */
  issueKey(order: {
    readonly label: string;
    readonly note: string | null;
    readonly origin: 'operator' | 'self-service';
    readonly allowUnmetered: boolean;
  }): Promise<{ readonly key: VirtualKey; readonly token: string }>;
  /** The key that this secret opens, if it is neither unknown nor revoked. */
  authenticate(token: string): VirtualKey | null;
  /** A key by its full secret or its id, revoked ones too. */
  findKey(tokenOrId: string): VirtualKey | null;
  /** Null if there is no such key; the second time answers the same as the first. */
  revokeKey(tokenOrId: string): Promise<VirtualKey | null>;
  /** Null if there is no such user. */
  activeKeysOf(username: string): readonly VirtualKey[] | null;
}

export interface GatewayDoor {
  models(): Promise<
    readonly {
      readonly id: string;
      readonly name?: string | undefined;
      readonly provider?: string | undefined;
      readonly inputNanosPerMillion?: number | undefined;
      readonly outputNanosPerMillion?: number | undefined;
    }[]
  >;
  upstreamState(): 'ok' | 'unknown' | 'failing' | 'missing';
}

/** Figures of the metered requests; refused requests count in none of them. Costs are in nano-dollars. */
export interface ReportsDoor {
  usageOfKey(keyId: string): Promise<KeyUsage>;
  /** Both days are UTC and included: `2026-11-20`. */
  costByUser(range: { readonly start: string; readonly end: string }): Promise<CostByUser>;
}

export interface UsageFigures {
  readonly requests: number;
  readonly unpricedRequests: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cost: Nanos;
}

export interface KeyUsage extends UsageFigures {
  readonly byModel: readonly (UsageFigures & { readonly model: string })[];
  readonly firstRequestAt: number | null;
  readonly lastRequestAt: number | null;
}

export interface CostByUser {
  readonly byUser: readonly {
    readonly label: string;
    readonly requests: number;
    readonly unpricedRequests: number;
    readonly tokens: number;
    readonly cost: Nanos;
  }[];
  /** Every day of the range, in order. */
  readonly daily: readonly {
    readonly date: string;
    readonly cost: Nanos;
    readonly cumulativeCost: Nanos;
  }[];
  /** Every day of the range for every user of the range, in order of day, then of label. */
  readonly dailyByUser: readonly {
    readonly date: string;
    readonly label: string;
    readonly cost: Nanos;
  }[];
}

/** The part of the log that the edge writes to. */
export interface EdgeLog {
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}
