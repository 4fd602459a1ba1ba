import { Card } from '@mantine/core';
import { IconTag } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { FIGURES_API } from '../../../contract/api/figures-api.ts';
import { PROVIDER_KEYS_API } from '../../../contract/api/provider-keys-api.ts';
import { REQUESTS_API } from '../../../contract/api/requests-api.ts';
import { addressOf, useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { usePeriod } from '../shell/period-picker.tsx';
import { useSession } from '../shell/session.ts';
import { useUrlState } from '../shell/url-state.ts';
import { DataTable } from '../ui/data-table.tsx';
import { ExportMenu } from '../ui/export-menu.tsx';
import { FilterSelect } from '../ui/filter-select.tsx';
import { PageBody, Section } from '../ui/page.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { Empty, Outcome } from '../ui/states.tsx';
import { useTableState } from '../ui/table-state.ts';
import { AppliedPrices } from './applied-prices.tsx';
import { modelColumns } from './model-columns.tsx';
import { isOfState, modelRows, type PriceList, STATES, sorted } from './model-rows.ts';
import { UnpricedModels } from './unpriced-models.tsx';

/** So many models are told apart by the figures. */
const TOLD = 50;

export function ModelsPage(): ReactNode {
  const { t } = useWords();
  const [url] = useUrlState();
  const asked = useAsk(REQUESTS_API.prices, { query: { q: url['q'] } });
  return (
    <PageBody title={t('nav.models')} about={t('models.about')}>
      <Outcome of={asked}>{({ data }) => <Models of={data} />}</Outcome>
    </PageBody>
  );
}

function useCounts(metric: 'requests' | 'unpriced_requests') {
  const { start, end } = usePeriod();
  const query = { start, end, metric, group: 'model', bucket: 'none', top: TOLD } as const;
  return useAsk(FIGURES_API.figures, { query }).data;
}

function Models({ of }: { readonly of: PriceList }): ReactNode {
  const { t } = useWords();
  const [url] = useUrlState();
  const isOperator = useSession().data?.user?.role === 'admin';
  const control = useTableState({ hiddenAtFirst: ['cached'] });
  const platforms = useAsk(PROVIDER_KEYS_API.platforms).data ?? [];
  const q = (url['q'] ?? '').toLowerCase();
  const all = modelRows({
    models: of.models,
    requests: useCounts('requests'),
    unpriced: useCounts('unpriced_requests'),
  });
  const state = STATES.find((one) => one === url['state']);
  const rows = all.filter(
    (row) => isOfState(row, state) && `${row.id}\n${row.name ?? ''}`.toLowerCase().includes(q),
  );
  const unpriced = all.filter((row) => row.unpriced > 0);
  return (
    <>
      {unpriced.length > 0 && <UnpricedModels rows={unpriced} isOperator={isOperator} />}
      <DataTable
        label={t('nav.models')}
        columns={modelColumns((id) => platforms.find((one) => one.id === id)?.name ?? id)}
        rows={sorted(rows, control.sort)}
        idOf={({ id }) => id}
        control={control}
        filters={<ModelFilters />}
        actions={
          <ExportMenu
            address={addressOf(REQUESTS_API.prices, { query: { q: url['q'] } })}
            formats={['csv', 'json', 'jsonl']}
          />
        }
        empty={
          <Empty
            icon={IconTag}
            title={t(all.length === 0 ? 'models.none' : 'models.nomatch')}
            text={t(all.length === 0 ? 'models.none.why' : 'models.nomatch.why')}
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
        data={STATES.map((state) => ({ value: state, label: t(`models.state.${state}`) }))}
        isWide
      />
    </>
  );
}
