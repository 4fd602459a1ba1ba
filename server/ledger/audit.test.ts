import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { nanos } from '../../contract/money.ts';
import { newId } from '../id.ts';
import { audit } from './ledger.ts';
import { budget, fund, HOLD_MS, NOON, openStage, type Stage } from './ledger-for-tests.ts';

let stage: Stage;

beforeEach(async () => {
  stage = await openStage();
  await fund(stage.ledger, 'usr_1', 1_000);
  await stage.ledger.defineBudget(budget({ limit: 1_000 }));
  await request(newId('req'), 100);
  for (const _twice of [1, 2]) await stage.ledger.snapshot();
  await request(newId('req'), 20);
});

afterEach(() => stage.close());

async function request(id: string, cost: number, held = cost): Promise<void> {
  const accounts = stage.ledger.accountsOf({ userId: 'usr_1', keyId: 'vk_1' });
  stage.ledger.hold({ id, amount: nanos(held), ...accounts });
  await stage.settle(id, cost);
}

async function run(...statements: string[]): Promise<void> {
  await stage.storage.commit(statements.map((sql) => ({ sql, parameters: [] })));
}

/** The invariants that do not hold. */
async function broken(): Promise<readonly string[]> {
  const findings = await audit(stage.storage, { now: NOON + HOLD_MS });
  return findings.filter(({ ok }) => !ok).map(({ id, name }) => `${id} ${name}`);
}

const unguarded = [
  'drop trigger ledger_entries_keep_values',
  'drop trigger ledger_entries_keep_rows',
];
const entry = (id: string, account: string, amount: string, rest = "'revenue', 'charge', null") =>
  `insert into ledger_entries (id, account_id, amount, at, contra_id, kind, period)
    values ('${id}', '${account}', ${amount}, 0, ${rest})`;

const recordOf = (id: string, charge: string) => `insert into usage_records
  (id, virtual_key_id, user_id, endpoint, streamed, status, outcome, provenance, cost_source, flawed, attempts, started_at, duration_ms, charge_nanos)
  values ('${id}', '', '', '', 0, 200, '', '', '', 0, 1, 0, 0, ${charge})`;

test('clean books are clean, each invariant with its figure', async () => {
  const findings = await audit(stage.storage, { now: NOON });
  assert.deepEqual(
    findings.map(({ id, ok, figure }) => [id, ok, figure]),
    [
      ['I1', true, '5 entries of 2 accounts, 0 balances differ'],
      ['I2', true, 'accounts 760, contra accounts -760, 0 entries with a wrong side'],
      ['I3', true, '1 periods, 0 over the highest limit; 0 nano-dollars beyond holds, flagged'],
      ['I3', true, '1 wallets, 0 below zero; 0 nano-dollars beyond holds, flagged'],
      ['I4', true, '0 holds open, the oldest for 0 s, 0 beyond their time'],
      ['I5', true, '2 requests charged, 0 of them twice'],
      ['I6', true, 'charged 0, recorded 0 nano-dollars, 0 requests differ'],
      ['I7', true, '2 of 2 guards in place'],
      ['I8', true, '0 faults of integrity, 0 dangling references'],
      ['I10', true, '10 amounts and sums, 0 wrong'],
    ],
  );
});

test('empty books are clean', async () => {
  await run(...unguarded, 'delete from ledger_entries', 'delete from ledger_snapshots');
  assert.deepEqual(await broken(), ['I7 entries can be neither changed nor deleted']);
});

test('a changed entry and a missing guard are found', async () => {
  await run(...unguarded, "update ledger_entries set amount = amount - 1 where id like 'le_%'");
  assert.deepEqual(await broken(), [
    'I1 each balance is the sum of its entries',
    'I7 entries can be neither changed nor deleted',
  ]);
});

test('a deleted entry is found', async () => {
  await run(...unguarded, "delete from ledger_entries where id like 'le_%'");
  assert.ok((await broken()).includes('I1 each balance is the sum of its entries'));
});

test('an entry with a wrong other side is found', async () => {
  await run(entry('req_z/0', 'usr_1', '-1', "'grants', 'charge', null"));
  assert.deepEqual(await broken(), ['I2 all entries sum to zero']);
  await run(entry('le_z', 'revenue', '-1', "'grants', 'debit', null"));
  assert.ok((await broken()).includes('I3 no prepaid wallet is overspent'));
});

test('an overspent budget and an overspent wallet are found; what is flagged as beyond its hold is not', async () => {
  await request('req_beyond', 2_000, 100);
  assert.deepEqual(await broken(), []);
  await run(entry('req_z/0', 'usr_1', '-800'));
  assert.deepEqual(await broken(), ['I3 no prepaid wallet is overspent']);
  await run(entry('req_z/1', 'bud_1', '-781', "'spending', 'budget', '2026-11-21'"));
  assert.deepEqual(await broken(), [
    'I3 no budget is overspent',
    'I3 no prepaid wallet is overspent',
  ]);
});

test('a lowered limit and a negative correction overspend nothing', async () => {
  await stage.ledger.defineBudget(budget({ limit: 1 }));
  const correction = {
    account: 'usr_1',
    amount: nanos(-5_000),
    kind: 'correction',
    reason: 'mistake',
  } as const;
  await stage.ledger.post(correction);
  assert.deepEqual(await broken(), []);
});

test('what is held beyond its time is found, until its request is on record', async () => {
  const note = (id: string, hold: object | null) => [id, { id, hold }];
  const open = [
    note('req_z1', { id: 'req_z1', at: NOON, expiresAt: NOON + HOLD_MS }),
    note('req_z2', null),
  ];
  const insert = (bundle: number, notes: object) =>
    `insert into open_notes (bundle, notes) values (${bundle}, '${JSON.stringify(notes)}')`;
  await run(insert(1_000_000, open));
  assert.deepEqual(await broken(), []);
  await run(insert(1_000_001, [note('req_z3', { at: NOON - 1, expiresAt: NOON + HOLD_MS - 1 })]));
  assert.deepEqual(await broken(), ['I4 nothing is held beyond its time']);
  await run(recordOf('req_z3', 'null'));
  assert.deepEqual(await broken(), []);
});

test('a request that is charged twice is found', async () => {
  await run(entry('req_z/0', 'usr_1', '-1'), entry('req_z/9', 'usr_1', '-1'));
  assert.deepEqual(await broken(), ['I5 each request is settled at most once on each account']);
});

test('charges that records do not know, and records that were not charged, are found', async () => {
  const name = 'I6 callers were charged what the usage records say';
  // The charges of older requests stay when their records are pruned.
  assert.deepEqual(await broken(), []);
  await run(recordOf('req_z1', '30'), recordOf('req_z2', 'null'), recordOf('req_z3', '0'));
  assert.deepEqual(await broken(), [name]);
  await request('req_z1', 30);
  assert.deepEqual(await broken(), []);
  await request('req_z4', 1);
  assert.deepEqual(await broken(), [name]);
});

test('an amount outside of the exact range is found', async () => {
  await run(
    'update budgets set limit_nanos = 9007199254740993, limit_peak_nanos = 9007199254740993',
  );
  assert.deepEqual(await broken(), ['I10 all amounts are integers in the exact range']);
});

test('what a wallet owed while it only counted is no breach when it is prepaid, and what comes then is', async () => {
  const wallet = { userId: 'usr_1', plan: null, markupPpm: null } as const;
  await stage.ledger.removeBudget('bud_1');
  await stage.ledger.defineWallet({ ...wallet, kind: 'metered' });
  await request(newId('req'), 2_000);
  await stage.ledger.defineWallet({ ...wallet, kind: 'prepaid' });
  assert.deepEqual(await broken(), []);
  await run(entry('req_9/0', 'usr_1', '-1').replace(', 0, ', `, ${NOON + 1}, `));
  assert.deepEqual(await broken(), ['I3 no prepaid wallet is overspent']);
});
