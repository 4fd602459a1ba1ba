import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { AUTH_API } from '../../../contract/api/auth-api.ts';
import { useAct } from '../client.ts';
import { useWords } from '../language/language.ts';
import { type Person, useFreshSession } from '../shell/session.ts';
import { fieldError } from '../ui/forms/field-errors.ts';
import { FormDialog } from '../ui/forms/form-dialog.tsx';

/** How somebody is called; without a name it is by their username. */
export function RenameDialog(props: { readonly of: Person; readonly close: () => void }) {
  const { of, close } = props;
  const { t } = useWords();
  const refresh = useFreshSession();
  const change = useAct(AUTH_API.changeProfile, { stale: [] });
  const [name, setName] = useState(of.name ?? '');
  const said = name.trim();
  const done = async (): Promise<void> => {
    await refresh();
    close();
  };
  return (
    <FormDialog
      title={t('profile.rename')}
      action={t('profile.rename')}
      isBusy={change.isPending}
      isWhole={said !== (of.name ?? '')}
      problem={change.error}
      fields={['name']}
      close={close}
      submit={() =>
        change.mutate(
          { body: { name: said === '' ? null : said } },
          { onSuccess: () => void done() },
        )
      }
    >
      <TextInput
        label={t('field.name')}
        description={t('profile.rename.about')}
        autoComplete="name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={fieldError(change.error, 'name')}
        data-autofocus
      />
    </FormDialog>
  );
}
