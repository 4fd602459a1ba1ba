/** For somebody whose session ended while they were at work: what they were doing stays as it is beneath. */
import { Anchor, Stack, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useWords } from '../language/language.ts';
import { type Person, type Session, useSamePerson } from '../shell/session.ts';
import { Dialog } from '../ui/dialog.tsx';
import { NameForm, SignInForm } from './sign-in-forms.tsx';

interface SignInAgainProps {
  /** Who was here. */
  readonly person: Person;
  readonly session: Session;
}

export function SignInAgain({ person, session }: SignInAgainProps): ReactNode {
  const { t } = useWords();
  const enter = useSamePerson();
  // Whoever has no address came by name alone, where that is allowed.
  const [isByName, setByName] = useState(session.intranet_login && person.email === null);
  const Form = isByName ? NameForm : SignInForm;
  return (
    // There is nothing to close it for.
    <Dialog title={t('again.title')} close={() => undefined} isGuarded isLock>
      <Stack gap="md">
        <Text size="sm">{t('again.about')}</Text>
        <Form enter={enter} who={isByName ? person.username : (person.email ?? person.username)} />
        <Text size="sm" ta="center">
          {session.intranet_login && (
            <>
              <Anchor component="button" type="button" inherit onClick={() => setByName(!isByName)}>
                {t(isByName ? 'login.password' : 'login.name')}
              </Anchor>
              {' · '}
            </>
          )}
          <Anchor component="button" type="button" inherit onClick={leave}>
            {t('again.other')}
          </Anchor>
        </Text>
      </Stack>
    </Dialog>
  );
}

/** With all that was loaded for the person before: the app begins anew. */
function leave(): void {
  window.location.replace('/login');
}
