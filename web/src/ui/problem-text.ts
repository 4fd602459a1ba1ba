/** A problem in words, and what helps to find its cause. */
import { Problem } from '../client.ts';
import { t } from '../language/language.ts';

/** Where nobody answered, nobody has said why either. */
export function problemText(problem: Error): string {
  return problem.message === '' ? t('state.unreachable.why') : problem.message;
}

/** Null where no request of ours was answered. */
export function requestIdOf(problem: Error): string | null {
  return (problem instanceof Problem && problem.requestId) || null;
}
