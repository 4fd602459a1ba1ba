import { Button, Skeleton, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import { MONITORING_API } from '../../../contract/api/monitoring-api.ts';
import { STATISTICS_API, type statisticsReply } from '../../../contract/api/statistics-api.ts';
import { useAct, useAsk } from '../client.ts';
import { type MessageId, useWords } from '../language/language.ts';
import { RankList } from '../ui/charts/rank-list.tsx';
import { Money, Time, Tokens } from '../ui/money.tsx';
import { tellDone, tellProblem } from '../ui/notices.ts';
import { Section } from '../ui/page.tsx';
import { Failed } from '../ui/states.tsx';
import classes from './keys.module.css';
import { type ProviderKey, STALE } from './provider-key.ts';

type Side = z.output<typeof statisticsReply>;

interface UsageProps {
  readonly of: ProviderKey;
  /** Whether this provider tells what was used. */
  readonly isTold: boolean;
}

/** What the provider bills beside what we metered; the two cover different calls, so no sum is made of them. */
export function UsageSection({ of, isTold }: UsageProps): ReactNode {
  const { t } = useWords();
  const sync = useAct(MONITORING_API.sync, { stale: STALE });
  const provider = useAsk(STATISTICS_API.stats, { query: { key_id: of.id, source: 'provider' } });
  const gateway = useAsk(STATISTICS_API.stats, { query: { key_id: of.id, source: 'gateway' } });
  const read = (): void =>
    sync.mutate(
      { params: { id: of.id } },
      {
        onSuccess: ({ rows }) => tellDone(t('pk.usage.read.done', { count: rows })),
        onError: tellProblem,
      },
    );
  const failed = [provider, gateway].find(({ isError, data }) => isError && data === undefined);
  const button = isTold && of.is_active && (
    <Button variant="default" size="compact-sm" loading={sync.isPending} onClick={read}>
      {t('pk.usage.read')}
    </Button>
  );
  return (
    <Section title={t('pk.usage')} about={t('pk.usage.about')} aside={button}>
      {failed?.error != null ? (
        <Failed
          problem={failed.error}
          retry={() => Promise.all([provider.refetch(), gateway.refetch()])}
        />
      ) : provider.data === undefined || gateway.data === undefined ? (
        <Skeleton height={140} radius="md" />
      ) : (
        <Sides provider={provider.data} gateway={gateway.data} isTold={isTold} />
      )}
    </Section>
  );
}

const LINES: readonly (readonly [MessageId, (side: Side['data']) => ReactNode])[] = [
  ['pk.usage.cost', (side) => <Money amount={side.total_cost_usd} />],
  ['pk.usage.requests', (side) => <Tokens count={side.total_requests} />],
  ['pk.usage.input', (side) => <Tokens count={side.total_tokens_input} />],
  ['pk.usage.output', (side) => <Tokens count={side.total_tokens_output} />],
];

/** Of the models, those that cost most. */
const MODELS = 5;

function Sides(props: {
  readonly provider: Side;
  readonly gateway: Side;
  readonly isTold: boolean;
}): ReactNode {
  const { provider, gateway, isTold } = props;
  const { t } = useWords();
  const asOf = provider.meta.as_of;
  // Most providers tell it to management keys only: of any other key nobody said that nothing was used.
  const isKnown = isTold && asOf !== null;
  const why = t(isTold ? 'pk.usage.silent' : 'pk.usage.untold');
  const isQuiet = [provider, gateway].every(({ data }) => data.by_model.length === 0);
  if (isQuiet) {
    return (
      <Text size="sm" c="dimmed">
        {t('pk.usage.none')} {!isKnown && why}
      </Text>
    );
  }
  const models = provider.data.by_model
    .toSorted((one, other) => Number(other.cost_usd) - Number(one.cost_usd))
    .slice(0, MODELS);
  return (
    <Stack gap="sm">
      <table className={classes['sides']}>
        <thead>
          <tr>
            <td />
            <th scope="col">{t('pk.usage.provider')}</th>
            <th scope="col">{t('pk.usage.gateway')}</th>
          </tr>
        </thead>
        <tbody>
          {LINES.map(([label, cell]) => (
            <tr key={label}>
              <th scope="row">{t(label)}</th>
              <td>{isKnown ? cell(provider.data) : '–'}</td>
              <td>{cell(gateway.data)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Text size="xs" c="dimmed">
        {isKnown ? (
          <>
            {t('pk.usage.asof')} <Time at={asOf} />
          </>
        ) : (
          why
        )}
      </Text>
      {models.length > 0 && (
        <div>
          <Text size="xs" c="dimmed" mb={4}>
            {t('pk.usage.models')}
          </Text>
          <RankList
            label={t('pk.usage.models')}
            items={models.map(({ model, cost_usd: cost }) => ({
              name: model,
              label: model,
              size: Number(cost),
              value: <Money amount={cost} />,
            }))}
          />
        </div>
      )}
    </Stack>
  );
}
