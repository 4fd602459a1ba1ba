/**
 * Who may make which call, written down a second time so that nothing opens by accident: the access matrix compares
 * every route with its line here, and a route without a line fails it. To add a route, add a line; if its path names
 * something that belongs to somebody, say what, with a body that the call would accept.
 */
import assert from 'node:assert/strict';
import { newId } from '../id.ts';
import { ADMIN_TOKEN, type TestEdge } from './edge-for-tests.ts';
import { PASSWORD, type Person, speakTo } from './people/people-for-tests.ts';

/** As in the contract, in whose words it is not taken on trust. */
export type Rule =
  | 'anyone'
  | 'self-service'
  | 'key holder'
  | 'operator'
  | 'signed in'
  | 'member'
  | 'reader'
  | 'onlooker'
  | 'scraper';

export type Thing = 'wallet' | 'virtual key' | 'provider key' | 'API token' | 'session' | 'request';

export interface Owned {
  readonly who: Rule;
  /** What the last parameter of the path names. */
  readonly of: Thing;
  readonly body?: object;
  /** How one's own is refused by whoever stands behind us; without it, it is a success. */
  readonly refusal?: number;
}

export const ACCESS: Readonly<Record<string, Rule | Owned>> = {
  'GET /': 'anyone',
  'GET /health': 'anyone',
  'GET /models/simple': 'anyone',
  'GET /redoc': 'anyone',
  'GET /openapi.json': 'anyone',
  'GET /ping': 'anyone',
  'GET /api/settings': 'operator',
  'GET /metrics': 'scraper',
  'DELETE /reset': 'operator',

  'POST /admin/keys': 'operator',
  'POST /admin/keys/:key/revoke': 'operator',
  'GET /admin/usage/:key': 'operator',
  'POST /admin/create_user': 'operator',
  'POST /admin/add_credits': 'operator',
  'GET /admin/balance': 'operator',
  'GET /admin/monitor': 'operator',
  'POST /admin/limit': 'operator',
  'POST /api/wallets/:user_id/entries': 'operator',
  'GET /api/wallets/:user_id': { who: 'member', of: 'wallet' },
  'PATCH /api/wallets/:user_id': 'operator',
  'GET /api/wallets/:user_id/entries': { who: 'member', of: 'wallet' },
  'GET /reports/data': 'member',
  'GET /api/figures': 'member',
  'GET /api/overview': 'onlooker',
  'GET /api/requests': 'member',
  'GET /api/requests/:id': { who: 'member', of: 'request' },
  'GET /api/prices': 'member',
  'GET /api/v1/stats': 'reader',
  'GET /api/v1/usage': 'reader',
  'GET /api/v1/keys': 'reader',

  'GET /user/balance': 'key holder',
  'GET /user/monitor': 'key holder',
  'GET /user/limit': 'key holder',

  'POST /public/keys': 'self-service',
  'GET /public/keys/:username': 'self-service',

  'GET /api/virtual-keys': 'member',
  'POST /api/virtual-keys': 'member',
  'GET /api/virtual-keys/:id': { who: 'member', of: 'virtual key' },
  'PATCH /api/virtual-keys/:id': { who: 'member', of: 'virtual key', body: { note: 'x' } },
  'DELETE /api/virtual-keys/:id': { who: 'member', of: 'virtual key' },
  'POST /api/virtual-keys/:id/rotate': { who: 'member', of: 'virtual key', body: {} },

  'GET /api/keys': 'member',
  'POST /api/keys': 'member',
  'POST /api/keys/test': 'member',
  'GET /api/keys/:id': { who: 'member', of: 'provider key' },
  'PATCH /api/keys/:id': { who: 'member', of: 'provider key', body: { name: 'x' } },
  'DELETE /api/keys/:id': { who: 'member', of: 'provider key' },
  'POST /api/keys/:id/trigger-check': { who: 'member', of: 'provider key' },
  'GET /api/keys/:id/balance-history': { who: 'member', of: 'provider key' },
  'POST /api/keys/:id/sync': { who: 'member', of: 'provider key', refusal: 409 },
  'GET /api/balances': 'member',
  'GET /api/balances/course': 'member',
  'POST /api/checks': 'operator',
  'GET /api/platforms': 'anyone',
  'GET /data': 'operator',
  'GET /keys': 'operator',
  'POST /keys': 'operator',
  'PATCH /keys/:id/active': 'operator',
  'DELETE /keys/:id': 'operator',
  'POST /keys/:id/probe': 'operator',

  'POST /api/auth/register': 'anyone',
  'POST /api/auth/login': 'anyone',
  'POST /api/auth/reset': 'anyone',
  'POST /api/setup': 'anyone',
  'POST /login': 'anyone',
  'GET /api/session': 'anyone',
  'POST /api/auth/logout': 'signed in',
  'GET /api/auth/me': 'signed in',
  'PATCH /api/auth/me': 'signed in',
  'DELETE /api/auth/me': 'signed in',
  'POST /api/auth/password': 'signed in',
  'GET /api/auth/sessions': 'signed in',
  'DELETE /api/auth/sessions/:id': { who: 'signed in', of: 'session' },

  'GET /api/preferences': 'signed in',
  'PUT /api/preferences': 'signed in',

  'GET /api/tokens': 'member',
  'POST /api/tokens': 'member',
  'DELETE /api/tokens/:id': { who: 'member', of: 'API token' },

  'POST /api/invitations': 'operator',
  'POST /api/users/:id/reset-link': 'operator',
  'GET /api/users': 'operator',
  'PATCH /api/users/:id': 'operator',
  'DELETE /api/users/:id': 'operator',
  'GET /api/audit': 'operator',
  'GET /api/audit/actions': 'operator',
};

/** Makes a thing of somebody's, and gives its id. */
export async function make(edge: TestEdge, thing: Thing, owner: Person): Promise<string> {
  const { get, post } = speakTo(edge);
  if (thing === 'session') {
    const before = (await get('/api/auth/sessions', owner.cookie)).json();
    await post('/api/auth/login', { email: owner.email, password: PASSWORD });
    const now: { id: string }[] = (await get('/api/auth/sessions', owner.cookie)).json();
    const known = new Set(before.map(({ id }: { id: string }) => id));
    return now.find(({ id }) => !known.has(id))?.id ?? assert.fail();
  }
  if (thing === 'request') {
    const id = newId('req');
    await edge.record({ id: 'vk_of_the_tests', userId: owner.id }, { id });
    return id;
  }
  if (thing === 'wallet') {
    const credit = { kind: 'credit', amount_usd: '1', reason: 'a test' };
    const url = `/api/wallets/${owner.id}/entries`;
    const booked = await post(url, credit, { 'x-admin-token': ADMIN_TOKEN });
    assert.equal(booked.statusCode, 201, booked.body);
    return owner.id;
  }
  const [url, body] = ORDERS[thing];
  const made = await post(url, body(), owner.cookie);
  assert.equal(made.statusCode, 201, made.body);
  return made.json().id;
}

let secrets = 1_000_000_000;

/** What is asked for where; no provider key can be stored twice. */
const ORDERS: Readonly<
  Record<Exclude<Thing, 'session' | 'request' | 'wallet'>, readonly [string, () => object]>
> = {
  'virtual key': ['/api/virtual-keys', () => ({ name: 'mine' })],
  'provider key': [
    '/api/keys',
    () => ({ platform: 'groq', name: `mine ${++secrets}`, key: `gsk_of_the_tests_${secrets}` }),
  ],
  'API token': ['/api/tokens', () => ({ name: 'mine' })],
};
