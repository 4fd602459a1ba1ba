/** At which of its prices a provider sells an answer, as requests ask for it and answers state it. */
import type { ServiceTier } from '../../contract/usage.ts';
import type { JsonObject, Wire } from './provider.ts';
import { firstStated, valueAt } from './usage-reading.ts';

/** Words for what everybody gets at the list price. */
const USUAL: ReadonlySet<string> = new Set([
  ...['default', 'standard', 'standard_only', 'on_demand'],
  ...['global', 'not_available'],
]);
/** The provider is to decide, and says later how it did. */
const UNDECIDED = 'auto';
const WORD_LETTERS_MAX = 40;

/** What an answer, or one event of a stream, states; null where it states nothing. What a later event states holds. */
export function tierServed(wire: Wire, body: JsonObject): ServiceTier | null {
  if (wire !== 'messages') {
    const { service_tier: stated = valueAt(body, 'response', 'service_tier') } = body;
    return tierOf(stated ?? valueAt(body, 'usage', 'service_tier'), null, null);
  }
  const usage = firstStated(valueAt(body, 'message', 'usage'), body['usage']);
  const speed = valueAt(usage, 'speed');
  return tierOf(valueAt(usage, 'service_tier'), speed, valueAt(usage, 'inference_geo'));
}

/** What a request asks for, in whichever dialect; null where it leaves everything to the provider. */
export function tierAsked(body: JsonObject): ServiceTier | null {
  return tierOf(body['service_tier'], body['speed'], body['inference_geo']);
}

function tierOf(tier: unknown, speed: unknown, region: unknown): ServiceTier | null {
  const words = { tier: wordOf(tier), speed: wordOf(speed), region: wordOf(region) };
  if (words.tier === null && words.speed === null && words.region === null) return null;
  return {
    ...(words.tier === null ? {} : { tier: words.tier }),
    ...(words.speed === null ? {} : { speed: words.speed }),
    ...(words.region === null ? {} : { region: words.region }),
  };
}

function wordOf(value: unknown): string | null {
  if (typeof value !== 'string' || value === '' || value === UNDECIDED) return null;
  return USUAL.has(value) ? '' : value.slice(0, WORD_LETTERS_MAX);
}
