import { Card } from '@mantine/core';
import { IconHourglass } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { MONITORING_API } from '../../../contract/api/monitoring-api.ts';
import { useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { namesApart, useProviderName } from '../shell/provider-names.ts';
import { RankList } from '../ui/charts/rank-list.tsx';
import { countText } from '../ui/figures.ts';
import { Section } from '../ui/page.tsx';
import { Empty, Outcome } from '../ui/states.tsx';

/** For how long each key lasts, the shortest first, as a span: nobody knows the day. */
export function RunwayList(): ReactNode {
  const { t } = useWords();
  const asked = useAsk(MONITORING_API.balances);
  const providerName = useProviderName();
  return (
    <Section title={t('subject.runway')} about={t('dashboard.runway.about')}>
      <Card>
        <Outcome of={asked}>
          {({ data }) => {
            const names = namesApart(data, providerName);
            const known = data
              .flatMap(({ key_id, runway }, index) =>
                runway === null ? [] : [{ key_id, name: names[index] ?? '', ...runway }],
              )
              .sort((a, b) => a.days - b.days);
            if (known.length === 0) {
              return (
                <Empty
                  icon={IconHourglass}
                  title={t('dashboard.runway.none')}
                  text={t('dashboard.runway.why')}
                />
              );
            }
            return (
              <RankList
                label={t('subject.runway')}
                total={null}
                items={known.map(({ key_id, name, days, low_days, high_days }) => ({
                  name: key_id,
                  label: name,
                  size: days,
                  value: t('dashboard.runway.span', {
                    low: countText(Math.floor(low_days)),
                    high: high_days === null ? '∞' : countText(Math.ceil(high_days)),
                  }),
                }))}
              />
            );
          }}
        </Outcome>
      </Card>
    </Section>
  );
}
