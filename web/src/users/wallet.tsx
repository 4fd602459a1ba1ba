/** What a user may still spend: wallet with statement, limits and budget. */
import { Button, Group, Stack, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { z } from 'zod';
import { WALLETS_API, type wallet } from '../../../contract/api/wallets-api.ts';
import { useAsk } from '../client.ts';
import { type MessageId, useWords } from '../language/language.ts';
import { Figure } from '../ui/figure.tsx';
import { moneyText } from '../ui/figures.ts';
import { Money, Time } from '../ui/money.tsx';
import { Section } from '../ui/page.tsx';
import { Outcome } from '../ui/states.tsx';
import { boundsOf } from '../virtual-keys/bounds.ts';
import { BudgetSection, LimitsSection } from '../virtual-keys/key-panel.tsx';
import { EntryDialog } from './entry-dialog.tsx';
import classes from './wallet.module.css';

type Wallet = z.output<typeof wallet>;

interface WalletProps {
  readonly userId: string;
  /** Whether entries can be booked. */
  readonly isOperator?: boolean;
  /** What it means to have none. */
  readonly none: MessageId;
}

export function WalletOf({ userId, isOperator = false, none }: WalletProps): ReactNode {
  const { t } = useWords();
  const found = useAsk(WALLETS_API.show, { params: { user_id: userId } });
  const [isBooking, setBooking] = useState(false);
  const add = isOperator && (
    <Button variant="default" size="compact-sm" onClick={() => setBooking(true)}>
      {t('wallet.credit.add')}
    </Button>
  );
  return (
    <Outcome of={found}>
      {(of) => (
        <Stack gap="lg">
          <Section title={t('wallet.title')} aside={add}>
            {of.has_wallet ? (
              <Balance of={of} />
            ) : (
              <Text size="sm" c="dimmed">
                {t(none)}
              </Text>
            )}
          </Section>
          {of.has_wallet && <Statement userId={userId} />}
          <BudgetSection of={of} />
          {boundsOf(of).length > 0 && <LimitsSection of={of} />}
          {isBooking && <EntryDialog userId={userId} close={() => setBooking(false)} />}
        </Stack>
      )}
    </Outcome>
  );
}

function Balance({ of }: { readonly of: Wallet }): ReactNode {
  const { t } = useWords();
  const price = moneyText(of.flat_usd_per_mtok);
  return (
    <>
      <Group gap="xl">
        <Figure name={t('wallet.balance')} value={<Money amount={of.balance_usd} />} />
        <Figure name={t('wallet.held')} value={<Money amount={of.held_usd} />} />
      </Group>
      <Text size="sm" c="dimmed" mt="xs">
        {of.plan === 'flat'
          ? t('wallet.flat', { price })
          : t('wallet.cost', { markup: String(of.markup) })}
      </Text>
      <Text size="sm" c="dimmed">
        {t(`wallet.${of.kind}`)}
      </Text>
    </>
  );
}

const PAGE = 20;

/** Page by page by its own cursors: the panel is one place, whatever page of it is read. */
function Statement({ userId }: { readonly userId: string }): ReactNode {
  const { t } = useWords();
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const query = { limit: PAGE, cursor: cursors.at(-1) };
  const page = useAsk(WALLETS_API.statement, { params: { user_id: userId }, query });
  return (
    <Section title={t('wallet.statement')}>
      <Outcome of={page}>
        {({ data, pagination }) => (
          <>
            {data.length === 0 && (
              <Text size="sm" c="dimmed">
                {t('wallet.nothing')}
              </Text>
            )}
            <ul className={classes['lines']}>
              {data.map((entry) => (
                <li key={entry.entry_id} className={classes['line']}>
                  <div>
                    <div>{t(`wallet.kind.${entry.kind}`)}</div>
                    <div className={classes['soft']}>
                      <Time at={entry.at} />
                      {entry.reason !== null && ` · ${entry.reason}`}
                    </div>
                  </div>
                  <div className={classes['amount']}>
                    <Money amount={entry.amount_usd} />
                    <div className={classes['soft']}>
                      <Money amount={entry.balance_usd} />
                    </div>
                  </div>
                </li>
              ))}
            </ul>
            {(cursors.length > 0 || pagination.has_more) && (
              <Group gap="xs" mt="xs" justify="flex-end">
                <Button
                  {...STEP}
                  disabled={cursors.length === 0}
                  onClick={() => setCursors(cursors.slice(0, -1))}
                >
                  {t('table.previous')}
                </Button>
                <Button
                  {...STEP}
                  disabled={!pagination.has_more}
                  onClick={() => setCursors([...cursors, pagination.next_cursor ?? ''])}
                >
                  {t('table.next')}
                </Button>
              </Group>
            )}
          </>
        )}
      </Outcome>
    </Section>
  );
}

const STEP = { variant: 'subtle', color: 'gray', size: 'compact-sm' } as const;
