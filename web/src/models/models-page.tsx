import { Button, Card } from '@mantine/core';
import { IconTag } from '@tabler/icons-react';
import { keepPreviousData } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { MODEL_ORDERS, MODEL_STATES, REQUESTS_API } from '../../../contract/api/requests-api.ts';
import { addressOf, useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { usePeriod } from '../shell/period-picker.tsx';
import { useProviderName } from '../shell/provider-names.ts';
import { usePerson } from '../shell/session.ts';
import { useUrlState } from '../shell/url-state.ts';
import { PageBody, Section } from '../ui/page.tsx';
import { Empty, Outcome } from '../ui/states.tsx';
import { DataTable } from '../ui/tables/data-table.tsx';
import { ExportMenu } from '../ui/tables/export-menu.tsx';
import { FilterSelect } from '../ui/tables/filter-select.tsx';
import { SearchField } from '../ui/tables/search-field.tsx';
import { useTableState } from '../ui/tables/table-state.ts';
import { ViewsMenu } from '../ui/tables/views-menu.tsx';
import { AppliedPrices } from './applied-prices.tsx';
import { modelColumns } from './model-columns.tsx';
import type { PriceList } from './price-list.ts';
import { UnpricedModels } from './unpriced-models.tsx';

export function ModelsPage(): ReactNode {
  const { t } = useWords();
  const { start, end } = usePeriod();
  const asked = useAsk(REQUESTS_API.prices, { query: { start, end } });
  return (
    <PageBody title={t('nav.models')} about={t('models.about')}>
      <Outcome of={asked}>{({ data }) => <Models of={data} />}</Outcome>
    </PageBody>
  );
}

const SORTS = MODEL_ORDERS.flatMap((order) => [order, `-${order}`] as const);

/** @param of every model and price, whatever the table is narrowed to */
function Models({ of }: { readonly of: PriceList }): ReactNode {
  const { t } = useWords();
  const [url] = useUrlState();
  const { start, end } = usePeriod();
  const isOperator = usePerson().role === 'admin';
  const control = useTableState({ hiddenAtFirst: ['cached'] });
  const providerName = useProviderName();
  const query = {
    ...{ start, end, q: url['q'] },
    state: MODEL_STATES.find((one) => one === url['state']),
    sort: SORTS.find((one) => one === control.sort),
  };
  const found = useAsk(REQUESTS_API.prices, { query }, { placeholderData: keepPreviousData });
  const unpriced = of.models.filter((model) => model.unpriced_requests > 0);
  return (
    <>
      {unpriced.length > 0 && <UnpricedModels rows={unpriced} isOperator={isOperator} />}
      <DataTable
        label={t('nav.models')}
        columns={modelColumns(providerName)}
        rows={found.data?.data.models ?? []}
        idOf={({ id }) => id}
        control={control}
        filters={<ModelFilters />}
        actions={
          <>
            <ViewsMenu />
            <ExportMenu
              address={addressOf(REQUESTS_API.prices, { query })}
              formats={['csv', 'json', 'jsonl']}
            />
          </>
        }
        empty={
          <Empty
            icon={IconTag}
            title={t(of.models.length === 0 ? 'models.none' : 'models.nomatch')}
            text={t(of.models.length === 0 ? 'models.none.why' : 'models.nomatch.why')}
            action={
              of.models.length === 0 && (
                <Button component={Link} to="/keys" search={{ add: 'yes' } as never}>
                  {t('palette.new.key')}
                </Button>
              )
            }
          />
        }
      />
      {of.prices.length > 0 && (
        <Section title={t('models.applied')} about={t('models.applied.about')}>
          <Card>
            <AppliedPrices prices={of.prices} />
          </Card>
        </Section>
      )}
    </>
  );
}

function ModelFilters(): ReactNode {
  const { t } = useWords();
  return (
    <>
      <SearchField label={t('models.search')} />
      <FilterSelect
        name="state"
        label={t('models.state')}
        any={t('models.state')}
        data={MODEL_STATES.map((state) => ({ value: state, label: t(`models.state.${state}`) }))}
        isWide
      />
    </>
  );
}
