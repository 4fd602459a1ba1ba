import { Anchor } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { PEOPLE_API } from '../../../contract/api/people-api.ts';
import { useAct } from '../client.ts';
import { useWords } from '../language/language.ts';
import { fieldError } from '../ui/forms/field-errors.ts';
import { Door } from './door.tsx';
import { DoorForm } from './door-form.tsx';
import { PasswordField } from './fields.tsx';

const FIELD = 'new_password';

interface ResetProps {
  readonly token: string;
  readonly done: () => Promise<void>;
  readonly leave: () => void;
}

/** Where a link leads that lets somebody choose a password. */
export function ResetDoor({ token, done, leave }: ResetProps): ReactNode {
  const { t } = useWords();
  const reset = useAct(PEOPLE_API.resetPassword, { stale: [] });
  const [password, setPassword] = useState('');
  const isDead = reset.error?.status === 404;
  const submit = (): void =>
    reset.mutate({ body: { token, new_password: password } }, { onSuccess: done });
  return (
    <Door
      title={t('reset.title')}
      about={isDead ? <span role="alert">{t('reset.dead')}</span> : t('reset.about')}
      below={
        <Anchor component="button" type="button" inherit onClick={leave}>
          {t('reset.leave')}
        </Anchor>
      }
    >
      {!isDead && (
        <DoorForm
          action={t('reset.action')}
          problem={reset.error}
          fields={[FIELD]}
          isBusy={reset.isPending}
          submit={submit}
        >
          <PasswordField
            isNew
            isFirst
            value={password}
            set={setPassword}
            error={fieldError(reset.error, FIELD)}
          />
        </DoorForm>
      )}
    </Door>
  );
}
