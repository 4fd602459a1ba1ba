/** The usage record of a plain, answered and priced request, for tests that ask about one thing of it. */
import { nanos } from '../../contract/money.ts';
import { UNKNOWN_USAGE } from '../../contract/usage.ts';
import type { UsageRecord } from './usage-record.ts';

export function usageRecord(
  what: Partial<UsageRecord> & Pick<UsageRecord, 'id' | 'startedAt'>,
): UsageRecord {
  return {
    virtualKeyId: 'vk_1',
    userId: 'usr_1',
    providerId: 'local',
    providerKeyId: 'pk_1',
    endpoint: 'chat/completions',
    model: 'small',
    servedModel: null,
    serviceTier: null,
    streamed: false,
    status: 200,
    outcome: 'completed',
    provenance: 'reported',
    tokens: { ...UNKNOWN_USAGE, input: 10, output: 2 },
    cost: nanos(21_000),
    costSource: 'catalogue',
    priceId: null,
    flawed: false,
    charge: null,
    failure: null,
    attempts: 1,
    upstreamId: null,
    ttftMs: null,
    durationMs: 5,
    ...what,
  };
}
