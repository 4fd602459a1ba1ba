/** What a request may cost besides its tokens where the provider bills the tools that run there: guesses at list prices. */
import { type Nanos, nanos } from '../../contract/money.ts';
import type { JsonObject } from './provider.ts';
import { valueAt } from './usage-reading.ts';

const NANOS_PER_USE = 10_000_000;
/** Few answers use a tool more often. */
const USES = 10;
const AT_ONCE_MAX = 1_000;

/** As they are told from other tools wherever searches are counted. */
const SEARCH = /^web_search/;

/** Of the tools that a request lets the model use, by their types; searches of the web only where these have no price. */
export function toolsCost(
  { tools }: JsonObject,
  isBilled: RegExp,
  areSearchesPriced: boolean,
): Nanos {
  let uses = 0;
  for (const tool of Array.isArray(tools) ? tools : []) {
    const type = valueAt(tool, 'type');
    if (typeof type !== 'string' || !isBilled.test(type)) continue;
    if (areSearchesPriced && SEARCH.test(type)) continue;
    uses += timesOf(valueAt(tool, 'max_uses'), USES);
  }
  return nanos(Math.min(uses, AT_ONCE_MAX) * NANOS_PER_USE);
}

/** How often a request has something done, or what is usual where it does not say. */
export function timesOf(stated: unknown, usual: number): number {
  if (typeof stated !== 'number' || stated <= 0) return usual;
  return Math.min(Math.ceil(stated), AT_ONCE_MAX);
}
