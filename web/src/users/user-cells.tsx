/** What a user shows of themselves in a row. */
import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import type { listedUser } from '../../../contract/api/people-api.ts';
import { useWords } from '../language/language.ts';
import { Money } from '../ui/money.tsx';
import { StatusBadge } from '../ui/status-badge.tsx';
import { NameCell } from '../ui/tables/cells.tsx';

export type ListedUser = z.output<typeof listedUser>;

interface UserProps {
  readonly of: ListedUser;
}

export function UserName({ of }: UserProps): ReactNode {
  const shown = of.name ?? of.username;
  const other = of.email ?? of.username;
  return <NameCell name={shown} detail={other === shown ? null : other} />;
}

export function Role({ of }: UserProps): ReactNode {
  const { t } = useWords();
  return t(`role.${of.role}`);
}

/** Callers that only hold keys are users too: nobody signs in as one of them. */
export function UserState({ of }: UserProps): ReactNode {
  const { t } = useWords();
  if (!of.is_active) return <StatusBadge tone="bad" label={t('people.state.off')} />;
  if (!of.has_password) return <StatusBadge tone="quiet" label={t('people.state.program')} />;
  return <StatusBadge tone="good" label={t('people.state.active')} />;
}

export function Balance({ of }: UserProps): ReactNode {
  const { t } = useWords();
  if (of.has_wallet) return <Money amount={of.balance_usd} />;
  return (
    <Text span size="sm" c="dimmed">
      {t('people.metered')}
    </Text>
  );
}
