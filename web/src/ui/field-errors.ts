import { Problem } from '../client.ts';

/** What the server found wrong with a field of a form. */
export function fieldError(problem: Error | null, field: string): string | undefined {
  return problem instanceof Problem ? problem.fields[field] : undefined;
}

/** A problem that belongs to no field of those that are shown. */
export function formProblem(problem: Error | null, shown: readonly string[]): Error | null {
  if (!(problem instanceof Problem)) return problem;
  return Object.keys(problem.fields).some((field) => shown.includes(field)) ? null : problem;
}
