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
  readonly children: ReactNode;
}

/** Something over the page, as long as it is drawn. When it goes, the focus is again where it was. */
export function Dialog(props: DialogProps): ReactNode {
  const { title, close, size, isForm = false, isGuarded = false, children } = props;
  const { t } = useWords();
  useFocusBack();
  return (
    <Modal
      opened
      onClose={close}
      title={title}
      size={size ?? 440}
      closeOnClickOutside={!isForm && !isGuarded}
      withCloseButton={!isGuarded}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      {children}
    </Modal>
  );
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
  const to = isThere ? element : document.getElementById('main');
  if (to instanceof HTMLElement) to.focus({ preventScroll: true });
}
