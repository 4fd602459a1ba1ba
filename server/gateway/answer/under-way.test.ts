import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnderWay } from './under-way.ts';

test('what is under way is what was added and has not left, in whatever order they leave', () => {
  const list = new UnderWay<{ place: number; name: string }>();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ place: -1, name }));
  assert.ok(a && b && c);
  for (const member of [a, b, c]) list.add(member);
  list.delete(a);
  assert.deepEqual(new Set(list), new Set([b, c]));
  list.delete(c);
  list.delete(c);
  list.delete({ place: -1, name: 'never added' });
  list.add(a);
  list.delete(b);
  assert.deepEqual([...list], [a]);
  list.delete(a);
  assert.deepEqual([...list], []);
});

test('members may leave while they are listed', () => {
  const list = new UnderWay<{ place: number }>();
  for (let count = 0; count < 5; count++) list.add({ place: -1 });
  let seen = 0;
  for (const member of list) {
    list.delete(member);
    seen++;
  }
  assert.equal(seen, 5);
  assert.deepEqual([...list], []);
});
