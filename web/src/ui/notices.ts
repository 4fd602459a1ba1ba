/** Short words in the corner about what was just done. */
import { notifications } from '@mantine/notifications';
import { t } from '../language/language.ts';
import { isSessionEnd, problemText, requestIdOf } from './problem-text.ts';

const closable = () => ({
  withCloseButton: true,
  closeButtonProps: { 'aria-label': t('action.close') },
});

export function tellDone(message: string): void {
  notifications.show({ message, color: 'teal', autoClose: 4000, ...closable() });
}

/** What was asked for was done, and what came of it is not good. */
export function tellNews(message: string): void {
  notifications.show({ message, color: 'yellow', autoClose: 10_000, ...closable() });
}

/** Stays until it is closed: whoever looked away must find it. */
export function tellProblem(problem: Error): void {
  if (isSessionEnd(problem)) return;
  const id = requestIdOf(problem);
  notifications.show({
    title: problemText(problem),
    message: id === null ? '' : `${t('state.request')} ${id}`,
    color: 'red',
    autoClose: false,
    ...closable(),
  });
}
