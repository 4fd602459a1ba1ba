/** Lays the provider's bill and our records side by side, request by request. */
import type { BillRow, FakeUpstream } from '../fake-upstream.ts';
import type { RecordRow } from '../harness.ts';
import type { Got } from './caller.ts';
import type { MixedCall } from './mixed-calls.ts';

/** One request of a caller, by the name that it carries through to the provider. */
export interface Called {
  readonly name: string;
  readonly call: MixedCall;
  readonly got: Got;
}

export interface Compared {
  /** One sentence for each request that is not as it must be. */
  readonly faults: readonly string[];
  readonly counts: Counts;
}

interface Counts {
  calls: number;
  /** Requests that the providers saw: more than calls, where a second provider key was tried. */
  seen: number;
  records: number;
  missing: number;
  doubled: number;
  completed: number;
  /** The caller left, and the answer was read to its end all the same. */
  drained: number;
  partial: number;
  /** Answered with an error, or not at all: nothing is owed. */
  refused: number;
  /** Served by a second provider key after the first had failed. */
  retried: number;
  /** Cost of everything whose bill is known to the last token, by our records and by the bill. */
  ourNanos: bigint;
  billedNanos: bigint;
}

interface Pair extends Called {
  readonly record: RecordRow;
  /** What the provider billed for this call: one row for each time that it saw it. */
  readonly rows: readonly BillRow[];
}

export function compare(sides: {
  called: readonly Called[];
  records: readonly RecordRow[];
  providers: readonly FakeUpstream[];
}): Compared {
  const { called, records, providers } = sides;
  const rows = rowsByCall(providers);
  const faults: string[] = [];
  const { pairs, missing } = pairUp(called, records, rows);
  for (const name of missing) faults.push(`${name}: no record`);
  const doubled = records.length - pairs.length;
  if (doubled > 0) faults.push(`${doubled} records belong to no call`);
  const upstreamIds = records.map((record) => record.upstream_id).filter((id) => id !== null);
  if (new Set(upstreamIds).size < upstreamIds.length) faults.push('an answer is on record twice');
  const names = new Set(called.map(({ name }) => name));
  for (const name of rows.keys()) if (!names.has(name)) faults.push(`${name}: nobody asked for it`);
  const counts = emptyCounts();
  for (const pair of pairs) {
    const fault = judge(pair, counts);
    if (fault !== null) faults.push(`${pair.name} ${describe(pair)}: ${fault}`);
  }
  const seen = [...rows.values()].reduce((sum, { length }) => sum + length, 0);
  Object.assign(counts, { calls: called.length, seen, records: records.length });
  Object.assign(counts, { missing: missing.length, doubled });
  return { faults, counts };
}

function emptyCounts(): Counts {
  const none = { calls: 0, seen: 0, records: 0, missing: 0, doubled: 0 };
  const kinds = { completed: 0, drained: 0, partial: 0, refused: 0, retried: 0 };
  return { ...none, ...kinds, ourNanos: 0n, billedNanos: 0n };
}

function rowsByCall(providers: readonly FakeUpstream[]): Map<string, BillRow[]> {
  const byCall = new Map<string, BillRow[]>();
  for (const provider of providers) {
    for (const { id, headers } of provider.requests()) {
      const name = headers['x-call'];
      const row = provider.bill.row(id);
      if (typeof name !== 'string' || row === undefined) continue;
      const rows = byCall.get(name);
      if (rows === undefined) byCall.set(name, [row]);
      else rows.push(row);
    }
  }
  return byCall;
}

/**
 * A record belongs to the call that was answered under its id, or whose row on the bill it names. What is
 * left are calls whose caller went before any answer began: endpoint and model must fit one to one.
 */
function pairUp(
  called: readonly Called[],
  records: readonly RecordRow[],
  rows: ReadonlyMap<string, readonly BillRow[]>,
): { pairs: Pair[]; missing: string[] } {
  const byId = new Map(records.map((record) => [record.id, record]));
  const byUpstreamId = new Map(records.map((record) => [record.upstream_id, record]));
  const pairs: Pair[] = [];
  const nameless: Called[] = [];
  for (const one of called) {
    const own = rows.get(one.name) ?? [];
    const record =
      one.got.requestId === null
        ? own.map(({ id }) => byUpstreamId.get(id)).find((found) => found !== undefined)
        : byId.get(one.got.requestId);
    if (record === undefined) nameless.push(one);
    else if (byId.delete(record.id)) pairs.push({ ...one, record, rows: own });
  }
  const missing: string[] = [];
  for (const one of nameless) {
    const { endpoint, model } = one.call;
    const record = [...byId.values()].find(
      (left) => left.upstream_id === null && left.endpoint === endpoint && left.model === model,
    );
    if (record === undefined || one.got.requestId !== null) missing.push(one.name);
    else if (byId.delete(record.id)) pairs.push({ ...one, record, rows: rows.get(one.name) ?? [] });
  }
  return { pairs, missing };
}

/** @returns what is wrong with this one, or null; counts it under its kind */
function judge(pair: Pair, counts: Counts): string | null {
  const { call, got, record, rows } = pair;
  if (rows.length === 0) return 'the provider never saw it';
  if (rows.length !== record.attempts) return `${rows.length} sightings`;
  if (record.attempts > 1) counts.retried++;
  const row = rows.find(({ id }) => id === record.upstream_id) ?? null;
  const others = rows.filter((other) => other !== row);
  const mayBeCut = call.streamed && !call.billingGoesOn && leaves(pair);
  if (record.provenance === 'partial') {
    counts.partial++;
    if (row === null) return beforeAnyAnswer(pair, mayBeCut);
    if (others.some(({ costNanos }) => costNanos !== 0)) return 'a first attempt was billed';
    if (row.outcome !== 'failed' && !mayBeCut) return 'a whole answer is recorded as partial';
    return within(pair, row);
  }
  if (record.provenance !== 'reported') return 'nothing here needs an estimate';
  if (others.some(({ costNanos }) => costNanos !== 0)) return 'a first attempt was billed';
  counts.ourNanos += BigInt(record.cost_nanos ?? 0);
  counts.billedNanos += BigInt(row?.costNanos ?? 0);
  if (row === null || record.status >= 400) {
    counts.refused++;
    if (record.outcome !== 'failed') return 'a refused request must be recorded as failed';
  } else if (record.outcome === 'aborted') counts.drained++;
  else counts.completed++;
  if (record.outcome === 'completed' && !got.whole && !leaves(pair)) return 'its caller got no end';
  return row === null ? owesNothing(record) : differs(pair, row);
}

function leaves({ call }: Pair): boolean {
  return call.leaveAfter !== null || call.fate === 'caller leaves before the answer';
}

/** The caller hung up before anything of an answer was read. */
function beforeAnyAnswer({ record }: Pair, mayBeCut: boolean): string | null {
  if (record.output_tokens !== 0) return 'no output was served';
  return mayBeCut ? null : 'an answer without a name is recorded as partial';
}

/** What was served of an answer that was cut lies between what its caller read and what its provider sent. */
function within({ call, got, record }: Pair, row: BillRow): string | null {
  // Of a stream that failed before a word, nothing is owed; what was thought before is hidden.
  if (record.cost_source === 'none') {
    return row.sentTokens <= call.reasoningTokens ? null : 'something was served';
  }
  const output = record.output_tokens ?? -1;
  const read = wordsIn(got.text, call.wire);
  if (output < read) return `the caller read ${read} tokens`;
  if (output > row.sentTokens) return `the provider sent ${row.sentTokens} tokens`;
  return record.cost_nanos === null ? 'it has no cost' : null;
}

/** Tokens of the whole content events in a text; the events that repeat the text as a whole do not count. */
function wordsIn(text: string, wire: string): number {
  const member = wire === 'responses' ? 'delta' : wire === 'chat' ? 'content' : 'text';
  const served = text.matchAll(new RegExp(`"${member}":"((?: hello)+)"(?=.*\\r?\\n)`, 'g'));
  if (!text.startsWith('data:') && !text.startsWith('event:') && !text.startsWith(':')) return 0;
  return [...served].reduce((sum, [, words = '']) => sum + words.length / ' hello'.length, 0);
}

function owesNothing(record: RecordRow): string | null {
  return (record.cost_nanos ?? 0) === 0 && (record.output_tokens ?? 0) === 0
    ? null
    : 'it owes nothing';
}

function differs({ name, call, record, rows }: Pair, row: BillRow): string | null {
  const asTold = !call.once || (name.endsWith('.0') && row === rows[0]);
  const reasons = asTold && row.completionTokens > 0;
  const ours = [
    record.input_tokens ?? 0,
    record.cached_tokens ?? 0,
    (record.cache_write_5m_tokens ?? 0) + (record.cache_write_1h_tokens ?? 0),
    record.output_tokens ?? 0,
    record.reasoning_tokens ?? 0,
    record.cost_nanos,
  ];
  const theirs = [
    row.promptTokens,
    row.cachedTokens,
    row.cacheWriteTokens + row.cacheWrite1hTokens,
    row.completionTokens,
    reasons ? call.reasoningTokens : 0,
    row.costNanos,
  ];
  return ours.join() === theirs.join() ? null : `ours ${ours}, theirs ${theirs}`;
}

function describe({ call, got, record, rows }: Pair): string {
  const { outcome, provenance, status, failure, attempts } = record;
  const bill = rows.map((row) => row.outcome).join('+');
  const asked = `${call.endpoint} ${call.model} ${call.streamed ? 'streamed' : 'whole'}, ${call.fate}`;
  const answered = `${got.status} ${got.whole ? 'whole' : got.left ? 'left' : 'broken'}`;
  return `(${asked}; got ${answered}; bill ${bill}; record ${[outcome, provenance, status, failure, attempts].join(' ')})`;
}
