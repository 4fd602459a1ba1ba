import { type ReactNode, useState } from 'react';
import { AUTH_API } from '../../../contract/api/auth-api.ts';
import { PEOPLE_API } from '../../../contract/api/people-api.ts';
import { useAct } from '../client.ts';
import { useWords } from '../language/language.ts';
import { fieldError } from '../ui/forms/field-errors.ts';
import { DoorForm } from './door-form.tsx';
import { EmailField, PasswordField, UsernameField } from './fields.tsx';

interface FormProps {
  /** Goes in, as somebody whom the server knows from now on. */
  readonly enter: () => Promise<void>;
  /** Who it is, where that is known: by e-mail address or username. */
  readonly who?: string;
}

export function SignInForm({ enter, who }: FormProps): ReactNode {
  const { t } = useWords();
  const signIn = useAct(AUTH_API.signIn, { stale: [] });
  const [email, setEmail] = useState(who ?? '');
  const [password, setPassword] = useState('');
  const submit = (): void => signIn.mutate({ body: { email, password } }, { onSuccess: enter });
  return (
    <DoorForm
      action={t('login.action')}
      problem={signIn.error}
      isBusy={signIn.isPending}
      submit={submit}
    >
      <EmailField
        autoComplete="username"
        isFirst={who === undefined}
        isFixed={who !== undefined}
        value={email}
        set={setEmail}
      />
      <PasswordField isNew={false} isFirst={who !== undefined} value={password} set={setPassword} />
    </DoorForm>
  );
}

/** For a network in which everybody is believed who says a name. */
export function NameForm({ enter, who }: FormProps): ReactNode {
  const { t } = useWords();
  const signIn = useAct(PEOPLE_API.signInByName, { stale: [] });
  const [username, setUsername] = useState(who ?? '');
  const submit = (): void => signIn.mutate({ body: { username } }, { onSuccess: enter });
  return (
    <DoorForm
      action={t('login.action')}
      problem={signIn.error}
      fields={['username']}
      isBusy={signIn.isPending}
      submit={submit}
    >
      <UsernameField
        isFirst
        value={username}
        set={setUsername}
        error={fieldError(signIn.error, 'username')}
      />
    </DoorForm>
  );
}
