import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isWellFormed, newToken, tokenHash } from './token.ts';

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

test('a token is tk_ with 43 letters of secret and 6 of checksum, and knows itself', () => {
  for (let i = 0; i < 200; i++) {
    const token = newToken();
    assert.match(token, /^tk_[0-9A-Za-z]{49}$/);
    assert.equal(isWellFormed(token), true);
  }
});

test('two tokens are never the same', () => {
  const tokens = Array.from({ length: 1_000 }, newToken);
  assert.equal(new Set(tokens).size, tokens.length);
});

test('a token with one letter changed is refused', () => {
  const place = fc.integer({ min: 0, max: newToken().length - 1 });
  const letter = fc.constantFrom(...LETTERS);
  fc.assert(
    fc.property(place, letter, (at, other) => {
      const token = newToken();
      fc.pre(token.charAt(at) !== other);
      return !isWellFormed(token.slice(0, at) + other + token.slice(at + 1));
    }),
    { numRuns: 2_000 },
  );
});

test('a token with two neighbouring letters swapped is refused', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: newToken().length - 2 }), (at) => {
      const token = newToken();
      const [first, second] = [token.charAt(at), token.charAt(at + 1)];
      fc.pre(first !== second);
      return !isWellFormed(token.slice(0, at) + second + first + token.slice(at + 2));
    }),
    { numRuns: 500 },
  );
});

test('anything else is refused without harm', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !isWellFormed(text)));
  const token = newToken();
  for (const text of ['', 'tk_', `${token} `, ` ${token}`, token.slice(0, -1), `${token}0`]) {
    assert.equal(isWellFormed(text), false);
  }
});

test('what is stored of a token is its SHA-256 in hexadecimal', () => {
  assert.equal(
    tokenHash('abc'),
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});
