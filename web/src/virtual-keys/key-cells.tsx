/** What a virtual key shows of itself in a row. */
import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { agoText, moneyText, shortCountText } from '../ui/figures.ts';
import { Meter } from '../ui/meter.tsx';
import { Money } from '../ui/money.tsx';
import { useNow } from '../ui/now.ts';
import { StatusBadge, type Tone } from '../ui/status-badge.tsx';
import { NameCell, StateCell } from '../ui/tables/cells.tsx';
import { boundsOf, budgetShare, hasGrace, tightest } from './bounds.ts';
import type { VirtualKey } from './key-draft.ts';
import type { KeySpend } from './key-spend.ts';
import classes from './virtual-keys.module.css';

interface KeyProps {
  readonly of: VirtualKey;
}

/** @param showsOwner where keys of several people are listed */
export function KeyName({ of, showsOwner }: KeyProps & { readonly showsOwner: boolean }) {
  return <NameCell name={of.name} detail={showsOwner ? of.username : null} masked={of.masked} />;
}

const TONES: Readonly<Record<VirtualKey['state'], Tone>> = {
  active: 'good',
  disabled: 'quiet',
  expired: 'warn',
  revoked: 'bad',
};

export function KeyState({ of }: KeyProps): ReactNode {
  const { t } = useWords();
  const now = useNow();
  const ends = of.previous?.valid_until ?? '';
  return (
    <StateCell>
      <StatusBadge tone={TONES[of.state]} label={t(`vk.state.${of.state}`)} />
      {of.state !== 'revoked' && hasGrace(of, now) && (
        <Text size="xs" c="dimmed" mt={2}>
          {t('vk.grace.short', { when: agoText(ends, now) })}
        </Text>
      )}
      {of.state === 'active' && of.expires_at !== null && (
        <Text size="xs" c="dimmed" mt={2}>
          {t('vk.expires.short', { when: agoText(of.expires_at, now) })}
        </Text>
      )}
    </StateCell>
  );
}

/** The budget of a key with what is spent and held of it. */
export function BudgetUse({ of }: KeyProps): ReactNode {
  const { t } = useWords();
  const { budget } = of;
  if (budget === null)
    return (
      <Text size="sm" c="dimmed">
        {t('vk.budget.none')}
      </Text>
    );
  return (
    <div className={classes['use']}>
      <div className={classes['useText']}>
        <span>
          <Money amount={budget.spent_usd} />
          <span className={classes['of']}> / {moneyText(budget.amount_usd)}</span>
        </span>
        <span className={classes['of']}>{t(`vk.period.${budget.period}`)}</span>
      </div>
      <Meter share={budgetShare(budget)} />
    </div>
  );
}

/** Of all rate limits the one that is nearest to its end. */
export function LimitUse({ of }: KeyProps): ReactNode {
  const { t } = useWords();
  const bounds = boundsOf(of);
  const bound = tightest(bounds);
  if (bound === null)
    return (
      <Text size="sm" c="dimmed">
        {t('vk.limits.none')}
      </Text>
    );
  return (
    <div className={classes['use']}>
      <div className={classes['useText']}>
        <span className="tk-figures">
          {shortCountText(bound.used)}
          <span className={classes['of']}> / {shortCountText(bound.limit)}</span>
        </span>
        <span className={classes['of']}>{t(`vk.limit.short.${bound.name}`)}</span>
      </div>
      <Meter share={bound.share} />
    </div>
  );
}

/** What a key spent; beyond the keys that spend most, only that it is no more than the last of those. */
export function Spend({ of, spend }: KeyProps & { readonly spend: KeySpend | null }): ReactNode {
  if (spend === null) return '–';
  const known = spend.of.get(of.id);
  if (known !== undefined) return <Money amount={known} />;
  return spend.atMost === null ? <Money amount="0" /> : `≤ ${moneyText(spend.atMost)}`;
}
