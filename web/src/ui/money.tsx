import { Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { usePreferences } from '../shell/preferences.ts';
import {
  type Amount,
  agoText,
  countText,
  exactMoneyText,
  instantText,
  moneyDecimals,
  moneyText,
  shortCountText,
  shortInstantText,
} from './figures.ts';
import { useNow } from './now.ts';

interface HintedProps {
  readonly text: string;
  readonly hint: string;
  /** Digits after the point, where it should stand below those of other rows: see `useAlignedAmounts`. */
  readonly decimals?: number;
}

/** A rounded figure that tells the exact one to whoever points at it or reads it with software. */
function Hinted({ text, hint, decimals }: HintedProps): ReactNode {
  return (
    <Tooltip label={hint} disabled={hint === text}>
      <span className="tk-figures" data-decimals={decimals}>
        {text}
      </span>
    </Tooltip>
  );
}

interface MoneyProps {
  readonly amount: Amount;
  readonly currency?: string | null;
  /** Said where the amount is not known because the model has no price. */
  readonly isUnpriced?: boolean;
}

/** Dollars, rounded for reading and exact on hover. */
export function Money({ amount, currency, isUnpriced = false }: MoneyProps): ReactNode {
  const { t } = useWords();
  if (isUnpriced) return <Hinted text={t('money.unpriced')} hint={t('money.unpriced.why')} />;
  const unit = currency ?? 'USD';
  return (
    <Hinted
      text={moneyText(amount, unit)}
      hint={exactMoneyText(amount, unit)}
      decimals={moneyDecimals(amount, unit) || undefined}
    />
  );
}

/** A count of tokens, or of anything of which there are many. */
export function Tokens({ count }: { readonly count: number | null | undefined }): ReactNode {
  return <Hinted text={shortCountText(count)} hint={countText(count)} />;
}

interface TimeProps {
  readonly at: string | null | undefined;
  /** `ago` says how long since; `short` leaves out year and zone. What is left out is the hint. */
  readonly style?: 'ago' | 'short' | 'full';
}

/** An instant in the zone that was chosen, which is always said. */
export function Time({ at, style = 'ago' }: TimeProps): ReactNode {
  const { t } = useWords();
  const { zone } = usePreferences();
  const now = useNow();
  if (at === null || at === undefined) return <span>{t('time.never')}</span>;
  const inZone = zone === 'local' ? undefined : zone;
  const full = instantText(at, inZone);
  const ago = agoText(at, now);
  const text = { ago, full, short: shortInstantText(at, inZone) }[style];
  return (
    <Tooltip label={style === 'full' ? ago : full}>
      <time dateTime={at} className="tk-figures">
        {text}
      </time>
    </Tooltip>
  );
}
