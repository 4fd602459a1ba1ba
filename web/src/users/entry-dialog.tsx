import { Select, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { PEOPLE_API } from '../../../contract/api/people-api.ts';
import { WALLETS_API } from '../../../contract/api/wallets-api.ts';
import { useAct } from '../client.ts';
import { useWords } from '../language/language.ts';
import { moneyText } from '../ui/figures.ts';
import { fieldError } from '../ui/forms/field-errors.ts';
import { FormDialog } from '../ui/forms/form-dialog.tsx';
import { tellDone } from '../ui/notices.ts';

const KINDS = ['credit', 'debit', 'refund', 'correction'] as const;
const STALE = [WALLETS_API.show, WALLETS_API.statement, PEOPLE_API.users];

interface EntryProps {
  readonly userId: string;
  readonly close: () => void;
}

interface Draft {
  readonly kind: (typeof KINDS)[number];
  readonly amount: string;
  readonly reason: string;
  /** Renewed with every change: another amount is another order, and must not be answered with the first one. */
  readonly order: string;
}

const newOrder = (): string => crypto.getRandomValues(new Uint32Array(4)).join('-');
const firstDraft = (): Draft => ({ kind: 'credit', amount: '', reason: '', order: newOrder() });

/** Books on a wallet. What one opened dialog orders is booked once, however often it has to be sent. */
export function EntryDialog({ userId, close }: EntryProps): ReactNode {
  const { t } = useWords();
  const book = useAct(WALLETS_API.bookEntry, { stale: STALE });
  const [{ kind, amount, reason, order }, setDraft] = useState(firstDraft);
  const write = (part: Partial<Draft>): void =>
    setDraft((draft) => ({ ...draft, ...part, order: newOrder() }));
  const submit = (): void => {
    book.mutate(
      {
        params: { user_id: userId },
        body: { kind, amount_usd: amount.trim(), reason },
        headers: { 'idempotency-key': order },
      },
      {
        onSuccess: ({ balance_usd }) => {
          tellDone(t('wallet.booked', { balance: moneyText(balance_usd) }));
          close();
        },
      },
    );
  };
  return (
    <FormDialog
      title={t('wallet.entry')}
      action={t('wallet.book')}
      isBusy={book.isPending}
      isWhole={amount.trim() !== '' && reason.trim() !== ''}
      problem={book.error}
      fields={['amount_usd', 'reason']}
      close={close}
      submit={submit}
    >
      <Select
        label={t('wallet.kind')}
        value={kind}
        data={KINDS.map((value) => ({ value, label: t(`wallet.kind.${value}`) }))}
        onChange={(value) => write({ kind: KINDS.find((one) => one === value) ?? 'credit' })}
      />
      <TextInput
        label={t('wallet.amount')}
        description={t('wallet.amount.about')}
        inputMode="decimal"
        value={amount}
        onChange={(event) => write({ amount: event.currentTarget.value })}
        error={fieldError(book.error, 'amount_usd')}
        required
        data-autofocus
      />
      <TextInput
        label={t('wallet.reason')}
        value={reason}
        onChange={(event) => write({ reason: event.currentTarget.value })}
        error={fieldError(book.error, 'reason')}
        required
      />
    </FormDialog>
  );
}
