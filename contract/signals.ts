/** Things worth telling a human: kinds and payloads. */

/** How a provider key fares. `unknown`: nothing was learned yet, or the provider tells nothing. */
export const HEALTH_STATUSES = [
  'healthy',
  'low',
  'exhausted',
  'invalid',
  'unreachable',
  'unknown',
] as const;
export type HealthStatus = (typeof HEALTH_STATUSES)[number];

/** A provider key fares otherwise than before. */
export interface KeyHealthChanged {
  readonly kind: 'key health changed';
  readonly keyId: string;
  /** Whose key it is: a user's id, or null for the installation. */
  readonly owner: string | null;
  readonly name: string;
  readonly from: HealthStatus;
  readonly to: HealthStatus;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Why, in a sentence without secrets. */
  readonly message: string;
}
