import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import type { Session } from '../accounts/accounts.ts';
import { createAccessTokens, looksLikeAccessToken } from './access-tokens.ts';

const SECRET = 'signing-key-of-the-tests-0123456789';
const START = Date.parse('2026-11-20T12:00:00Z');
let now = START;
const tokens = createAccessTokens(
  { secretKey: SECRET, accessTokenMinutes: 30 },
  { now: () => now },
);

const SESSION: Session = {
  ...{ id: 'ses_1', userId: 'usr_1', kind: 'password', ip: null, userAgent: null },
  ...{ createdAt: START, lastSeenAt: START, expiresAt: START + 3_600_000 },
};

const key = (secret: string) => new TextEncoder().encode(secret);
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('a token names its session until it expires, which is never after the session', async () => {
  now = START;
  const { token, expiresInSeconds } = await tokens.issue(SESSION);
  assert.equal(expiresInSeconds, 1800);
  assert.ok(looksLikeAccessToken(token));
  assert.equal(await tokens.sessionIdOf(token), 'ses_1');
  now = START + 1_799_000;
  assert.equal(await tokens.sessionIdOf(token), 'ses_1');
  now = START + 1_800_000;
  assert.equal(await tokens.sessionIdOf(token), null);
  now = START + 3_000_000;
  assert.equal((await tokens.issue(SESSION)).expiresInSeconds, 600);
});

test('T66: what we did not sign so, and whatever was changed since, names nothing', async () => {
  now = START;
  const { token } = await tokens.issue(SESSION);
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = { sid: 'ses_2', sub: 'usr_1', iss: 'tollkeeper', exp: START / 1000 + 60 };
  const sign = (alg: string, secret: string, of: Record<string, unknown> = claims) =>
    new SignJWT(of).setProtectedHeader({ alg }).sign(key(secret));
  const without = (name: keyof typeof claims) => {
    return Object.fromEntries(Object.entries(claims).filter(([one]) => one !== name));
  };
  // An empty key signs as well as any other: nothing may be taken for it.
  const unsigned = `${header}.${encode(claims)}`;
  const byNobody = createHmac('sha256', '').update(unsigned).digest('base64url');
  const FORGED = [
    `${unsigned}.${byNobody}`,
    `${header}.${encode(JSON.parse(Buffer.from(payload, 'base64url').toString()))} .${signature}`,
    `${token}.${signature}`,
    `${header}.${encode(claims)}.${signature}`,
    `${encode({ alg: 'none' })}.${encode(claims)}.`,
    `${encode({ alg: 'none' })}.${payload}.${signature}`,
    `${header}.${payload}.`,
    `${header}.${payload}.${signature.slice(0, -2)}`,
    `${header}.${payload}`,
    await sign('HS256', `${SECRET}x`),
    await sign('HS512', `${SECRET}${SECRET}`),
    await sign('HS256', SECRET, without('exp')),
    await sign('HS256', SECRET, without('sid')),
    await sign('HS256', SECRET, without('iss')),
    await sign('HS256', SECRET, { ...claims, sid: 5 }),
    ...['', '..', 'a.b.c', `${token}${token}`, ` ${token}`],
  ];
  for (const forged of FORGED) assert.equal(await tokens.sessionIdOf(forged), null, forged);
  // The same claims, signed as we sign, would pass: what fails above fails for its own reason.
  assert.equal(await tokens.sessionIdOf(await sign('HS256', SECRET)), 'ses_2');
});
