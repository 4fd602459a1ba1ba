/** A value in the words of its unit: short on axes, for reading in tips, exact in tables. */
import { t } from '../../language/language.ts';
import {
  countText,
  durationText,
  exactMoneyText,
  moneyText,
  percentText,
  shortCountText,
  shortDurationText,
  shortMoneyText,
  shortPercentText,
} from '../figures.ts';
import { numberOf, type Value } from './series.ts';

/**
 * `money`: dollars, or the currency that is named beside; `cost`: dollars too, unknown where no price is; `ms`: milliseconds; `ratio`: 0 to 1.
 */
export type Unit = 'money' | 'cost' | 'count' | 'ms' | 'ratio';

export interface UnitWords {
  readonly axis: (value: number) => string;
  readonly short: (value: Value) => string;
  readonly exact: (value: Value) => string;
}

export function unitWords(unit: Unit, currency = 'USD'): UnitWords {
  switch (unit) {
    case 'money':
      return {
        axis: (value) => shortMoneyText(value, currency),
        short: (value) => moneyText(value, currency),
        exact: (value) => exactMoneyText(value, currency),
      };
    case 'cost': {
      const { axis, short, exact } = unitWords('money');
      const priced = (text: (value: Value) => string) => (value: Value) =>
        value === null ? t('money.unpriced') : text(value);
      return { axis, short: priced(short), exact: priced(exact) };
    }
    case 'ms':
      return told(shortDurationText, (value) => durationText(numberOf(value)));
    case 'ratio':
      return told(shortPercentText, (value) => percentText(numberOf(value)));
    case 'count':
      return {
        axis: shortCountText,
        short: (value) => shortCountText(numberOf(value)),
        exact: (value) => countText(numberOf(value)),
      };
  }
}

function told(axis: UnitWords['axis'], text: (value: Value) => string): UnitWords {
  return { axis, short: text, exact: text };
}
