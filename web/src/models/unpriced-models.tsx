import { Card, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { RankList } from '../ui/charts/rank-list.tsx';
import { CodeBlock } from '../ui/code-block.tsx';
import { Section } from '../ui/page.tsx';
import type { ModelRow } from './price-list.ts';

/** So many models stand in the line to be copied. */
const EXAMPLES = 3;

/** What was used of which nobody knows the cost, how often, and how the operator gives it a price. */
export function UnpricedModels(props: {
  readonly rows: readonly ModelRow[];
  readonly isOperator: boolean;
}): ReactNode {
  const { isOperator } = props;
  const { t } = useWords();
  const rows = props.rows.toSorted((a, b) => b.unpriced_requests - a.unpriced_requests);
  const title = t('models.unpriced.title');
  return (
    <Section title={title} about={t('models.unpriced.about')}>
      <Card>
        <Stack gap="sm">
          <RankList
            label={title}
            total={null}
            items={rows.map(({ id, unpriced_requests: unpriced }) => ({
              name: id,
              label: id,
              size: unpriced,
              value: t('models.unpriced.times', { count: unpriced }),
            }))}
          />
          {isOperator && (
            <>
              <Text size="sm">{t('models.unpriced.how')}</Text>
              <CodeBlock label="MODEL_PRICING_JSON" code={settingFor(rows.slice(0, EXAMPLES))} />
            </>
          )}
        </Stack>
      </Card>
    </Section>
  );
}

/** A line for the settings, with prices to be filled in. */
function settingFor(rows: readonly ModelRow[]): string {
  const prices = rows.map(({ id }) => `${JSON.stringify(id)}: {"input": …, "output": …}`);
  return `MODEL_PRICING_JSON={${prices.join(', ')}}`;
}
