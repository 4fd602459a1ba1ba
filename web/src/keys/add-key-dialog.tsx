import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { Dialog } from '../ui/dialog.tsx';
import { AddKeyForm } from './add-key-form.tsx';

export function AddKeyDialog({ close }: { readonly close: () => void }): ReactNode {
  const { t } = useWords();
  return (
    <Dialog title={t('keys.add')} close={close} isForm>
      <AddKeyForm done={close} />
    </Dialog>
  );
}
