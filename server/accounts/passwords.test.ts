import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../failure.ts';
import { createPasswords } from './passwords.ts';

test('a password matches its own hash and no other, however it was typed', async () => {
  const passwords = createPasswords();
  const stored = await passwords.hash('caf\u00e9 au lait');
  assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  assert.equal(await passwords.matches('caf\u00e9 au lait', stored), true);
  assert.equal(await passwords.matches('cafe\u0301 au lait', stored), true);
  for (const wrong of ['', 'cafe au lait', 'caf\u00e9 au lait ', 'CAF\u00c9 AU LAIT']) {
    assert.equal(await passwords.matches(wrong, stored), false);
  }
});

test('one password has another hash each time, and the parameters of a hash belong to it', async () => {
  const passwords = createPasswords();
  const [first, second] = await Promise.all([passwords.hash('same'), passwords.hash('same')]);
  assert.notEqual(first, second);
  const cheap = first.replace('m=19456,t=2', 'm=64,t=1');
  assert.equal(await passwords.matches('same', cheap), false);
});

test('T40: where there is no hash nothing matches, after the same work', async () => {
  const passwords = createPasswords();
  for (const guess of ['', 'anything']) assert.equal(await passwords.matches(guess, null), false);
});

test('a stored hash that cannot be read is a fault of ours, and never a match', async () => {
  const passwords = createPasswords();
  for (const stored of ['', 'plain', '$argon2i$v=19$m=64,t=1,p=1$c2FsdA$c2FsdA', '$argon2id$']) {
    await assert.rejects(passwords.matches('plain', stored), { code: 'internal' });
  }
});

test('T40: a crowd is turned away at once, and who was let in gets an answer', async () => {
  const passwords = createPasswords();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 60 }, () => passwords.matches('guess', null)),
  );
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  // Two are at work and twenty wait.
  assert.equal(refused.length, 60 - 22);
  for (const { reason } of refused) {
    assert.ok(reason instanceof Failure);
    assert.equal(reason.code, 'overloaded');
    assert.ok((reason.details.retryAfterMs ?? 0) > 0);
  }
  // And then there is room again, as often as before.
  const later = await Promise.allSettled(
    Array.from({ length: 22 }, () => passwords.matches('guess', null)),
  );
  assert.ok(later.every(({ status }) => status === 'fulfilled'));
});
