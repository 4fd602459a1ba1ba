import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SPANS, Window } from './window.ts';

const ISO_LENGTH = { minute: 16, hour: 13, day: 10 } as const;

function windowAt(span: Window['span'], instant: number): Window {
  const window = new Window(span);
  window.roll(instant);
  return window;
}

test('two instants share a window exactly if the UTC clock writes them alike up to its span', () => {
  const instant = fc.integer({ min: 0, max: Date.parse('2100-01-01T00:00:00Z') });
  const apart = fc.integer({ min: 0, max: 90_000_000 });
  fc.assert(
    fc.property(fc.constantFrom(...SPANS), instant, apart, (span, one, distance) => {
      const other = one + distance;
      const written = [one, other].map((at) =>
        new Date(at).toISOString().slice(0, ISO_LENGTH[span]),
      );
      const window = windowAt(span, one);
      assert.equal(window.numberAt(other) === window.number, written[0] === written[1]);
    }),
  );
});

test('the end of a window is the first instant of the next', () => {
  for (const span of SPANS) {
    for (const instant of ['2028-02-29T23:59:59.999Z', '2026-12-31T23:59:59.999Z']) {
      const window = windowAt(span, Date.parse(instant));
      assert.equal(window.end, Date.parse(instant) + 1);
      window.book(window.number, 3, 50);
      window.roll(window.end - 1);
      assert.deepEqual([window.requests, window.tokens], [3, 50]);
      window.roll(window.end);
      assert.deepEqual([window.requests, window.tokens], [0, 0]);
    }
  }
});

test('an earlier instant brings no earlier window back (T78)', () => {
  const noon = Date.parse('2026-11-21T12:00:00Z');
  const window = windowAt('minute', noon);
  window.book(window.number, 3, 50);
  window.roll(noon - 1);
  assert.deepEqual([window.number, window.requests], [window.numberAt(noon), 3]);
});

test('what belongs to another window is not booked in this one (T79)', () => {
  const window = windowAt('hour', Date.parse('2026-11-21T12:00:00Z'));
  window.book(window.number - 1, 1, 10);
  window.book(window.number + 1, 1, 10);
  assert.deepEqual([window.requests, window.tokens], [0, 0]);
});

test('a limit is reached by the request that fills it, and by no earlier one', () => {
  const window = windowAt('day', 0);
  window.requestsMost = 2;
  window.tokensMost = 10;
  assert.equal(window.fits(11), false);
  assert.equal(window.fits(10), true);
  window.book(window.number, 1, 4);
  assert.equal(window.fits(7), false);
  assert.equal(window.fits(6), true);
  window.book(window.number, 1, 0);
  assert.equal(window.fits(0), false);
});
