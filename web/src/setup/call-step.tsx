import { Button, Group, Stack, Text } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { VIRTUAL_KEYS_API } from '../../../contract/api/virtual-keys-api.ts';
import { useAct } from '../client.ts';
import { FirstCall } from '../hand-off/first-call.tsx';
import { HandOff } from '../hand-off/hand-off.tsx';
import { useWords } from '../language/language.ts';
import { Door } from '../login/door.tsx';
import { ProblemAlert } from '../ui/problem-alert.tsx';
import { SecretOnce } from '../ui/secret-dialog.tsx';
import { STALE } from '../virtual-keys/key-dialog.tsx';
import type { Issued, VirtualKey } from '../virtual-keys/key-draft.ts';
import { Progress } from './progress.tsx';

interface CallProps {
  readonly of: VirtualKey;
  /** Null: the page was loaded again since the key was issued. */
  readonly secret: string | null;
  readonly hasProvider: boolean;
  readonly handOver: (issued: Issued) => void;
}

export function CallStep({ of, secret, hasProvider, handOver }: CallProps): ReactNode {
  const { t } = useWords();
  const navigate = useNavigate();
  return (
    <Door
      title={t('setup.call')}
      about={t('setup.call.about')}
      above={<Progress at="call" />}
      isWide
    >
      {!hasProvider && (
        <Text size="sm" c="var(--tk-warn)" mb="sm">
          {t('setup.call.nobody')}
        </Text>
      )}
      {secret === null ? (
        <WithoutSecret of={of} handOver={handOver} />
      ) : (
        <SecretOnce
          secret={secret}
          label={t('handoff.one')}
          action={t('setup.finish')}
          close={() => void navigate({ to: '/' })}
        >
          <HandOff
            keyId={of.id}
            secret={secret}
            models={of.models}
            watchedSince={of.created_at}
            isSignedIn
          />
        </SecretOnce>
      )}
    </Door>
  );
}

function WithoutSecret({ of, handOver }: Pick<CallProps, 'of' | 'handOver'>): ReactNode {
  const { t } = useWords();
  const rotate = useAct(VIRTUAL_KEYS_API.rotate, { stale: STALE });
  const another = (): void =>
    rotate.mutate({ params: { id: of.id }, body: { grace_hours: 0 } }, { onSuccess: handOver });
  return (
    <Stack>
      <Text size="sm">{t('setup.call.lost', { name: of.name })}</Text>
      <FirstCall keyId={of.id} since={of.created_at} />
      <ProblemAlert problem={rotate.error} />
      <Group justify="space-between">
        <Button variant="default" loading={rotate.isPending} onClick={another}>
          {t('setup.secret')}
        </Button>
        <Button component={Link} to="/">
          {t('setup.finish')}
        </Button>
      </Group>
    </Stack>
  );
}
