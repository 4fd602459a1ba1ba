import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { newToken } from '../../server/accounts/token.ts';
import { issuedTokensIn, Needles } from './needles.ts';

const SECRET = 'a "secret" of ours/0123+ü';

function found(secret: string, text: string | Buffer): string[] {
  const needles = new Needles();
  needles.add(secret);
  return needles.findIn(Buffer.concat([Buffer.from([0, 1]), Buffer.from(text), Buffer.from('x')]));
}

test('a secret is found plain, as in JSON, as in a URL, in hex, and in base64 wherever it stands there', () => {
  assert.match(found(SECRET, `... ${SECRET} ...`)[0] ?? '', /plain$/);
  assert.match(found(SECRET, JSON.stringify({ a: SECRET }))[0] ?? '', /as in JSON$/);
  assert.match(found(SECRET, `/x?key=${encodeURIComponent(SECRET)}&b`)[0] ?? '', /as in a URL$/);
  assert.match(found(SECRET, Buffer.from(SECRET).toString('hex'))[0] ?? '', /in hex$/);
  for (let before = 0; before < 5; before++) {
    const longer = Buffer.from(`${'y'.repeat(before)}${SECRET}:more`);
    for (const encoding of ['base64', 'base64url'] as const) {
      assert.match(found(SECRET, longer.toString(encoding))[0] ?? '', /in base64$/);
    }
  }
});

test('an encryption key is found as its bytes too', () => {
  const key = randomBytes(32);
  for (const text of [key.toString('base64'), key.toString('hex')]) {
    assert.match(found(text, key)[0] ?? '', /as bytes$/);
  }
});

test('what is said of a secret that was found does not tell it', () => {
  for (const title of found(SECRET, SECRET)) assert.ok(!title.includes(SECRET.slice(0, 8)), title);
  const token = newToken();
  for (const title of issuedTokensIn(Buffer.from(token))) {
    assert.ok(!title.includes(token.slice(0, 8)), title);
  }
});

test('a part of a secret, and a word too short to be one, are not found', () => {
  assert.deepEqual(found(SECRET, SECRET.slice(1)), []);
  assert.deepEqual(found('local', 'the local server'), []);
});

test('keys and tokens that we issued are found by their shape, what a test made up is not', () => {
  const [key, token] = [newToken(), newToken('tkr_')];
  for (const issued of [key, token]) {
    assert.equal(issuedTokensIn(Buffer.from(`\u0000${issued}\u0000`)).length, 1);
    for (let before = 0; before < 3; before++) {
      const encoded = Buffer.from(`${'-'.repeat(before)}${issued} and more`).toString('base64');
      assert.ok(issuedTokensIn(Buffer.from(encoded)).length > 0, `${before}`);
    }
  }
  const wrongSum = `${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`;
  assert.deepEqual(issuedTokensIn(Buffer.from(`${wrongSum} ${key.slice(0, 11)}...`)), []);
  const part = (text: string) => Buffer.from(text).toString('base64url');
  const jwt = `${part('{"alg":"HS256"}')}.${part('{"sub":"usr_1","sid":"ses_1"}')}.${part('s'.repeat(32))}`;
  assert.deepEqual(issuedTokensIn(Buffer.from(`"${jwt}"`)), ['an access token']);
});
