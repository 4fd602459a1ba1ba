/** Reads a whole answer of a metered path: what it is, what was used, what was served. */
import { isAscii } from 'node:buffer';
import type { ReportedUsage, ServiceTier } from '../../../contract/usage.ts';
import { Failure } from '../../failure.ts';
import type { RoutedKey } from '../../provider-keys/provider-keys.ts';
import { errorOf, type JsonObject, tierServed } from '../../providers/providers.ts';
import type { Plan } from '../request/plan.ts';
import type { WholeBody } from './answer-body.ts';

export interface Answer {
  readonly json: JsonObject | null;
  readonly usage: ReportedUsage | null;
  readonly model: string | null;
  readonly tier: ServiceTier | null;
  readonly id: string | null;
  /** The provider answered 200 and an error. */
  readonly isError: boolean;
}

/** Members whose strings are output, wherever they stand. */
const OUTPUT_MEMBERS: ReadonlySet<string> = new Set([
  'arguments',
  'content',
  'partial_json',
  'reasoning',
  'reasoning_content',
  'refusal',
  'text',
  'thinking',
]);
const DEPTH_MAX = 12;
const BYTE_ORDER_MARK = 0xfeff;

/** @throws Failure `upstream_unreadable` if it is not what this path answers */
export function readAnswer(plan: Plan, key: RoutedKey, { bytes, text }: WholeBody): Answer {
  let json: JsonObject | null = null;
  try {
    const parsed: unknown = JSON.parse(isAscii(bytes) ? text : decoded(bytes));
    if (typeof parsed === 'object' && parsed !== null) json = parsed as JsonObject;
  } catch (error) {
    // Transcriptions may be plain text; everything else that is metered is JSON.
    if (plan.wire !== 'audio') throw new Failure('upstream_unreadable', { cause: error });
  }
  if (json === null && plan.wire !== 'audio') throw new Failure('upstream_unreadable');
  const { id, model } = json ?? {};
  const { wire } = plan;
  return {
    json,
    usage: json === null || wire === null ? null : key.provider.routing.readUsage(wire, json),
    tier: json === null || wire === null ? null : tierServed(wire, json),
    model: typeof model === 'string' ? model.slice(0, 200) : null,
    id: typeof id === 'string' ? id.slice(0, 200) : null,
    isError: json !== null && errorOf(json) !== null,
  };
}

function decoded(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
}

/** All text that an answer served, for an estimate where its usage is missing. */
export function servedText(value: unknown, depth = 0): string {
  if (depth > DEPTH_MAX || typeof value !== 'object' || value === null) return '';
  let text = '';
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === 'string') text += OUTPUT_MEMBERS.has(name) ? member : '';
    else text += servedText(member, depth + 1);
  }
  return text;
}
