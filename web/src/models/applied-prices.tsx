import { Button } from '@mantine/core';
import { Fragment, type ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { useUrlState } from '../shell/url-state.ts';
import { Money, Time } from '../ui/money.tsx';
import { numberColumn, useAlignedAmounts } from '../ui/tables/aligned-amounts.ts';
import figures from '../ui/tables/figures-table.module.css';
import classes from './models.module.css';
import type { PriceList } from './price-list.ts';

/** So many are shown until somebody asks for all. */
const FEW = 10;

/** Every price that a request was priced with: a changed price is another one, and the old one stays. */
export function AppliedPrices({ prices }: { readonly prices: PriceList['prices'] }): ReactNode {
  const { t } = useWords();
  const [url, change] = useUrlState();
  const table = useAlignedAmounts<HTMLTableElement>(numberColumn);
  const isWhole = url['applied'] === 'all' || prices.length <= FEW;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a mouse. */}
      <section className={figures['scroll']} tabIndex={0} aria-label={t('models.applied')}>
        <table className={`${figures['table']} ${classes['table']}`} ref={table}>
          <thead>
            <tr>
              <th scope="col">{t('models.price')}</th>
              <th scope="col">{t('models.input')}</th>
              <th scope="col">{t('models.cached')}</th>
              <th scope="col">{t('models.output')}</th>
              <th scope="col">{t('models.since')}</th>
            </tr>
          </thead>
          <tbody>
            {prices.slice(0, isWhole ? prices.length : FEW).map((price) => (
              <tr key={price.id}>
                <th scope="row" className="tk-mono" title={price.id}>
                  <PriceId id={price.id} />
                </th>
                <td>
                  <Money amount={price.input_usd_per_mtok} />
                </td>
                <td>
                  <Money amount={price.cached_input_usd_per_mtok} />
                </td>
                <td>
                  <Money amount={price.output_usd_per_mtok} />
                </td>
                <td>
                  <Time at={price.first_used_at} style="short" />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {prices.length > FEW && (
        <Button
          variant="subtle"
          size="compact-sm"
          mt={8}
          onClick={() => change({ applied: isWhole ? null : 'all' })}
        >
          {isWhole ? t('models.fewer') : t('models.all', { count: prices.length })}
        </Button>
      )}
    </>
  );
}

/** Broken where its parts end, if it must be. */
function PriceId({ id }: { readonly id: string }): ReactNode {
  const parts = id.split('/');
  return parts.map((part, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one name never change places.
    <Fragment key={at}>
      {part}
      {at < parts.length - 1 && (
        <>
          /<wbr />
        </>
      )}
    </Fragment>
  ));
}
