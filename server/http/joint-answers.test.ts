import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JointAnswers } from './joint-answers.ts';

/** Answers that are made by hand. */
function workshop() {
  const answers = new JointAnswers<number>();
  const begun: PromiseWithResolvers<number>[] = [];
  const ask = (key = 'same') =>
    answers.of(key, () => {
      const making = Promise.withResolvers<number>();
      begun.push(making);
      return making.promise;
    });
  return { ask, begun };
}

test('who comes while an answer is made shares the next one, and who comes later begins anew', async () => {
  const { ask, begun } = workshop();
  const first = ask();
  const crowd = Array.from({ length: 50 }, () => ask());
  assert.equal(begun.length, 1);
  begun[0]?.resolve(1);
  assert.equal(await first, 1);
  assert.equal(begun.length, 2, 'what was read before they asked is not theirs');
  const late = ask();
  begun[1]?.resolve(2);
  assert.deepEqual(await Promise.all(crowd), Array(50).fill(2));
  begun[2]?.resolve(3);
  assert.equal(await late, 3);
  const last = ask();
  begun[3]?.resolve(4);
  assert.equal(await last, 4);
});

test('different questions have nothing to do with each other', async () => {
  const { ask, begun } = workshop();
  const both = [ask('one'), ask('other')];
  assert.equal(begun.length, 2);
  for (const [index, making] of begun.entries()) making.resolve(index);
  assert.deepEqual(await Promise.all(both), [0, 1]);
});

test('an answer that fails fails for those who share it, and for nobody after them', async () => {
  const { ask, begun } = workshop();
  const first = ask();
  const second = [ask(), ask()];
  begun[0]?.reject(new Error('broken'));
  await assert.rejects(first, /broken/);
  begun[1]?.reject(new Error('still broken'));
  for (const answer of second) await assert.rejects(answer, /still broken/);
  const third = ask();
  begun[2]?.resolve(3);
  assert.equal(await third, 3);
});
