import type { ReportedUsage, TokenUsage } from '../../contract/usage.ts';
import type { JsonObject } from './provider.ts';
import {
  type CostReading,
  firstStated,
  objectOf,
  reportOf,
  sumOfKnown,
  UsageNumbers,
  valueAt,
} from './usage-reading.ts';

export interface MessagesReading {
  /** What earlier events stated, laid over each other. */
  readonly before?: ReportedUsage | null | undefined;
  readonly readCost?: CostReading | undefined;
}

/**
 * Usage in the Anthropic dialect: of a whole message, a `message_start` or a `message_delta`.
 *
 * Here `input_tokens` counts only what no cache took part in, so the total is a sum of three fields.
 * The figures of a delta are cumulative: they replace those of the start.
 */
export function readMessagesUsage(
  body: JsonObject,
  { before, readCost }: MessagesReading = {},
): ReportedUsage | null {
  const atStart = objectOf(valueAt(body, 'message', 'usage'));
  const stated = atStart ?? objectOf(valueAt(body, 'usage'));
  if (stated === undefined) return null;
  const numbers = new UsageNumbers();
  const usage = withCondensing(stated, numbers);
  const isDelta = valueAt(body, 'type') === 'message_delta';
  const known = before?.tokens ?? null;
  const input = isDelta ? readDeltaInput(usage, numbers, known) : readInput(usage, numbers);
  // At the start nothing has been written yet: the output figure there is a placeholder, and taken
  // for real it would bill a single token where the stream breaks off.
  const written = atStart === undefined ? usage : {};
  const searches = firstStated(usage['server_tool_use'], usage['server_tool_use_details']);
  return reportOf(
    {
      tokens: {
        ...input,
        output: numbers.count(written['output_tokens']),
        reasoning: numbers.count(valueAt(written['output_tokens_details'], 'thinking_tokens')),
      },
      cost: readCost?.(usage, numbers) ?? null,
      units: { web_search: numbers.pieces(valueAt(searches, 'web_search_requests')) },
    },
    numbers,
  );
}

const LIFETIMES = ['ephemeral_5m_input_tokens', 'ephemeral_1h_input_tokens'];
const COUNTS = [
  ...['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'],
  'output_tokens',
];

/**
 * A conversation that grew too long may be condensed midway. That is sampled for itself and billed, and it is in none
 * of the figures beside it, where all other iterations are.
 */
function withCondensing(usage: JsonObject, numbers: UsageNumbers): JsonObject {
  const iterations = usage['iterations'];
  if (!Array.isArray(iterations)) return usage;
  const condensing = iterations.filter((one) => valueAt(one, 'type') === 'compaction');
  if (condensing.length === 0) return usage;
  const added = (names: readonly string[], ...path: string[]): JsonObject => {
    const total = (name: string) =>
      [usage, ...condensing].map((one) => numbers.count(valueAt(one, ...path, name)));
    // A figure that is not stated stays so: what stands for it is known from elsewhere.
    const stated = names.filter((name) => firstStated(valueAt(usage, ...path, name)) !== undefined);
    return Object.fromEntries(stated.map((name) => [name, sumOfKnown(...total(name))]));
  };
  const split = objectOf(usage['cache_creation']);
  return {
    ...usage,
    ...added(COUNTS),
    ...(split === undefined ? {} : { cache_creation: added(LIFETIMES, 'cache_creation') }),
  };
}

type InputClasses = Pick<TokenUsage, 'input' | 'cachedInput' | 'cacheWrite5m' | 'cacheWrite1h'>;

function readInput(usage: JsonObject, numbers: UsageNumbers): InputClasses {
  const uncached = numbers.count(usage['input_tokens']);
  const cachedInput = numbers.count(usage['cache_read_input_tokens']);
  const { total, ...byLifetime } = readCacheWrites(usage, numbers);
  // Without a breakdown all writes count as the cheaper and usual five-minute ones.
  const cacheWrite5m = byLifetime.cacheWrite5m ?? (byLifetime.cacheWrite1h === null ? total : null);
  const input = uncached === null ? null : numbers.count(sumOfKnown(uncached, cachedInput, total));
  return { input, cachedInput, cacheWrite5m, cacheWrite1h: byLifetime.cacheWrite1h };
}

/**
 * A delta may restate `input_tokens` without the cache fields, and never splits the writes by lifetime.
 * Both are completed from what is known already; where nothing is known the class stays null, so that
 * the figure of the start stands instead of a total that has lost its cached part.
 */
function readDeltaInput(
  usage: JsonObject,
  numbers: UsageNumbers,
  known: TokenUsage | null,
): InputClasses {
  const uncached = numbers.count(usage['input_tokens']);
  const cachedInput = numbers.count(usage['cache_read_input_tokens']);
  const { total, ...byLifetime } = readCacheWrites(usage, numbers);
  const read = cachedInput ?? (known === null ? null : (known.cachedInput ?? 0));
  const written =
    total ?? (known === null ? null : (sumOfKnown(known.cacheWrite5m, known.cacheWrite1h) ?? 0));
  const complete = uncached !== null && read !== null && written !== null;
  const input = complete ? numbers.count(uncached + read + written) : null;
  const splits = byLifetime.cacheWrite5m !== null || byLifetime.cacheWrite1h !== null;
  if (splits || total === null || known === null) return { input, cachedInput, ...byLifetime };
  const cacheWrite1h = Math.min(known.cacheWrite1h ?? 0, total);
  return { input, cachedInput, cacheWrite5m: total - cacheWrite1h, cacheWrite1h };
}

interface CacheWrites {
  readonly total: number | null;
  readonly cacheWrite5m: number | null;
  readonly cacheWrite1h: number | null;
}

/** What was written to the cache, by lifetime only where the upstream says so. */
function readCacheWrites(usage: JsonObject, numbers: UsageNumbers): CacheWrites {
  const total = numbers.count(usage['cache_creation_input_tokens']);
  if (total === 0 && objectOf(usage['cache_creation']) === undefined) {
    return { total, cacheWrite5m: 0, cacheWrite1h: 0 };
  }
  const cacheWrite5m = numbers.count(valueAt(usage, 'cache_creation', 'ephemeral_5m_input_tokens'));
  const cacheWrite1h = numbers.count(valueAt(usage, 'cache_creation', 'ephemeral_1h_input_tokens'));
  const split = sumOfKnown(cacheWrite5m, cacheWrite1h);
  if (split === null || total === null || split === total) {
    return { total: split ?? total, cacheWrite5m, cacheWrite1h };
  }
  // The two disagree. The larger is believed, and what no lifetime is named for counts as five minutes.
  numbers.flawed = true;
  const missing = Math.max(0, total - split);
  const larger = Math.max(total, split);
  return { total: larger, cacheWrite5m: (cacheWrite5m ?? 0) + missing, cacheWrite1h };
}
