/** What becomes of requests that died with an earlier process. */
import { type Nanos, nanos } from '../../contract/money.ts';
import type { Hold, Ledger } from '../ledger/ledger.ts';
import type { Records, RequestIntent } from '../records/records.ts';
import type { Write } from '../storage/storage.ts';

/**
 * The written policy: each becomes one record marked `unfinished`, and its caller is charged the prompt as
 * it was estimated, never more than was held for it. Records and charges are one commit. To be called once,
 * before the first request.
 *
 * @returns how many there were
 */
export async function recoverRequests(rooms: {
  records: Records;
  ledger: Ledger;
}): Promise<number> {
  const { records, ledger } = rooms;
  const left = await records.leftOpen();
  const holds = left.flatMap(({ hold }) => (hold === null ? [] : [hold as Hold]));
  const open = new Map((await ledger.restore(holds)).map((hold) => [hold.id, hold]));
  const charges = left.flatMap((intent) => chargeOf(ledger, intent, open.get(intent.id)));
  await records.recover(left, charges);
  return left.length;
}

function chargeOf(ledger: Ledger, intent: RequestIntent, hold: Hold | undefined): readonly Write[] {
  if (hold === undefined) return [];
  const amount: Nanos = nanos(Math.min(intent.charge?.amount ?? 0, hold.amount));
  return ledger.settle(hold.id, amount).writes;
}
