import {
  FAILURES,
  type FailureCode,
  type FailureKind,
  type Refusal,
  type RefusedModel,
  type RefusedQuota,
} from '../contract/failures.ts';

export interface FailureDetails {
  /** One sentence for the caller that is more exact than the catalogue's. Never holds a secret. */
  readonly sentence?: string;
  /** For the log only. */
  readonly detail?: string;
  readonly cause?: unknown;
  /** The field at fault, where there is one. */
  readonly param?: string;
  readonly retryAfterMs?: number;
  /** The rule behind a refusal, with its figures: a limit, a wallet, a budget, or the models of a key. */
  readonly refusal?: Refusal | RefusedModel | RefusedQuota;
  /** Whose request it was, where a key that opens nothing now told it. */
  readonly sender?: { readonly keyId: string; readonly userId: string };
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

/** For a field with a value that cannot be taken. @param sentence for the caller, who reads which field it is beside it */
export function wrongField(param: string, sentence: string): Failure {
  return new Failure('validation_failed', { param, sentence });
}

/** For a list that is asked to go on from no place of its own. */
export function noCursor(): Failure {
  const sentence = 'This is no cursor of this list: take the one of the page before as it is.';
  return wrongField('cursor', sentence);
}

/** Whatever was thrown, as a Failure: an unknown error becomes `internal` and keeps its cause for the log. */
export function toFailure(thrown: unknown): Failure {
  return thrown instanceof Failure ? thrown : new Failure('internal', { cause: thrown });
}
