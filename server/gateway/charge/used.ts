/** What a request used: as the provider states it, or else as we count it. */
import { type Provenance, type ReportedUsage, UNKNOWN_USAGE } from '../../../contract/usage.ts';
import { type Metering, overlay } from '../../metering/metering.ts';
import { type Answer, servedText } from '../answer/answer.ts';
import type { Ending } from '../answer/ending.ts';
import type { Plan } from '../request/plan.ts';
import { countUnits, expectedUnits, spokenSeconds } from './pieces.ts';

/** What came of a request. */
export interface Outturn {
  readonly plan: Plan;
  readonly ending: Ending;
  /** The answer that was read whole, where there is one. */
  readonly answer: Answer | null;
}

export interface Reading {
  readonly usage: ReportedUsage;
  readonly provenance: Provenance;
}

export const NOTHING_KNOWN: ReportedUsage = {
  tokens: UNKNOWN_USAGE,
  cost: null,
  units: {},
  flawed: false,
};

/** What was used, with our count in place of what nobody stated. */
export async function usedBy(outturn: Outturn, metering: Metering): Promise<Reading> {
  return stated(outturn) ?? (await counted(outturn, metering));
}

/** By the provider's word; null where it has to be counted. */
function stated(outturn: Outturn): Reading | null {
  const { plan, ending, answer } = outturn;
  const whole = isWhole(outturn);
  const usage = reportedUsage(outturn);
  if (plan.pathClass !== 'tokens' || nothingServed(outturn)) {
    const made = countUnits(plan, answer?.json ?? null, ending.pictures);
    const units = { ...made, ...usage.units };
    const second = whole && !isCounted(usage, units) ? guessedSeconds(outturn) : null;
    if (second !== null) return { usage: { ...usage, units: { second } }, provenance: 'estimated' };
    const provenance = whole || ending.status === 0 ? 'reported' : 'partial';
    return { usage: { ...usage, units }, provenance };
  }
  const { input, output } = usage.tokens;
  return whole && input !== null && output !== null ? { usage, provenance: 'reported' } : null;
}

/** Is there anything that a price could be applied to? */
function isCounted({ cost, tokens }: ReportedUsage, units: ReportedUsage['units']): boolean {
  return cost !== null || tokens.input !== null || Object.keys(units).length > 0;
}

/**
 * Of a recording whose length nobody states, as transcriptions in plain text; null for all else. What is said in it may
 * look like a time, so never more than a recording of that size can have.
 */
function guessedSeconds({ plan, ending, answer }: Outturn): number | null {
  if (plan.wire !== 'audio' || answer === null || answer.isError || ending.body === null)
    return null;
  const { second: most = Number.POSITIVE_INFINITY } = expectedUnits(plan);
  return Math.min(spokenSeconds(answer, ending.body), most);
}

async function counted(outturn: Outturn, metering: Metering): Promise<Reading> {
  const { plan, ending, answer } = outturn;
  const usage = reportedUsage(outturn);
  const { input, output } = usage.tokens;
  const text = answer === null ? ending.servedText : servedText(answer.json);
  const tokens = {
    ...UNKNOWN_USAGE,
    input: input ?? (await metering.countPrompt(plan.parsed)),
    // A count that a broken-off stream stated on its way may lag behind what it served.
    output: plan.wire === 'embeddings' ? 0 : Math.max(output ?? 0, await metering.countText(text)),
  };
  return {
    usage: overlay(usage, { ...NOTHING_KNOWN, tokens }),
    provenance: isWhole(outturn) ? 'estimated' : 'partial',
  };
}

function reportedUsage({ ending, answer }: Outturn): ReportedUsage {
  return ending.usage ?? answer?.usage ?? NOTHING_KNOWN;
}

/** Was the answer read to its end, and was it one? */
function isWhole({ ending }: Outturn): boolean {
  return ending.complete && ending.failure === null && !ending.errorInStream;
}

/** An error of the provider, or a failure before any answer: nothing was served, nothing is owed. */
export function nothingServed({ ending, answer }: Outturn): boolean {
  if (ending.status >= 400 || !ending.sent) return true;
  if (answer?.isError === true && answer.usage === null) return true;
  // A stream that fails before a word was said or a picture was whole, and states nothing.
  const isEmpty = ending.servedText === '' && ending.pictures === 0;
  if (ending.errorInStream && ending.usage === null && isEmpty) return true;
  return ending.failure !== null && ending.firstByteAt === null;
}
