/** Short words in the corner about what was just done. */
import { notifications } from '@mantine/notifications';
import { createElement } from 'react';
import { isSessionEnd } from '../client.ts';
import { t } from '../language/language.ts';
import { problemText, requestIdOf } from './problem-text.ts';
import { Undoable } from './undoable.tsx';

const closable = () => ({
  withCloseButton: true,
  closeButtonProps: { 'aria-label': t('action.close') },
});

/** @param undo takes back what was done; absent: that cannot be done, or is too little to be worth it */
export function tellDone(message: string, undo?: () => void): void {
  const done = { color: 'teal', ...closable() };
  if (undo === undefined) return void notifications.show({ ...done, message, autoClose: 4000 });
  const takeBack = (): void => {
    notifications.hide(id);
    undo();
  };
  const said = createElement(Undoable, { message, undo: takeBack });
  // Long enough to be read, reached and pressed.
  const id = notifications.show({ ...done, message: said, autoClose: 10_000 });
}

/** What one person was told, and may take back, is nothing for the next. */
export function forgetNotices(): void {
  notifications.clean();
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
