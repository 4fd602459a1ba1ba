import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { VIRTUAL_KEYS_API } from '../../../contract/api/virtual-keys-api.ts';
import { useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { Time } from '../ui/money.tsx';
import { SecretDialog } from '../ui/secret-dialog.tsx';
import type { Issued } from '../virtual-keys/key-draft.ts';
import { HandOff } from './hand-off.tsx';

interface KeyHandOffProps {
  readonly issued: Issued;
  /** Otherwise it has another secret than before. */
  readonly isNew: boolean;
  readonly close: () => void;
}

/** The secret of a virtual key, with all that helps to put it to use. */
export function KeyHandOff({ issued, isNew, close }: KeyHandOffProps): ReactNode {
  const { t } = useWords();
  return (
    <SecretDialog
      title={t(isNew ? 'handoff.new' : 'handoff.rotated', { name: issued.name })}
      label={t('handoff.one')}
      secret={issued.secret}
      close={close}
    >
      {!isNew && <OldOne id={issued.id} />}
      <HandOff
        keyId={issued.id}
        secret={issued.secret}
        models={issued.models}
        watchedSince={isNew ? issued.created_at : null}
        isSignedIn
      />
    </SecretDialog>
  );
}

const LOOK_MS = 5000;

/** Until when the old secret works, and whether anybody still uses it. */
function OldOne({ id }: { readonly id: string }): ReactNode {
  const { t } = useWords();
  const key = useAsk(VIRTUAL_KEYS_API.show, { params: { id } }, { refetchInterval: LOOK_MS });
  const previous = key.data?.previous ?? null;
  if (previous === null) return null;
  const isOpen = Date.parse(previous.valid_until) > Date.now();
  return (
    <Text size="sm" c="dimmed">
      {t(isOpen ? 'vk.old.works' : 'vk.old.ended')} <Time at={previous.valid_until} />
      {'. '}
      {t('vk.old.used')} <Time at={previous.last_used_at} />
      {'.'}
    </Text>
  );
}
