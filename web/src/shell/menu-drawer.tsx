import { Drawer } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';

interface MenuDrawerProps {
  readonly isOpen: boolean;
  readonly close: () => void;
  readonly title: ReactNode;
  readonly children: ReactNode;
}

/** The navigation where there is no room for it at the side. Loaded when it is opened first. */
export function MenuDrawer({ isOpen, close, title, children }: MenuDrawerProps): ReactNode {
  const { t } = useWords();
  return (
    <Drawer
      opened={isOpen}
      onClose={close}
      size={280}
      title={title}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      {children}
    </Drawer>
  );
}
