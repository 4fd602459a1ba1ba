/** What is wrong with a value, in words for whoever sent it; a schema that says it better is left its own. */
import type { z } from 'zod';

const TYPES: Readonly<Record<string, string>> = {
  string: 'text (a string)',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'Write an instant with its zone, such as 2026-01-31T12:00:00Z.',
  date: 'Write a day as YYYY-MM-DD.',
  email: 'Write an e-mail address.',
  url: 'Write a whole address, with https:// or http://.',
};

const UNITS: Readonly<Record<string, string>> = { string: 'character', array: 'item' };

/** @returns undefined where the library's own words do */
export const wrongValue: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type': {
      if (issue.input === undefined) return 'This is missing.';
      const type = TYPES[issue.expected];
      return type === undefined ? undefined : `This must be ${type}.`;
    }
    case 'invalid_value':
      return `This must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}.`;
    case 'unrecognized_keys': {
      const names = issue.keys.map((key) => `"${key}"`).join(', ');
      return `There is no field of this name here: ${names}.`;
    }
    case 'too_small':
      return bound(
        issue.origin,
        issue.minimum,
        issue.inclusive === true ? 'at least' : 'more than',
      );
    case 'too_big':
      return bound(issue.origin, issue.maximum, issue.inclusive === true ? 'at most' : 'less than');
    case 'invalid_format':
      return FORMATS[issue.format];
    default:
      return undefined;
  }
};

function bound(origin: string, limit: number | bigint, relation: string): string {
  const unit = UNITS[origin];
  if (unit === undefined) return `This must be ${relation} ${limit}.`;
  return `This must have ${relation} ${limit} ${unit}${Number(limit) === 1 ? '' : 's'}.`;
}
