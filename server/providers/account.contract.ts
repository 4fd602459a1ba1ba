/**
 * What the account side of every provider must keep, over the answers in `test/fixtures/<id>/account/`.
 *
 * Its `cases.json` says for each case which calls are answered how, and what is to be read from it: only the members
 * that a case names are compared. An answer is the name of a file, given with status 200, or an object with a status,
 * headers and a `file`, a `body` or a `text` that is no JSON; several answers follow each other.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FailureCode } from '../../contract/failures.ts';
import { Failure } from '../failure.ts';
import type {
  Account,
  AccountAnswer,
  AccountCall,
  Ask,
  BalanceReading,
  KeyReading,
  Provider,
  ProviderUsage,
  UsageDays,
} from './provider.ts';

const FIXTURES = new URL('../../test/fixtures/', import.meta.url);
const DAYS: UsageDays = { from: '2026-11-01', to: '2026-11-19', today: '2026-11-19' };

interface Scripted {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly file?: string;
  readonly body?: unknown;
  readonly text?: string;
  readonly failure?: FailureCode;
}

type Answer = string | Scripted;
type Member = keyof Account;

interface Case {
  readonly title: string;
  readonly ask: Member;
  /** By method and path, without the query. */
  readonly answers: Readonly<Record<string, Answer | readonly Answer[]>>;
  readonly reading: Readonly<Record<string, unknown>>;
  readonly days?: UsageDays;
  /** Where the key lives, if not at the provider's own base. */
  readonly at?: string;
  /** Every call with its query, where that matters. */
  readonly asked?: readonly string[];
}

type AnyReading = KeyReading & Partial<BalanceReading & ProviderUsage>;

export function accountContract(provider: Provider): void {
  const folder = new URL(`${provider.id}/account/`, FIXTURES);
  const cases = readJson(folder, 'cases.json') as Case[];
  const members = (['validate', 'balance', 'usage'] as const).filter(
    (member) => provider.account[member] !== undefined,
  );

  test('the fixtures of its account are all used, and each of its calls has a case', () => {
    const text = JSON.stringify(cases);
    for (const file of readdirSync(folder)) {
      assert.ok(file === 'cases.json' || text.includes(`"${file}"`), file);
    }
    for (const member of members)
      assert.ok(
        cases.some(({ ask }) => ask === member),
        `no case asks for its ${member}`,
      );
    const isRefused = ({ reading }: Case) => reading['verdict'] === 'invalid';
    assert.ok(cases.some(isRefused), 'no case is of a key that is refused');
  });

  for (const one of cases) {
    test(`${one.ask}: ${one.title}`, async () => {
      const { reading, asked } = await play(provider, folder, one);
      for (const [name, expected] of Object.entries(one.reading)) {
        assert.deepEqual(reading[name as keyof AnyReading], expected, name);
      }
      if (one.asked !== undefined) assert.deepEqual(asked, one.asked);
      assertSound(reading, one.days ?? DAYS);
    });
  }

  testTrouble(provider, members);
  testAnyAnswer(provider, members);
  testDamage(provider, folder, cases);
}

const PAGE = '<!doctype html><title>Bad gateway</title>';
const TROUBLE: readonly (Scripted & { what: string; outcome: string; retryAfterMs?: number })[] = [
  { what: 'a page under 200', status: 200, text: PAGE, outcome: 'unreadable' },
  { what: 'half an answer', status: 200, text: '{"data":{"limit', outcome: 'unreadable' },
  { what: 'null', status: 200, body: null, outcome: 'unreadable' },
  { what: 'an empty object', status: 200, body: {}, outcome: 'unreadable' },
  {
    what: 'an error under 200',
    status: 200,
    body: { data: [], error: { code: 401, message: 'Invalid API key' } },
    outcome: 'unreadable',
  },
  {
    what: '429 with a time in seconds',
    status: 429,
    headers: { 'retry-after': '30' },
    body: { error: { message: 'Too many requests' } },
    outcome: 'rate limited',
    retryAfterMs: 30_000,
  },
  {
    what: '429 with a date',
    status: 429,
    headers: {
      date: 'Thu, 19 Nov 2026 10:00:00 GMT',
      'retry-after': 'Thu, 19 Nov 2026 10:02:00 GMT',
    },
    text: PAGE,
    outcome: 'rate limited',
    retryAfterMs: 120_000,
  },
  {
    what: '429 with a time that is none',
    status: 429,
    headers: { 'retry-after': 'soon' },
    text: '',
    outcome: 'rate limited',
  },
  { what: '500', status: 500, body: { error: 'Invalid API key' }, outcome: 'unavailable' },
  {
    what: '503 with a time',
    status: 503,
    headers: { 'retry-after': '5' },
    text: PAGE,
    outcome: 'unavailable',
    retryAfterMs: 5_000,
  },
  { what: 'a page under 401', status: 401, text: PAGE, outcome: 'unreadable' },
  { what: 'a page under 403', status: 403, text: PAGE, outcome: 'unreadable' },
  { what: '418', status: 418, body: { error: 'Invalid API key' }, outcome: 'unreadable' },
  { what: 'no connection', failure: 'upstream_unreachable', outcome: 'unreachable' },
  { what: 'no answer in time', failure: 'upstream_timeout', outcome: 'unreachable' },
  { what: 'a connection that broke', failure: 'upstream_reset', outcome: 'unreachable' },
  { what: 'a redirect', failure: 'upstream_redirect', outcome: 'unreachable' },
  { what: 'far too much', failure: 'upstream_too_large', outcome: 'unreadable' },
];

/** Every call is answered with the same trouble. */
function testTrouble(provider: Provider, members: readonly Member[]): void {
  test('T51: trouble of the moment is unknown, never invalid, and no balance', async () => {
    for (const { what, outcome, retryAfterMs = null, ...answer } of TROUBLE) {
      for (const member of members) {
        const reading = await read(provider, member, async () => scripted(answer));
        const told = { verdict: reading.verdict, outcome: reading.outcome };
        assert.deepEqual(told, { verdict: 'unknown', outcome }, `${member}: ${what}`);
        assert.equal(reading.retryAfterMs, retryAfterMs, `${member}: ${what}`);
        assert.ok((reading.balance ?? null) === null, `${member}: ${what}`);
        assert.deepEqual(reading.days ?? [], [], `${member}: ${what}`);
      }
    }
  });

  test('what is no Failure is a fault of ours and passes', async () => {
    for (const member of members) {
      await assert.rejects(
        read(provider, member, async () => {
          throw new TypeError('a fault of ours');
        }),
        TypeError,
      );
    }
  });
}

function testAnyAnswer(provider: Provider, members: readonly Member[]): void {
  const status = fc.constantFrom(200, 200, 200, 201, 204, 302, 400, 401, 402, 403, 404, 429, 500);
  const answers = fc.array(fc.tuple(status, fc.oneof(fc.jsonValue(), accountLikeBody())), {
    minLength: 1,
    maxLength: 4,
  });

  test('T51: no JSON whatever makes a reading throw or gives a certainty that nobody stated', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...members),
      answers,
      async (member, given) => {
        let next = 0;
        const used: (readonly [number, unknown])[] = [];
        const reading = await read(provider, member, async () => {
          const answer = given[next++ % given.length] ?? [500, null];
          used.push(answer);
          return { origin: 'http://127.0.0.1:1', status: answer[0], headers: {}, body: answer[1] };
        });
        assertSound(reading, DAYS);
        if (reading.verdict === 'invalid') {
          assert.ok(used.some(([code]) => [400, 401, 403].includes(code)));
        }
        if (reading.verdict === 'valid') {
          assert.ok(used.some(([code]) => code < 300 || [401, 402, 403].includes(code)));
        }
        if (typeof reading.balance === 'number') {
          assert.ok(used.some(([, body]) => /\d/.test(JSON.stringify(body))));
        }
      },
    );
    await fc.assert(property, { numRuns: 500 });
  });
}

/** JSON that comes near a true answer: its names, around values of any kind. */
function accountLikeBody(): fc.Arbitrary<unknown> {
  const number = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double(), fc.integer());
  const text = fc.oneof(number.map(String), fc.constantFrom('USD', 'usd', '2026-11-18', ''));
  const leaf = fc.oneof(number, text, fc.boolean(), fc.constant(null), fc.jsonValue());
  const names = [
    ...['limit', 'limit_remaining', 'usage', 'total_credits', 'total_usage', 'is_management_key'],
    ...['is_available', 'currency', 'total_balance', 'available_balance', 'code', 'status', 'id'],
    ...['totalBalance', 'availableBalance', 'canConsume', 'usd', 'diem', 'val', 'teamId', 'date'],
    ...['model', 'amount', 'value', 'start_time', 'starting_at', 'has_more', 'next_page'],
    ...['input_tokens', 'uncached_input_tokens', 'line_item', 'timestamp', 'values', 'message'],
  ];
  const flat = fc.dictionary(fc.constantFrom(...names), leaf, { maxKeys: 8 });
  const lists = ['data', 'balance_infos', 'results', 'timeSeries', 'dataPoints'];
  const nested = fc.dictionary(
    fc.constantFrom(...lists, 'total', 'balances', 'amount', 'error'),
    fc.oneof(flat, fc.array(flat, { maxLength: 3 }), leaf),
    { maxKeys: 4 },
  );
  return fc.tuple(flat, nested).map(([one, other]) => ({ ...one, ...other }));
}

const GARBAGE = ['', 'abc', '1,000', 'NaN', '0x10', true, {}, [], [1]] as const;

/** A true answer with one value spoilt gives the true figure or none, never another one. */
function testDamage(provider: Provider, folder: URL, cases: readonly Case[]): void {
  const whole = cases.filter(
    ({ reading }) => typeof reading['balance'] === 'number' || (reading['days'] as [])?.length > 0,
  );
  if (whole.length === 0) return;

  test('T51: one spoilt value never changes a balance or a cost, it only makes it unknown', async () => {
    for (const one of whole) {
      const { reading: truth, bodies } = await play(provider, folder, one);
      for (const [index, body] of bodies.entries()) {
        for (const path of numberPaths(body)) {
          // In a list of what was used, a cost that is not stated is no cost.
          const spoilt = truth.days === undefined ? [...GARBAGE, null] : GARBAGE;
          for (const garbage of spoilt) {
            const damage = { index, path, garbage };
            const { reading } = await play(provider, folder, one, damage);
            assertNoOther(reading, truth, `${one.title}: ${path.join('.')} = ${garbage}`);
          }
        }
      }
    }
  });
}

function assertNoOther(reading: AnyReading, truth: AnyReading, what: string): void {
  assert.notEqual(reading.verdict, 'invalid', what);
  if (truth.days === undefined) {
    if (reading.balance !== null) assert.equal(reading.balance, truth.balance, what);
    return;
  }
  const cost = ({ rows = [] }: AnyReading) => rows.reduce((sum, row) => sum + (row.cost ?? 0), 0);
  if (reading.days?.length === truth.days.length) assert.equal(cost(reading), cost(truth), what);
}

interface Damage {
  /** Which of the answers. */
  readonly index: number;
  readonly path: readonly string[];
  readonly garbage: unknown;
}

async function play(provider: Provider, folder: URL, one: Case, damage?: Damage) {
  const asked: string[] = [];
  const bodies: unknown[] = [];
  const turns = new Map<string, number>();
  const ask: Ask = async (call: AccountCall) => {
    asked.push(`${call.method} ${call.path}`);
    const name = `${call.method} ${call.path.split('?')[0]}`;
    const turn = turns.get(name) ?? 0;
    turns.set(name, turn + 1);
    const script = [one.answers[name] ?? []].flat()[turn];
    assert.ok(script !== undefined || damage !== undefined, `no answer to ${asked.at(-1)}`);
    const answer = scripted(script ?? { status: 500, body: null }, folder);
    const isSpoilt = damage?.index === bodies.length;
    bodies.push(answer.body);
    const body = isSpoilt ? withGarbage(answer.body, damage.path, damage.garbage) : answer.body;
    return { ...answer, body, origin: one.at ?? new URL(provider.base).origin };
  };
  const reading = await read(provider, one.ask, ask, one.days);
  return { reading, asked, bodies };
}

async function read(
  { account }: Provider,
  member: Member,
  ask: Ask,
  days = DAYS,
): Promise<AnyReading> {
  const reading =
    member === 'usage' ? await account.usage?.(ask, days) : await account[member]?.(ask);
  assert.ok(reading !== undefined);
  return reading;
}

/** An answer as the outbound door gives it: what is no JSON is a Failure under success and no body otherwise. */
function scripted(answer: Answer, folder?: URL): AccountAnswer {
  const script = typeof answer === 'string' ? { status: 200, file: answer } : answer;
  const { status = 200, headers = {}, file, text, body, failure } = script as Scripted;
  if (failure !== undefined) throw new Failure(failure);
  if (text !== undefined && status < 400) throw new Failure('upstream_unreadable');
  const json = file === undefined || folder === undefined ? body : readJson(folder, file);
  return {
    origin: 'http://127.0.0.1:1',
    status,
    headers,
    body: text === undefined ? json : undefined,
  };
}

function assertSound(reading: AnyReading, asked: UsageDays): void {
  const { verdict, outcome, balance, days, openDays, rows, message, retryAfterMs } = reading;
  assert.ok(message.endsWith('.') && message.length < 200, message);
  if (retryAfterMs !== null) assert.ok(Number.isSafeInteger(retryAfterMs) && retryAfterMs >= 0);
  if (typeof balance === 'number') {
    assert.ok(Number.isSafeInteger(balance) && !Object.is(balance, -0), `${balance}`);
    assert.deepEqual([verdict, outcome], ['valid', 'read']);
    assert.match(reading.currency ?? '', /^[A-Z]{3,4}$/);
  }
  if (days === undefined || rows === undefined) return;
  assert.deepEqual(days, [...new Set(days)].sort());
  assert.ok(days.every((day) => asked.from <= day && day <= asked.to && day <= asked.today));
  assert.ok(openDays?.every((day) => days.includes(day)));
  if (days.length > 0) assert.deepEqual([verdict, outcome], ['valid', 'read']);
  for (const { date, model, cost, ...counts } of rows) {
    assert.ok(days.includes(date), date);
    assert.equal(typeof model, 'string');
    assert.ok(cost === null || Number.isSafeInteger(cost));
    for (const count of Object.values(counts)) {
      assert.ok(count === null || (Number.isSafeInteger(count) && count >= 0), `${count}`);
    }
  }
  const keys = rows.map(({ date, model }) => `${date} ${model}`);
  assert.equal(new Set(keys).size, keys.length);
}

/** Where numbers stand in some JSON, also those in text. */
function numberPaths(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, part]) => numberPaths(part, [...path, name]));
  }
  return /^-?[\d.]+(e-?\d+)?$/i.test(String(value)) ? [path] : [];
}

function withGarbage(body: unknown, path: readonly string[], garbage: unknown): unknown {
  const copy = structuredClone({ body }) as Record<string, unknown>;
  let holder = copy;
  for (const name of ['body', ...path].slice(0, -1)) {
    holder = holder[name] as Record<string, unknown>;
  }
  holder[path.at(-1) ?? 'body'] = garbage;
  return copy['body'];
}

function readJson(folder: URL, file: string): unknown {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
}
