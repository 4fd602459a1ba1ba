import { Anchor, Text, Textarea } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { z } from 'zod';
import { PUBLIC_API, type selfServiceKey } from '../../../contract/api/public-api.ts';
import { useAct, useAsk } from '../client.ts';
import { HandOff } from '../hand-off/hand-off.tsx';
import { useWords } from '../language/language.ts';
import { useSession } from '../shell/session.ts';
import { fieldError } from '../ui/forms/field-errors.ts';
import { Time } from '../ui/money.tsx';
import { SecretOnce } from '../ui/secret-dialog.tsx';
import { Failed, Outcome } from '../ui/states.tsx';
import classes from './door.module.css';
import { Door } from './door.tsx';
import { DoorForm } from './door-form.tsx';
import { UsernameField } from './fields.tsx';

type Given = z.output<typeof selfServiceKey>;

/** Whoever may reach this server gets a key for a name, where the installation allows that. */
export function RequestKeyPage(): ReactNode {
  const { t } = useWords();
  const session = useSession();
  const [given, setGiven] = useState<Given | null>(null);
  const [name, setName] = useState<string | null>(null);
  if (given !== null) {
    return (
      <Door title={t('request.given', { name: given.username })} isWide>
        <SecretOnce secret={given.token} label={t('handoff.one')} close={() => setGiven(null)}>
          <HandOff
            keyId={given.id}
            secret={given.token}
            models={null}
            watchedSince={null}
            isSignedIn={false}
          />
        </SecretOnce>
      </Door>
    );
  }
  return (
    <Outcome of={session} isWholePage>
      {({ self_service_keys: isOn }) => (
        <Door
          title={t('request.title')}
          about={t(isOn ? 'request.about' : 'request.off')}
          below={
            <Anchor component={Link} to="/login" inherit>
              {t('reset.leave')}
            </Anchor>
          }
        >
          {isOn && <RequestForm take={setGiven} look={setName} />}
          {name !== null && <ActiveKeys username={name} />}
        </Door>
      )}
    </Outcome>
  );
}

interface RequestProps {
  readonly take: (key: Given) => void;
  /** Asks which keys a name has. */
  readonly look: (username: string) => void;
}

function RequestForm({ take, look }: RequestProps): ReactNode {
  const { t } = useWords();
  const request = useAct(PUBLIC_API.requestKey, { stale: [PUBLIC_API.activeKeysOf] });
  const [username, setUsername] = useState('');
  const [note, setNote] = useState('');
  const body = { username, ...(note.trim() !== '' && { note }) };
  const submit = (): void =>
    request.mutate(
      { body },
      {
        onSuccess: (key) => {
          look(key.username);
          take(key);
        },
      },
    );
  const name = username.trim();
  return (
    <>
      <DoorForm
        action={t('request.action')}
        problem={request.error}
        fields={['username', 'note']}
        isBusy={request.isPending}
        submit={submit}
      >
        <UsernameField
          isFirst
          value={username}
          set={setUsername}
          error={fieldError(request.error, 'username')}
        />
        <Textarea
          label={t('request.note')}
          description={t('request.note.about')}
          size="md"
          autosize
          maxLength={1000}
          value={note}
          error={fieldError(request.error, 'note')}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
      </DoorForm>
      {name !== '' && (
        <Text size="sm" ta="center" mt="md">
          <Anchor component="button" type="button" inherit onClick={() => look(name)}>
            {t('request.look', { name })}
          </Anchor>
        </Text>
      )}
    </>
  );
}

/** Only as much of each as tells it from the others. */
function ActiveKeys({ username }: { readonly username: string }): ReactNode {
  const { t } = useWords();
  const keys = useAsk(PUBLIC_API.activeKeysOf, { params: { username } });
  if (keys.isPending) return null;
  const isUnknown = keys.error?.status === 404;
  if (keys.isError && !isUnknown) return <Failed problem={keys.error} retry={keys.refetch} />;
  const known = keys.data?.keys ?? [];
  return (
    <section className={classes['keys']}>
      <h2>{t('request.keys', { name: username })}</h2>
      {known.length === 0 && <p>{t('request.none')}</p>}
      <ul>
        {known.map(({ id, masked, note, created_at }) => (
          <li key={id}>
            <span className="tk-mono">{masked}</span>
            <span className={classes['keyNote']}>{note}</span>
            <Time at={created_at} />
          </li>
        ))}
      </ul>
    </section>
  );
}
