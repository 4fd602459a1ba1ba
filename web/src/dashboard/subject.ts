/** What the chart of the dashboard speaks of: the card that was chosen, as the address names it. */
import { useUrlState } from '../shell/url-state.ts';

export const SUBJECTS = [
  'spend',
  'requests',
  'tokens',
  'errors',
  'ttft_p95',
  'runway',
  'balance',
] as const;
export type Subject = (typeof SUBJECTS)[number];

export function useSubject(): readonly [Subject, (subject: Subject) => void] {
  const [state, change] = useUrlState();
  const subject = SUBJECTS.find((name) => name === state['show']) ?? 'spend';
  return [subject, (next) => change({ show: next === 'spend' ? null : next })];
}

/** Subjects of provider keys, which have figures without a single request. */
export function isOfKeys(subject: Subject): subject is 'runway' | 'balance' {
  return subject === 'runway' || subject === 'balance';
}
