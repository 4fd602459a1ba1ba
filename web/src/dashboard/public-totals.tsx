import { Anchor, SimpleGrid, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { FIGURES_API } from '../../../contract/api/figures-api.ts';
import { useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { Door } from '../login/door.tsx';
import { Outcome } from '../ui/states.tsx';
import { FigureCards } from './cards.tsx';

/** What anyone sees where the dashboard is public: the totals of the installation, and nobody's in particular. */
export function PublicTotals(): ReactNode {
  const { t } = useWords();
  const overview = useAsk(FIGURES_API.overview);
  return (
    <Door
      title={t('totals.title')}
      about={t('totals.about', { days: overview.data?.data.buckets.length ?? 30 })}
      isWide
      below={
        <Text size="sm" ta="center">
          <Anchor component={Link} to="/login" inherit>
            {t('login.title')}
          </Anchor>
        </Text>
      }
    >
      <Outcome of={overview}>
        {(answer) => (
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
            <FigureCards of={answer} />
          </SimpleGrid>
        )}
      </Outcome>
    </Door>
  );
}
