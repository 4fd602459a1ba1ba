/** Callers who pay: each with a wallet of its own, so that it is seen what one request holds and what it leaves. */
import assert from 'node:assert/strict';
import type { WalletDefinition } from '../../server/ledger/ledger.ts';
import type { Behaviour } from '../fake-upstream.ts';
import type { RecordRow } from '../harness.ts';
import { balanceOf, fund } from './money.ts';
import type { Stand } from './stand.ts';

export const DOLLAR = 1_000_000_000;

export interface Asking {
  readonly path: string;
  readonly body: object | FormData;
  /** Default: a dollar. */
  readonly has?: number;
  readonly headers?: object;
  readonly wallet?: Partial<WalletDefinition>;
}

export interface Paid {
  readonly status: number;
  readonly text: string;
  readonly record: RecordRow;
  readonly left: number;
}

/** What a caller pays who has so much and sends this, where the provider answers like that. */
export async function paysAt(stand: Stand, request: Asking, behave: Behaviour): Promise<Paid> {
  const { product, upstream } = stand;
  const { accounts } = product.rooms;
  const label = `payer ${product.records().length}`;
  const rules = { label, note: null, origin: 'operator', allowUnmetered: false } as const;
  const { key, token } = await accounts.keys.issue(rules);
  const wallet = { plan: 'cost', ...request.wallet } as const;
  await fund(product.rooms, key.userId, request.has ?? DOLLAR, wallet);
  upstream.unscript();
  upstream.script({ behave });
  const isForm = request.body instanceof FormData;
  const answer = await fetch(`${product.url}/v1${request.path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      ...(isForm ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    body: isForm ? (request.body as FormData) : JSON.stringify(request.body),
  });
  const text = await answer.text();
  const record = product.records().at(-1) ?? assert.fail();
  assert.equal(record.id, answer.headers.get('x-request-id'));
  return { status: answer.status, text, record, left: balanceOf(product.rooms, key.userId) };
}

export function stream(...events: object[]): Behaviour {
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  return { body, contentType: 'text/event-stream' };
}

export function form(fields: Readonly<Record<string, string | Blob>>): FormData {
  const filled = new FormData();
  for (const [name, value] of Object.entries(fields)) filled.append(name, value);
  return filled;
}
