/** A caller with a wallet, and what each of their requests must leave in the books. */
import assert from 'node:assert/strict';
import type { Asked } from '../fake-upstream/ask.ts';
import type { RecordRow } from '../harness.ts';
import { balanceOf, chargesIn, fund } from './money.ts';
import { openStand, type Stand, type StandOptions } from './stand.ts';

export const PLENTY = 1_000_000_000_000;

export interface Holder extends AsyncDisposable {
  readonly stand: Stand;
  readonly keyId: string;
  readonly userId: string;
  balance(): number;
}

export async function openHolder(amount = PLENTY, options: StandOptions = {}): Promise<Holder> {
  const stand = await openStand(options);
  const { rooms } = stand.product;
  const key = rooms.accounts.keys.find(stand.token);
  assert.ok(key !== null);
  await fund(rooms, key.userId, amount);
  return {
    stand,
    keyId: key.id,
    userId: key.userId,
    balance: () => balanceOf(rooms, key.userId),
    [Symbol.asyncDispose]: () => stand[Symbol.asyncDispose](),
  };
}

/** Charge, entry and balance say the same, and nothing is held any more. */
function assertCharged({ stand, balance }: Holder, before: number, record: RecordRow): number {
  const charge = record.charge_nanos ?? -1;
  const booked = chargesIn(stand.product.dataDir).filter(({ request }) => request === record.id);
  assert.deepEqual(
    booked.map(({ amount, kind }) => [amount, kind]),
    charge === 0 ? [] : [[-charge, 'charge']],
  );
  assert.equal(balance(), before - charge);
  assert.equal(stand.product.rooms.ledger.openHolds(), 0);
  return charge;
}

export async function askHolder(
  holder: Holder,
  question: Parameters<Stand['ask']>[0],
): Promise<{ answer: Asked; record: RecordRow; charge: number }> {
  const before = holder.balance();
  const recorded = holder.stand.product.records().length;
  const answer = await holder.stand.ask(question);
  await holder.stand.settled(recorded + 1);
  const record = holder.stand.recordOf(answer);
  return { answer, record, charge: assertCharged(holder, before, record) };
}

export function tokensOf({ input_tokens, output_tokens }: RecordRow): number {
  return (input_tokens ?? 0) + (output_tokens ?? 0);
}

export function refusalOf({ status, text }: Asked): { status: number; code: string } {
  return { status, code: JSON.parse(text).error.code };
}

/** A refusal is on record with its request id and changes no balance. */
export async function askHolderRefused(
  holder: Holder,
  body: unknown,
): Promise<{ answer: Asked; record: RecordRow }> {
  const before = holder.balance();
  const answer = await holder.stand.ask({ body });
  const record = holder.stand.recordOf(answer);
  assert.equal(record.outcome, 'refused');
  assert.equal(record.status, answer.status);
  assert.equal(holder.balance(), before);
  assert.equal(holder.stand.product.rooms.ledger.openHolds(), 0);
  return { answer, record };
}
