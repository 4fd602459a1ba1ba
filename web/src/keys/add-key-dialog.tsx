import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { AddKeyForm } from './add-key-form.tsx';

export function AddKeyDialog({ close }: { readonly close: () => void }): ReactNode {
  const { t } = useWords();
  return (
    <Modal
      opened
      onClose={close}
      title={t('keys.add')}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <AddKeyForm done={close} />
    </Modal>
  );
}
