/** What a provider key shows of itself in a row. */
import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { Money } from '../ui/money.tsx';
import { StatusBadge, type Tone } from '../ui/status-badge.tsx';
import { NameCell, StateCell } from '../ui/tables/cells.tsx';
import type { ProviderKey } from './provider-key.ts';

interface KeyProps {
  readonly of: ProviderKey;
}

/** @param platform as people call it */
export function KeyName({ of, platform }: KeyProps & { readonly platform: string }): ReactNode {
  return <NameCell name={of.name} detail={platform} masked={of.masked} />;
}

const TONES: Readonly<Record<ProviderKey['status'], Tone>> = {
  healthy: 'good',
  low: 'warn',
  exhausted: 'bad',
  invalid: 'bad',
  unreachable: 'warn',
  unknown: 'quiet',
};

export function KeyStatus({ of }: KeyProps): ReactNode {
  const { t } = useWords();
  return <StatusBadge tone={TONES[of.status]} label={t(`keys.state.${of.status}`)} />;
}

/** The state with what the last check was told. */
export function KeyState({ of }: KeyProps): ReactNode {
  return (
    <StateCell>
      <KeyStatus of={of} />
      {of.status_message !== null && (
        <Text size="xs" c="dimmed" mt={2} lineClamp={2} title={of.status_message}>
          {of.status_message}
        </Text>
      )}
    </StateCell>
  );
}

export function KeyBalance({ of }: KeyProps): ReactNode {
  const { t } = useWords();
  if (of.balance === null) return '–';
  return (
    <>
      <Money amount={of.balance} currency={of.currency} />
      {of.balance_source !== 'reported' && (
        <Text size="xs" c="dimmed">
          {t('pk.source.short')}
        </Text>
      )}
    </>
  );
}

/** A span and not a day: nobody knows the day. */
export function KeyRunway({ of }: KeyProps): ReactNode {
  const { t } = useWords();
  const { runway_days: days, runway_low_days: low, runway_high_days: high } = of;
  if (days === null || low === null) return '–';
  const [first, last] = [Math.floor(low), high === null ? null : Math.ceil(high)];
  return (
    <>
      <span className="tk-figures">{t('keys.days', { count: Math.floor(days) })}</span>
      <Text size="xs" c="dimmed">
        {first}–{last ?? '∞'}
      </Text>
    </>
  );
}
