import type { ReportedUsage, ServiceTier } from '../../../contract/usage.ts';
import type { Failure } from '../../failure.ts';
import type { WholeBody } from './answer-body.ts';

/** How one attempt ended. */
export interface Ending {
  /** The HTTP status that the provider answered; 0 if it answered none. */
  readonly status: number;
  /** Whether the whole answer was read. */
  readonly complete: boolean;
  /** The caller hung up before the end. */
  readonly callerGone: boolean;
  /** False where the caller had left before anything was sent to the provider. */
  readonly sent: boolean;
  readonly failure: Failure | null;
  /** The provider put an error into its stream. */
  readonly errorInStream: boolean;
  /** The answer that was read whole; null for streams and for what is only passed through. */
  readonly body: WholeBody | null;
  readonly usage: ReportedUsage | null;
  readonly servedText: string;
  /** Whole pictures that came in a stream. */
  readonly pictures: number;
  readonly servedModel: string | null;
  /** As a stream states it; null where it does not, or there was none. */
  readonly servedTier: ServiceTier | null;
  readonly upstreamId: string | null;
  /** When the first byte came, on the clock that never jumps; null if none came. */
  readonly firstByteAt: number | null;
}
