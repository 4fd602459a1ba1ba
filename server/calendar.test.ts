import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CALENDAR, dayAt, isTimeZone, startOfDay } from './calendar.ts';

test('only names of time zones are zones', () => {
  for (const name of ['UTC', 'Europe/Berlin', 'America/St_Johns'])
    assert.ok(isTimeZone(name), name);
  for (const name of ['', 'Mars/Olympus', 'Europe/Berlin; drop', '../etc']) {
    assert.ok(!isTimeZone(name), name);
  }
});

test('an instant lies in the day that it is there, and a day begins after a midnight that is skipped', () => {
  const evening = Date.parse('2026-11-20T18:15:00Z');
  assert.equal(String(dayAt(evening, 'Asia/Kathmandu')), '2026-11-21');
  assert.equal(String(dayAt(evening, 'America/New_York')), '2026-11-20');
  // Havana set its clocks forward at midnight: the day began at one.
  const day = Temporal.PlainDate.from('2026-03-08');
  assert.equal(
    new Date(startOfDay(day, 'America/Havana')).toISOString(),
    '2026-03-08T05:00:00.000Z',
  );
});

test('days, weeks and months follow each other, and their names sort as they do', () => {
  for (const { firstDay, next, name } of Object.values(CALENDAR)) {
    let first = firstDay(Temporal.PlainDate.from('2025-12-30'));
    for (let count = 0; count < 60; count++) {
      const following = next(first);
      assert.ok(name(first) < name(following), name(first));
      assert.deepEqual(firstDay(following), following);
      assert.deepEqual(firstDay(following.subtract({ days: 1 })), first);
      first = following;
    }
  }
  assert.equal(CALENDAR.week.name(Temporal.PlainDate.from('2025-12-29')), '2026-W01');
});
