import { Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import { MONITORING_API, type probeReport } from '../../../contract/api/monitoring-api.ts';
import { USAGE_LOG_API } from '../../../contract/api/usage-log-api.ts';
import { useAct, useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Facts } from '../ui/facts.tsx';
import { durationText, moneyText } from '../ui/figures.ts';
import { Money } from '../ui/money.tsx';
import { ProblemAlert } from '../ui/problem-alert.tsx';
import { StatusBadge } from '../ui/status-badge.tsx';
import { type ProviderKey, STALE } from './provider-key.ts';

interface ProbeProps {
  readonly of: ProviderKey;
  readonly close: () => void;
}

/** A probe spends money: what probes of this key cost is said before one is made. */
export function ProbeDialog({ of, close }: ProbeProps): ReactNode {
  const { t } = useWords();
  const probe = useAct(MONITORING_API.probe, { stale: [...STALE, USAGE_LOG_API.list] });
  return (
    <Dialog title={t('pk.probe.what', { name: of.name })} close={close}>
      <Stack>
        <Text size="sm">{t('pk.probe.about')}</Text>
        <CostSoFar keyId={of.id} />
        {probe.data !== undefined && <Report of={probe.data} />}
        <ProblemAlert problem={probe.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {t('action.close')}
          </Button>
          <Button
            loading={probe.isPending}
            onClick={() => probe.mutate({ params: { id: of.id } })}
            data-autofocus
          >
            {t('pk.probe.now')}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function CostSoFar({ keyId }: { readonly keyId: string }): ReactNode {
  const { t } = useWords();
  const log = useAsk(USAGE_LOG_API.list, {
    query: { key_id: keyId, source: 'probe', limit: 1 },
  });
  if (log.data === undefined) {
    return log.isError ? <ProblemAlert problem={log.error} /> : <Skeleton height={18} />;
  }
  const [last] = log.data.data;
  return (
    <Text size="sm" c="dimmed">
      {last === undefined
        ? t('pk.probe.first')
        : t('pk.probe.last', {
            model: last.model,
            cost: last.cost_usd === null ? t('money.unpriced') : moneyText(last.cost_usd),
            total: moneyText(log.data.totals.cost_usd),
          })}
    </Text>
  );
}

function Report({ of }: { readonly of: z.output<typeof probeReport> }): ReactNode {
  const { t } = useWords();
  const { prompt_tokens: input, completion_tokens: output } = of;
  return (
    <div role="status">
      <Group gap="xs" mb="xs">
        <StatusBadge
          tone={of.ok ? 'good' : 'bad'}
          label={t(of.ok ? 'pk.probe.ok' : 'pk.probe.failed')}
        />
        {of.error !== null && <Text size="sm">{of.error}</Text>}
      </Group>
      <Facts
        facts={[
          [t('pk.probe.model'), of.model],
          [t('pk.probe.duration'), durationText(of.latency_ms)],
          [t('pk.probe.tokens'), input === null ? null : `${input} → ${output ?? '–'}`],
          [
            t('pk.probe.cost'),
            of.ok ? (
              <Money key="cost" amount={of.cost_usd} isUnpriced={of.cost_usd === null} />
            ) : null,
          ],
        ]}
      />
    </div>
  );
}
