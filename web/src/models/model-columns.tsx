/** What the list tells of each model in a line. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import type { ProviderName } from '../shell/provider-names.ts';
import { keptSearch, useUrlState } from '../shell/url-state.ts';
import { countText } from '../ui/figures.ts';
import { Money } from '../ui/money.tsx';
import { StatusBadge } from '../ui/status-badge.tsx';
import type { Column } from '../ui/tables/data-table.tsx';
import classes from './models.module.css';
import type { ModelRow } from './price-list.ts';

/** @param nameOf the provider of an id in words */
export function modelColumns(providerName: ProviderName): readonly Column<ModelRow>[] {
  return [
    {
      ...{ name: 'id', label: 'models.model', isFixed: true, isSortable: true },
      cell: (row) => <ModelName of={row} />,
    },
    {
      ...{ name: 'input', label: 'models.input', isNumber: true, isSortable: true },
      cell: (row) => <Price of={row} amount={row.input_usd_per_mtok} />,
    },
    {
      ...{ name: 'cached', label: 'models.cached', isNumber: true, isSortable: true },
      cell: (row) => <Price of={row} amount={row.cached_input_usd_per_mtok} />,
    },
    {
      ...{ name: 'output', label: 'models.output', isNumber: true, isSortable: true },
      cell: (row) => <Price of={row} amount={row.output_usd_per_mtok} />,
    },
    { name: 'source', label: 'models.source', cell: (row) => <Source of={row} /> },
    {
      ...{ name: 'provider', label: 'models.provider', isSortable: true },
      cell: ({ provider }) => (provider === null ? <Unlisted /> : providerName(provider)),
    },
    {
      ...{ name: 'requests', label: 'models.requests', isNumber: true, isSortable: true },
      cell: (row) => <Uses of={row} />,
    },
    {
      ...{ name: 'unpriced', label: 'models.unpriced', isNumber: true, isSortable: true },
      cell: (row) => countText(row.unpriced_requests),
    },
  ];
}

function ModelName({ of }: { readonly of: ModelRow }): ReactNode {
  return (
    <span className={classes['name']} title={of.id}>
      {of.id}
      {of.name !== null && of.name !== of.id && <span className={classes['said']}>{of.name}</span>}
    </span>
  );
}

function Unlisted(): ReactNode {
  const { t } = useWords();
  return (
    <span className={classes['said']} title={t('models.unlisted.why')}>
      {t('models.unlisted')}
    </span>
  );
}

/** A price that is not known is never shown as nothing; one that has no such part is a dash. */
function Price(props: { readonly of: ModelRow; readonly amount: string | null }): ReactNode {
  const { of, amount } = props;
  if (of.source === 'free') return <Money amount={0} />;
  return <Money amount={amount} isUnpriced={of.source === null} />;
}

const TONES = { setting: 'good', catalogue: 'quiet', free: 'good' } as const;

function Source({ of }: { readonly of: ModelRow }): ReactNode {
  const { t } = useWords();
  if (of.source === null) return <StatusBadge tone="warn" label={t('models.source.none')} />;
  return <StatusBadge tone={TONES[of.source]} label={t(`models.source.${of.source}`)} />;
}

function Uses({ of }: { readonly of: ModelRow }): ReactNode {
  const [url] = useUrlState();
  if (of.requests === 0) return countText(0);
  return (
    <Link
      className={classes['uses']}
      to="/requests"
      search={{ ...keptSearch(url), model: of.id } as never}
    >
      {countText(of.requests)}
    </Link>
  );
}
