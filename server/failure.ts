import {
  FAILURES,
  type FailureCode,
  type FailureKind,
  type Refusal,
  type RefusedModel,
} from '../contract/failures.ts';
import type { Nanos } from '../contract/money.ts';

export interface FailureDetails {
  /** One sentence for the caller that is more exact than the catalogue's. Never holds a secret. */
  readonly sentence?: string;
  /** For the log only. */
  readonly detail?: string;
  readonly cause?: unknown;
  /** The field at fault, where there is one. */
  readonly param?: string;
  readonly retryAfterMs?: number;
  /** Why money was refused, in figures. */
  readonly quota?: QuotaRefusal;
  /** The rule behind a refusal, where a limit refused. */
  readonly refusal?: Refusal | RefusedModel;
  /** Whose request it was, where a key that opens nothing now told it. */
  readonly sender?: { readonly keyId: string; readonly userId: string };
}

/** The account that did not cover a request, as it stood at that moment. Amounts are nano-dollars. */
export interface QuotaRefusal {
  readonly rule: 'wallet' | 'budget';
  /** Whom the account limits. */
  readonly scope: 'user' | 'key' | 'installation';
  readonly account: string;
  /** What is left, open holds not yet subtracted. */
  readonly balance: Nanos;
  /** What open requests hold of it. */
  readonly held: Nanos;
  /** The worst case of the refused request. */
  readonly needed: Nanos;
  /** Of a budget; null for a wallet. */
  readonly limit: Nanos | null;
  /** When the budget begins anew, in milliseconds since the epoch; null if it never does. */
  readonly resetsAt: number | null;
}

/** A refusal or fault that travels to the edge, where it takes the shape of its surface. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly details: FailureDetails;

  constructor(code: FailureCode, details: FailureDetails = {}) {
    super(details.sentence ?? FAILURES[code].sentence, { cause: details.cause });
    this.name = 'Failure';
    this.code = code;
    this.details = details;
  }

  get kind(): FailureKind {
    return FAILURES[this.code];
  }
}

/** Whatever was thrown, as a Failure: an unknown error becomes `internal` and keeps its cause for the log. */
export function toFailure(thrown: unknown): Failure {
  return thrown instanceof Failure ? thrown : new Failure('internal', { cause: thrown });
}
