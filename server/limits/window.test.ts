import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NO_RULES } from './subject.ts';
import { Counts, SPANS, type Span } from './window.ts';

const ISO_LENGTH = { minute: 16, hour: 13, day: 10 } as const;
const NOON = Date.parse('2026-11-21T12:00:00Z');

function countsAt(instant: number): Counts {
  const counts = new Counts();
  counts.roll(instant);
  return counts;
}

function used(counts: Counts, span: Span): [requests: number, tokens: number] {
  const { requests, tokens } = counts.window(span, NO_RULES);
  return [requests, tokens];
}

test('two instants share a window exactly if the UTC clock writes them alike up to its span', () => {
  const instant = fc.integer({ min: 0, max: Date.parse('2100-01-01T00:00:00Z') });
  const apart = fc.integer({ min: -90_000_000, max: 90_000_000 });
  fc.assert(
    fc.property(fc.constantFrom(...SPANS), instant, apart, (span, one, distance) => {
      const other = Math.max(0, one + distance);
      const written = [one, other].map((at) =>
        new Date(at).toISOString().slice(0, ISO_LENGTH[span]),
      );
      const counts = countsAt(one);
      counts.book(other, 1, 10);
      assert.deepEqual(used(counts, span), written[0] === written[1] ? [1, 10] : [0, 0]);
    }),
  );
});

test('the end of a window is the first instant of the next', () => {
  for (const span of SPANS) {
    for (const instant of ['2028-02-29T23:59:59.999Z', '2026-12-31T23:59:59.999Z']) {
      const last = Date.parse(instant);
      const counts = countsAt(last);
      assert.equal(counts.window(span, NO_RULES).end, last + 1);
      counts.book(last, 3, 50);
      counts.roll(last);
      assert.deepEqual(used(counts, span), [3, 50]);
      counts.roll(last + 1);
      assert.deepEqual(used(counts, span), [0, 0]);
    }
  }
});

test('a window ends without the others', () => {
  const counts = countsAt(NOON);
  counts.book(NOON, 3, 50);
  counts.roll(NOON + 60_000);
  assert.deepEqual(
    SPANS.map((span) => used(counts, span)),
    [
      [0, 0],
      [3, 50],
      [3, 50],
    ],
  );
});

test('an earlier instant brings no earlier window back (T78)', () => {
  const counts = countsAt(NOON);
  counts.book(NOON, 3, 50);
  counts.roll(NOON - 1);
  assert.deepEqual(used(counts, 'minute'), [3, 50]);
});

test('what belongs to another window is not booked in this one (T79)', () => {
  const counts = countsAt(NOON);
  counts.book(NOON - 1, 1, 10);
  counts.book(NOON + 3_600_000, 1, 10);
  assert.deepEqual(used(counts, 'hour'), [0, 0]);
});

test('a limit is reached by the request that fills it, and by no earlier one', () => {
  for (const [index, span] of SPANS.entries()) {
    const counts = countsAt(0);
    const of = (count: number) => SPANS.map((_, at) => (at === index ? count : 1_000));
    const most = { requests: of(2), tokens: of(10) };
    assert.equal(counts.fits(11, most), false, span);
    assert.equal(counts.fits(10, most), true);
    counts.book(0, 1, 4);
    assert.equal(counts.fits(7, most), false);
    assert.equal(counts.fits(6, most), true);
    counts.book(0, 1, 0);
    assert.equal(counts.fits(0, most), false);
  }
});
