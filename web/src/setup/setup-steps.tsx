/** From the owner's account to the first call. Where somebody stands is read from what is there: one can come back. */
import { Button } from '@mantine/core';
import { Navigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { PROVIDER_KEYS_API } from '../../../contract/api/provider-keys-api.ts';
import { REQUESTS_API } from '../../../contract/api/requests-api.ts';
import { VIRTUAL_KEYS_API } from '../../../contract/api/virtual-keys-api.ts';
import { useAct, useAsk } from '../client.ts';
import { AddKeyForm } from '../keys/add-key-form.tsx';
import { useWords } from '../language/language.ts';
import { Door } from '../login/door.tsx';
import { DoorForm } from '../login/door-form.tsx';
import type { Person } from '../shell/session.ts';
import { useUrlState } from '../shell/url-state.ts';
import { Failed, Waiting } from '../ui/states.tsx';
import { STALE } from '../virtual-keys/key-dialog.tsx';
import { blankDraft, type Issued, orderIn, type VirtualKey } from '../virtual-keys/key-draft.ts';
import { KEY_FIELDS, KeyFields } from '../virtual-keys/key-fields.tsx';
import { CallStep } from './call-step.tsx';
import { Progress } from './progress.tsx';

export function SetUpSteps({ person }: { readonly person: Person }): ReactNode {
  const mine = { user_id: person.id, state: 'active', limit: 100 } as const;
  const since = { start: person.created_at, outcome: 'completed', limit: 1 } as const;
  const providers = useAsk(PROVIDER_KEYS_API.list);
  const keys = useAsk(VIRTUAL_KEYS_API.list, { query: mine });
  const calls = useAsk(REQUESTS_API.list, { query: since });
  // What is known stays, although asking again fails: a secret may be shown for the only time.
  const failed = [providers, keys, calls].find(
    ({ isError, data }) => isError && data === undefined,
  );
  if (failed?.error != null)
    return <Failed isWholePage problem={failed.error} retry={failed.refetch} />;
  if (providers.data === undefined || keys.data === undefined || calls.data === undefined)
    return <Waiting isWholePage />;
  return (
    <Steps
      hasProvider={providers.data.data.length > 0}
      newest={newestOf(keys.data.data)}
      hasCall={calls.data.data.length > 0}
    />
  );
}

function newestOf(keys: readonly VirtualKey[]): VirtualKey | null {
  return keys.toSorted((a, b) => b.created_at.localeCompare(a.created_at))[0] ?? null;
}

interface StepsProps {
  readonly hasProvider: boolean;
  readonly newest: VirtualKey | null;
  readonly hasCall: boolean;
}

function Steps({ hasProvider, newest, hasCall }: StepsProps): ReactNode {
  const [{ step }, change] = useUrlState();
  const [issued, setIssued] = useState<Issued | null>(null);
  // The call that is waited for here must be seen to arrive; only whoever comes later has nothing to do.
  const [isOver] = useState(hasCall);
  if (isOver) return <Navigate to="/" replace />;
  const key = issued ?? newest;
  if (key !== null) {
    return (
      <CallStep
        of={key}
        secret={issued?.secret ?? null}
        hasProvider={hasProvider}
        handOver={setIssued}
      />
    );
  }
  if (hasProvider || step === 'key') return <KeyStep handOver={setIssued} />;
  return <ProviderStep leave={() => change({ step: 'key' })} />;
}

function ProviderStep({ leave }: { readonly leave: () => void }): ReactNode {
  const { t } = useWords();
  const skip = (
    <Button variant="subtle" color="gray" px={10} ml={-10} onClick={leave}>
      {t('setup.skip')}
    </Button>
  );
  return (
    <Door
      title={t('setup.provider')}
      about={t('setup.provider.about')}
      above={<Progress at="provider" />}
      isWide
    >
      <AddKeyForm routes aside={skip} done={leave} />
    </Door>
  );
}

function KeyStep({ handOver }: { readonly handOver: (issued: Issued) => void }): ReactNode {
  const { t } = useWords();
  const issue = useAct(VIRTUAL_KEYS_API.issue, { stale: STALE });
  const [draft, setDraft] = useState(() => blankDraft(''));
  // Without an owner it is the key of whoever asks.
  const order = orderIn(draft, { isOperator: false });
  return (
    <Door title={t('setup.key')} about={t('setup.key.about')} above={<Progress at="key" />} isWide>
      <DoorForm
        action={t('setup.key.action')}
        problem={issue.error}
        fields={KEY_FIELDS}
        isBusy={issue.isPending}
        submit={() => issue.mutate({ body: order }, { onSuccess: handOver })}
      >
        <KeyFields
          draft={draft}
          set={(part) => setDraft({ ...draft, ...part })}
          problem={issue.error}
          isOperator={false}
          isNew
          isRuled={false}
        />
      </DoorForm>
    </Door>
  );
}
