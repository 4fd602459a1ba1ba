import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { wrongValue } from './wrong-values.ts';

const schema = z.strictObject({
  label: z.string().min(1).max(5).optional(),
  count: z.coerce.number().int().min(0).optional(),
  over: z.number().gt(0).optional(),
  of: z.enum(['day', 'week']).optional(),
  at: z.iso.datetime({ offset: true }).optional(),
  models: z.array(z.string()).max(1).optional(),
  own: z.string({ error: 'Say it so.' }).optional(),
});

const CASES: readonly (readonly [z.ZodType, unknown, string])[] = [
  [z.object({ label: z.string() }), {}, 'This is missing.'],
  [schema, { label: 5 }, 'This must be text (a string).'],
  [schema, [], 'This must be an object.'],
  [schema, { count: 'many' }, 'This must be a number.'],
  [schema, { count: 1.5 }, 'This must be a whole number.'],
  [schema, { count: -1 }, 'This must be at least 0.'],
  [schema, { over: 0 }, 'This must be more than 0.'],
  [schema, { label: '' }, 'This must have at least 1 character.'],
  [schema, { label: 'longer' }, 'This must have at most 5 characters.'],
  [schema, { models: ['a', 'b'] }, 'This must have at most 1 item.'],
  [schema, { models: 'a' }, 'This must be a list.'],
  [schema, { of: 'year' }, 'This must be one of day, week.'],
  [z.literal('yes'), 'no', 'This must be yes.'],
  [schema, { at: 'noon' }, 'Write an instant with its zone, such as 2026-01-31T12:00:00Z.'],
  [schema, { x: 1, y: 2 }, 'There is no field of this name here: "x", "y".'],
  [schema, { own: 1 }, 'Say it so.'],
];

for (const [of, value, sentence] of CASES) {
  test(`${JSON.stringify(value)} is answered: ${sentence}`, () => {
    const { error } = of.safeParse(value, { error: wrongValue });
    assert.equal(error?.issues[0]?.message, sentence);
  });
}
