import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReadWindow } from './read-window.ts';

function windowAt(start: number) {
  let now = start;
  const window = createReadWindow({ requests: 2, seconds: 60 }, { elapsed: () => now });
  return { window, pass: (ms: number) => (now += ms) };
}

test('each caller has a window of its own, which begins with the first call and then anew', () => {
  const { window, pass } = windowAt(123);
  assert.deepEqual(window.count('a'), { allowed: true, remaining: 1, resetMs: 60_000 });
  pass(1_000);
  assert.deepEqual(window.count('b'), { allowed: true, remaining: 1, resetMs: 60_000 });
  assert.deepEqual(window.count('a'), { allowed: true, remaining: 0, resetMs: 59_000 });
  pass(58_999);
  assert.deepEqual(window.count('a'), { allowed: false, remaining: 0, resetMs: 1 });
  pass(1);
  assert.deepEqual(window.count('a'), { allowed: true, remaining: 1, resetMs: 60_000 });
  assert.deepEqual(window.count('b'), { allowed: true, remaining: 0, resetMs: 1_000 });
});

test('a window that opens at a fraction of a millisecond is as long as any other', () => {
  for (const start of [0.1, 4_123.700000001, 9_007_199.2547]) {
    const { window } = windowAt(start);
    assert.equal(window.headers(window.count('a'))['ratelimit'], '"default";r=1;t=60');
  }
});

test('the headers round the wait up, so that nobody comes too early', () => {
  const { window, pass } = windowAt(0);
  window.count('a');
  pass(1);
  assert.deepEqual(window.headers(window.count('a')), {
    'ratelimit-policy': '"default";q=2;w=60',
    ratelimit: '"default";r=0;t=60',
  });
});
