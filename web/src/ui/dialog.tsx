import { Modal } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';
import { useWords } from '../language/language.ts';

interface DialogProps {
  readonly title: ReactNode;
  readonly close: () => void;
  readonly size?: number;
  /** Whether something is written in it, which a click beside it must not take away. */
  readonly isForm?: boolean;
  /** Whether it has no cross either. */
  readonly isGuarded?: boolean;
  /** Whether nothing beneath it can be read or done until it is over, whatever else is open. */
  readonly isLock?: boolean;
  readonly children: ReactNode;
}

/** Something over the page, as long as it is drawn. When it goes, the focus is again where it was. */
export function Dialog(props: DialogProps): ReactNode {
  const { title, close, size, isForm = false, isGuarded = false, isLock = false, children } = props;
  const { t } = useWords();
  const isOnTop = useIsOnTop();
  useFocusBack();
  return (
    <Modal
      opened
      onClose={() => {
        if (isOnTop()) close();
      }}
      title={title}
      size={size ?? 440}
      closeOnClickOutside={!isForm && !isGuarded}
      withCloseButton={!isGuarded}
      closeButtonProps={{ 'aria-label': t('action.close') }}
      {...(isLock && LOCK)}
    >
      {children}
    </Modal>
  );
}

/** Above the command palette, which the library puts above all else. */
const LOCK = { zIndex: 10_000, overlayProps: { backgroundOpacity: 0.55, blur: 14 } } as const;

/** Dialogs that are open, in the order in which they came. */
const opened: symbol[] = [];

/** By one Escape the library would close all of them, with what is written in those below. */
function useIsOnTop(): () => boolean {
  const [self] = useState(() => Symbol('dialog'));
  useEffect(() => {
    opened.push(self);
    return () => void opened.splice(opened.indexOf(self), 1);
  }, [self]);
  return () => opened.at(-1) === self;
}

/** The library gives it back to whoever opens and closes a dialog, and ours come and go. */
export function useFocusBack(): void {
  const [before] = useState(() => openerOf(document.activeElement));
  useEffect(() => () => focusAgain(before), [before]);
}

/** An entry of a menu is gone when the dialog is: the button of the menu stands for it. */
function openerOf(element: Element | null): Element | null {
  const button = element?.closest('[role=menu]')?.getAttribute('aria-labelledby');
  return button == null ? element : document.getElementById(button);
}

/** What opened it may be gone by now, as the row of a key that was deleted. Whatever took the focus since keeps it. */
function focusAgain(element: Element | null): void {
  if (document.activeElement !== document.body) return;
  const isThere = element?.isConnected === true && element !== document.body;
  const below = [...document.querySelectorAll('[role=dialog]')].at(-1);
  const instead = below?.querySelector('[data-autofocus]') ?? below;
  const to = isThere ? element : (instead ?? document.getElementById('main'));
  if (to instanceof HTMLElement) to.focus({ preventScroll: true });
}
