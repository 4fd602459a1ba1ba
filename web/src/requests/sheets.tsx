/** The arithmetic of a request's cost and of its money, so that everybody can do it again. */
import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { type MessageId, useWords } from '../language/language.ts';
import { countText } from '../ui/figures.ts';
import { Time } from '../ui/money.tsx';
import { numberColumn, useAlignedAmounts } from '../ui/tables/aligned-amounts.ts';
import { Part, type RequestStory } from './part.tsx';
import classes from './requests.module.css';

/** The classes of tokens by the names that the price has for them. */
const CLASSES: Readonly<Record<string, MessageId>> = {
  input: 'requests.class.input',
  'cached input': 'requests.class.cached',
  'cache write (5 minutes)': 'requests.class.write5m',
  'cache write (1 hour)': 'requests.class.write1h',
  output: 'requests.class.output',
  reasoning: 'requests.class.reasoning',
  request: 'requests.class.request',
};

export function CostSheet({ story }: { readonly story: RequestStory }): ReactNode {
  const { t } = useWords();
  const { price, cost_source: source } = story;
  const table = useAlignedAmounts<HTMLTableElement>(numberColumn);
  if (story.outcome === 'refused') return null;
  if (price === null) {
    return (
      <Part title={t('requests.arithmetic')}>
        <Text size="sm" c="dimmed">
          {t(`requests.source.${source}.why`)}
        </Text>
      </Part>
    );
  }
  return (
    <Part title={t('requests.arithmetic')}>
      <section className={classes['wide']} aria-label={t('requests.arithmetic')}>
        <table className={classes['sheet']} ref={table}>
          <thead>
            <tr>
              <th scope="col">{t('requests.class')}</th>
              <th scope="col">{t('requests.quantity')}</th>
              <th scope="col">{t('requests.rate.million')}</th>
              <th scope="col">{t('requests.amount')}</th>
            </tr>
          </thead>
          <tbody>
            {price.terms.map((term) => (
              <Term key={term.of} {...term} />
            ))}
          </tbody>
          <tfoot>
            <tr>
              <td colSpan={3}>{t('requests.sum')}</td>
              <td>
                <Exact amount={story.cost_usd} />
              </td>
            </tr>
          </tfoot>
        </table>
      </section>
      <Text size="xs" c="dimmed" mt={8}>
        {t(`requests.source.${source}.why`)} <span className="tk-mono">{price.id}</span>
        {price.is_believed && ` ${t('requests.source.tier.why')}`}
      </Text>
    </Part>
  );
}

type TermRow = NonNullable<RequestStory['price']>['terms'][number];

function Term({ of, quantity, usd_per_million: rate, cost_usd: cost }: TermRow): ReactNode {
  const { t } = useWords();
  const name = CLASSES[of];
  return (
    <tr>
      <td>{name === undefined ? of : t(name)}</td>
      <td>{countText(quantity)}</td>
      <td>
        × <Exact amount={rate} />
      </td>
      <td>
        <Exact amount={cost} />
      </td>
    </tr>
  );
}

/** An amount in a column, with its point below the others. */
function Exact({ amount }: { readonly amount: string | null }): ReactNode {
  const decimals = amount === null ? undefined : (amount.split('.')[1]?.length ?? 0);
  return <span data-decimals={decimals}>{dollars(amount)}</span>;
}

/** Every digit: this is where nothing is rounded. */
function dollars(amount: string | null): string {
  return amount === null ? '–' : amount.startsWith('-') ? `-$${amount.slice(1)}` : `$${amount}`;
}

/** What was held, what of that was charged, and what came back; then every entry in the books. */
export function LedgerSheet({ story }: { readonly story: RequestStory }): ReactNode {
  const { t } = useWords();
  const { hold_usd: hold, charge_usd: charge, plan, ledger_entries: entries } = story;
  if (hold === null && charge === null && entries.length === 0) return null;
  return (
    <Part title={t('requests.money')}>
      <Text size="sm" mb={entries.length === 0 ? 0 : 8}>
        {t('requests.hold', { hold: dollars(hold), charge: dollars(charge) })}
        {plan !== null && ` ${t('requests.plan', { plan })}`}
      </Text>
      {entries.length > 0 && (
        <section className={classes['wide']} aria-label={t('requests.entries')}>
          <table className={classes['sheet']}>
            <thead>
              <tr>
                <th scope="col">{t('requests.entry')}</th>
                <th scope="col">{t('requests.entry.at')}</th>
                <th scope="col">{t('requests.amount')}</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <tr key={entry.id}>
                  <td>
                    {t(entry.kind === 'budget' ? 'requests.entry.budget' : 'requests.entry.charge')}
                    {entry.period !== null && ` · ${entry.period}`}
                  </td>
                  <td>
                    <Time at={entry.at} style="short" />
                  </td>
                  <td>{dollars(entry.amount_usd)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Part>
  );
}
