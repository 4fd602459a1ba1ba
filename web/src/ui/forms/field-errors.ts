import { Problem } from '../../client.ts';

/** What the server found wrong with a field of a form, or with one of the things in it (`models.0`). */
export function fieldError(problem: Error | null, field: string): string | undefined {
  if (!(problem instanceof Problem)) return undefined;
  return Object.entries(problem.fields).find(([name]) => name.replace(/\.\d+$/, '') === field)?.[1];
}

/** Whether the server found something wrong with one of these fields. */
export function isAtFault(problem: Error | null, fields: readonly string[]): boolean {
  return fields.some((field) => fieldError(problem, field) !== undefined);
}

/** A problem that belongs to no field of those that are shown. */
export function formProblem(problem: Error | null, shown: readonly string[]): Error | null {
  return isAtFault(problem, shown) ? null : problem;
}
