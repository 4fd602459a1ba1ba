import { Button, Text, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { MONITORING_API } from '../../../contract/api/monitoring-api.ts';
import { PROVIDER_KEYS_API } from '../../../contract/api/provider-keys-api.ts';
import { useAct } from '../client.ts';
import { useWords } from '../language/language.ts';
import { fieldError } from '../ui/forms/field-errors.ts';
import { FormDialog } from '../ui/forms/form-dialog.tsx';
import { instantIn, localField } from '../ui/forms/local-field.ts';
import { TimeField } from '../ui/forms/time-field.tsx';
import { tellProblem } from '../ui/notices.ts';
import { type ProviderKey, STALE } from './provider-key.ts';

const FIELDS = ['anchor.amount_usd', 'anchor.at'];

interface AnchorProps {
  readonly of: ProviderKey;
  readonly close: () => void;
}

/** What somebody read on the provider's own page: from there on the balance is reckoned. */
export function AnchorDialog({ of, close }: AnchorProps): ReactNode {
  const { t } = useWords();
  const change = useAct(PROVIDER_KEYS_API.change, { stale: STALE });
  const check = useAct(MONITORING_API.check, { stale: STALE });
  const params = { id: of.id };
  const [amount, setAmount] = useState('');
  const [at, setAt] = useState(() => localField(new Date()));
  const send = (anchor: { amount_usd: string; at: string } | null): void =>
    change.mutate(
      { params, body: { anchor } },
      {
        onSuccess: () => {
          close();
          // The balance is reckoned by a check, and nobody wants to wait for the next one.
          check.mutate({ params }, { onError: tellProblem });
        },
      },
    );
  return (
    <FormDialog
      title={t('pk.anchor')}
      action={t('pk.anchor.save')}
      isBusy={change.isPending}
      isWhole={amount.trim() !== '' && at !== ''}
      problem={change.error}
      fields={FIELDS}
      close={close}
      submit={() => send({ amount_usd: amount.trim(), at: instantIn(at) })}
      aside={
        of.anchor !== null && (
          <Button variant="subtle" color="red" onClick={() => send(null)}>
            {t('pk.anchor.drop')}
          </Button>
        )
      }
    >
      <Text size="sm" c="dimmed">
        {t('pk.anchor.about')}
      </Text>
      <TextInput
        label={t('pk.anchor.amount')}
        value={amount}
        onChange={(event) => setAmount(event.currentTarget.value)}
        error={fieldError(change.error, 'anchor.amount_usd')}
        inputMode="decimal"
        required
        data-autofocus
      />
      <TimeField
        label={t('pk.anchor.at')}
        value={at}
        set={setAt}
        error={fieldError(change.error, 'anchor.at')}
        required
      />
    </FormDialog>
  );
}
