/** Every route of the router, for every kind of caller, on one's own, another's and a missing thing. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { ALL_CALLS } from '../../contract/api/api.ts';
import type { Call } from '../../contract/api/call.ts';
import { Failure } from '../failure.ts';
import { ACCESS, make, type Owned, type Rule } from './access-table-for-tests.ts';
import { ADMIN_TOKEN, NOW, openTestEdge, type TestEdge } from './edge-for-tests.ts';
import { type Headers, type Person, register, speakTo } from './people/people-for-tests.ts';

let now = NOW;
let edge: TestEdge;
let ann: Person;
let ben: Person;
let admin: Person;
let callers: Readonly<Record<Kind, Headers>>;

type Kind = (typeof KINDS)[number];

const KINDS = [
  ...(['nobody', 'wrong bearer', 'wrong cookie', 'two that differ', 'key', 'revoked key'] as const),
  ...(['member by cookie', 'member by token', 'admin by cookie', 'admin by token'] as const),
  ...(['admin token', "member's API token", "admin's API token", 'revoked API token'] as const),
  ...(['expired API token', 'ended cookie', 'ended token', 'switched off'] as const),
  'metrics token' as const,
];

type Verdict = 'in' | keyof typeof STATUSES;

/** The refusals that are about who asks. */
const STATUSES = {
  authentication_required: 401,
  invalid_api_key: 401,
  missing_credential: 422,
  conflicting_credentials: 400,
  forbidden: 403,
} as const;

const NOT_SIGNED_IN: Readonly<Record<Kind, Verdict>> = {
  nobody: 'authentication_required',
  'wrong bearer': 'invalid_api_key',
  'wrong cookie': 'authentication_required',
  'two that differ': 'conflicting_credentials',
  key: 'invalid_api_key',
  'revoked key': 'invalid_api_key',
  'member by cookie': 'forbidden',
  'member by token': 'forbidden',
  'admin by cookie': 'in',
  'admin by token': 'in',
  'admin token': 'in',
  "member's API token": 'forbidden',
  "admin's API token": 'forbidden',
  'revoked API token': 'invalid_api_key',
  'expired API token': 'invalid_api_key',
  'ended cookie': 'authentication_required',
  'ended token': 'invalid_api_key',
  'switched off': 'authentication_required',
  'metrics token': 'forbidden',
};

const METRICS_TOKEN = 'metrics-token-of-the-tests';

const MEMBERS = { 'member by cookie': 'in', 'member by token': 'in' } as const;
const everybody = (verdict: Verdict) =>
  Object.fromEntries(KINDS.map((kind) => [kind, verdict])) as Record<Kind, Verdict>;

const RULES: Readonly<Record<Rule, Readonly<Record<Kind, Verdict>>>> = {
  anyone: everybody('in'),
  'self-service': everybody('in'),
  operator: NOT_SIGNED_IN,
  'signed in': { ...NOT_SIGNED_IN, ...MEMBERS, 'admin token': 'forbidden' },
  member: { ...NOT_SIGNED_IN, ...MEMBERS },
  reader: {
    ...{ ...NOT_SIGNED_IN, ...MEMBERS },
    ...{ "member's API token": 'in', "admin's API token": 'in' },
  },
  onlooker: {
    ...{ ...NOT_SIGNED_IN, ...MEMBERS, nobody: 'in', 'wrong cookie': 'in' },
    ...{ 'ended cookie': 'in', 'switched off': 'in' },
  },
  scraper: { ...NOT_SIGNED_IN, 'metrics token': 'in' },
  'key holder': {
    ...everybody('invalid_api_key'),
    nobody: 'missing_credential',
    'wrong cookie': 'missing_credential',
    'two that differ': 'conflicting_credentials',
    key: 'in',
    'member by cookie': 'missing_credential',
    'admin by cookie': 'missing_credential',
    'ended cookie': 'missing_credential',
    'switched off': 'missing_credential',
  },
};

before(async () => {
  edge = await openTestEdge({
    clock: { now: () => now },
    settings: { selfServiceKeys: true, publicDashboard: true, metricsToken: METRICS_TOKEN },
    v1: (scope, given) => {
      scope.all('/v1/*', (request) => {
        given.keyHolder(request.headers);
        throw new Failure('overloaded');
      });
      return undefined;
    },
  });
  [ann, ben, admin] = [await register(edge), await register(edge), await register(edge)];
  const promote = { role: 'admin' };
  await speakTo(edge).patch(`/api/users/${admin.id}`, promote, { 'x-admin-token': ADMIN_TOKEN });
  callers = await everyKind();
});
after(() => edge.close());

async function everyKind(): Promise<Record<Kind, Headers>> {
  const { post, patch, remove } = speakTo(edge);
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const [ended, off] = [await register(edge), await register(edge)];
  await post('/api/auth/logout', {}, ended.cookie);
  await patch(`/api/users/${off.id}`, { is_active: false }, admin.cookie);
  const key = async (label: string) => {
    const request = { label, note: null, origin: 'operator', allowUnmetered: true } as const;
    return await edge.accounts.keys.issue(request);
  };
  const [good, revoked] = [await key('holder'), await key('holder')];
  await edge.accounts.keys.revoke(revoked.key.id);
  const token = async ({ cookie }: Person, more: object = {}) =>
    (await post('/api/tokens', { name: 'x', ...more }, cookie)).json();
  const gone = await token(ann);
  await remove(`/api/tokens/${gone.id}`, null, ann.cookie);
  const short = await token(ann, { expires_at: new Date(now + 1000).toISOString() });
  const tokens = [(await token(ann)).token, (await token(admin)).token];
  now += 1000;
  return {
    nobody: {},
    'wrong bearer': bearer('wrong'),
    'wrong cookie': { cookie: 'tollkeeper=wrong' },
    'two that differ': { ...bearer(good.token), 'x-api-key': ADMIN_TOKEN },
    key: bearer(good.token),
    'revoked key': bearer(revoked.token),
    'member by cookie': ann.cookie,
    'member by token': ann.jwt,
    'admin by cookie': admin.cookie,
    'admin by token': admin.jwt,
    'admin token': bearer(ADMIN_TOKEN),
    "member's API token": bearer(tokens[0]),
    "admin's API token": bearer(tokens[1]),
    'revoked API token': bearer(gone.token),
    'expired API token': bearer(short.token),
    'ended cookie': ended.cookie,
    'ended token': ended.jwt,
    'switched off': off.cookie,
    'metrics token': bearer(METRICS_TOKEN),
  };
}

const METHODS_WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);

function ask(route: string, headers: Headers, to: { id?: string; body?: object } = {}) {
  const [method = '', path = ''] = route.split(' ');
  const url = path.replaceAll(/:\w+/g, to.id ?? 'none_1').replace('*', 'models');
  // A field that no call has: whoever is let in is told so, and nothing happens.
  const payload = to.body ?? { no_such_field: true };
  return edge.http.instance.inject({
    ...{ method: method as 'GET', url, headers },
    ...(METHODS_WITH_BODY.has(method) && { payload }),
  });
}

/** `in`, or the code of a refusal that is about who asks. */
async function verdict(route: string, headers: Headers): Promise<string> {
  const reply = await ask(route, headers);
  if (reply.statusCode < 400) return 'in';
  const body = reply.json();
  const code = body.code ?? body.error?.code;
  return code in STATUSES && STATUSES[code as keyof typeof STATUSES] === reply.statusCode
    ? code
    : 'in';
}

const ruleOf = (line: Rule | Owned): Rule => (typeof line === 'string' ? line : line.who);
const routes = () => edge.http.routes.map(({ method, path }) => `${method} ${path}`);

test('T43: every route has its line, and every line its route', () => {
  const own = routes().filter((route) => !route.endsWith(' /v1/*'));
  assert.deepEqual([...new Set(own)].sort(), Object.keys(ACCESS).sort());
});

test('only reading calls take API tokens, and only those of the public statistics', () => {
  for (const { method, path, who } of ALL_CALLS) {
    const isPublic = path.startsWith('/api/v1/');
    assert.equal(who === 'reader', isPublic, path);
    if (isPublic) assert.equal(method, 'GET', path);
  }
});

test('T46: no call of ours takes a field that it does not declare, by the name of whatever column', async () => {
  const { db } = edge.storage;
  const tables = await db.introspection.getTables();
  const columns = tables.flatMap((table) => table.columns.map(({ name }) => name));
  assert.ok(columns.includes('password_hash') && columns.includes('charge_nanos'));
  const fields = [...new Set([...columns, ...FOREIGN_FIELDS])];
  const taken = ALL_CALLS.filter(({ path }) => !path.startsWith('/v1/')).flatMap((call) =>
    fields.filter((field) => takes(call, field)).map((field) => `${call.path}: ${field}`),
  );
  assert.deepEqual(taken, []);
});

const FOREIGN_FIELDS = ['is_admin', 'isAdmin', 'tenant_id', 'balance', 'constructor', 'prototype'];

/** Whether the call would take a field that its own description does not have. */
function takes({ request }: Call, field: string): boolean {
  if (request === undefined || field in propertiesOf(request)) return false;
  const issues = request.safeParse({ [field]: 'x' }).error?.issues ?? [];
  return !issues.some(({ code }) => code === 'unrecognized_keys');
}

function propertiesOf(request: NonNullable<Call['request']>): object {
  const whole = z.toJSONSchema(request, { io: 'input', unrepresentable: 'any' });
  // A body that may be left out is one of several things, nothing among them.
  const properties = [whole, ...(whole.anyOf ?? [])].map((form) => form.properties ?? {});
  return Object.assign(Object.create(null), ...properties);
}

describe('T43: each kind of caller gets what the table says', () => {
  for (const kind of KINDS) {
    test(kind, async () => {
      const wrong: string[] = [];
      const lines = { ...ACCESS, 'GET /v1/*': 'key holder', 'POST /v1/*': 'key holder' } as const;
      for (const [route, line] of Object.entries<Rule | Owned>(lines)) {
        // Whoever signs out is somebody else afterwards; that is tested where signing out is.
        const isLast = route === 'POST /api/auth/logout' && RULES['signed in'][kind] === 'in';
        if (isLast) continue;
        const expected = RULES[ruleOf(line)][kind];
        const found = await verdict(route, callers[kind]);
        if (found !== expected) wrong.push(`${route}: ${found} instead of ${expected}`);
      }
      assert.deepEqual(wrong, []);
    });
  }
});

describe("T43: another's thing looks exactly like one that is missing, and one's own does not", () => {
  const owned = Object.entries(ACCESS).filter((line): line is [string, Owned] => {
    return typeof line[1] !== 'string';
  });
  for (const [route, { who, of, body = {}, refusal }] of owned) {
    const isAnswered = (status: number) =>
      refusal === undefined ? status < 300 : status === refusal;
    test(route, async () => {
      const owner = await register(edge);
      const id = await make(edge, of, owner);
      const strip = ({ statusCode, body: text }: { statusCode: number; body: string }) => ({
        statusCode,
        text: text.replaceAll(/req_\w+/g, ''),
      });
      const missing = strip(await ask(route, ben.cookie, { body }));
      assert.equal(missing.statusCode, 404);
      assert.deepEqual(strip(await ask(route, ben.cookie, { id, body })), missing);
      assert.deepEqual(strip(await ask(route, ben.jwt, { id, body })), missing);
      const own = await ask(route, owner.cookie, { id, body });
      assert.ok(isAnswered(own.statusCode), `${own.statusCode} ${own.body}`);
      if (who === 'signed in') return;
      const another = await make(edge, of, owner);
      const operators = [admin.cookie, { 'x-admin-token': ADMIN_TOKEN }];
      for (const headers of route.startsWith('DELETE') ? [admin.cookie] : operators) {
        const seen = await ask(route, headers, { id: another, body });
        assert.ok(isAnswered(seen.statusCode), `${seen.statusCode} ${seen.body}`);
      }
    });
  }
});

test('T43: lists of a member hold nothing of others, and those of the operator hold all', async () => {
  const owner = await register(edge);
  const things = ['virtual key', 'provider key', 'API token'] as const;
  const lists = ['/api/virtual-keys?limit=500', '/api/keys', '/api/tokens'] as const;
  for (const [index, thing] of things.entries()) {
    const id = await make(edge, thing, owner);
    const url = lists[index] ?? '';
    const sees = async (headers: Headers) =>
      (await speakTo(edge).get(url, headers)).body.includes(`"${id}"`);
    assert.deepEqual(
      [await sees(ben.cookie), await sees(owner.cookie), await sees(admin.jwt)],
      [false, true, true],
      thing,
    );
  }
});

/** What a call takes that compares it with a secret of somebody. */
const SECRET_FIELDS = ['password', 'current_password', 'new_password', 'token', 'code', 'secret'];

test('T41: every way to a session, a secret or a new password is throttled, and asks for what it must', async () => {
  const own = await openTestEdge();
  const { post } = speakTo(own);
  const { email, cookie } = await register(own);
  const token = own.accounts.entrance.setUpToken() ?? assert.fail();
  const wrong = { password: 'wrong one', new_password: 'wrong one', token: 'wrong' };
  const WAYS: Readonly<Record<string, readonly [object, Headers]>> = {
    'POST /api/auth/login': [{ email, password: wrong.password }, {}],
    'POST /api/auth/reset': [{ token: wrong.token, new_password: wrong.new_password }, {}],
    'POST /api/setup': [{ email, password: wrong.password, token: `${token}x` }, {}],
    'POST /api/auth/password': [
      { current_password: wrong.password, new_password: wrong.new_password },
      cookie,
    ],
    'DELETE /api/auth/me': [{ password: wrong.password, confirm: email }, cookie],
  };
  const asks = ALL_CALLS.filter(({ request }) => {
    return request !== undefined && SECRET_FIELDS.some((field) => field in propertiesOf(request));
  }).map(({ method, path }) => `${method} ${path}`);
  // Whoever registers opens nothing that was there before.
  assert.deepEqual(asks.toSorted(), [...Object.keys(WAYS), 'POST /api/auth/register'].toSorted());
  for (const [route, [payload, headers]] of Object.entries(WAYS)) {
    const [method = '', url = ''] = route.split(' ');
    const statuses = new Set<number>();
    for (let n = 0; n < 12; n++) {
      const call = { method: method as 'POST', url, payload, headers };
      statuses.add((await own.http.instance.inject(call)).statusCode);
    }
    assert.ok(statuses.has(429), `${route}: ${[...statuses]}`);
    assert.ok(!statuses.has(200) && !statuses.has(201) && !statuses.has(204), route);
  }
  assert.equal((await post('/api/auth/login', { email, password: 'x' })).statusCode, 429);
  await own.close();
});
