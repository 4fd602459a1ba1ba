import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { keptSearch, useUrlState } from '../shell/url-state.ts';

/** From a figure to the page that asks further: with its measure, and of the same period. */
export function ExploreLink({ of }: { readonly of: Readonly<Record<string, string>> }): ReactNode {
  const { t } = useWords();
  const [url] = useUrlState();
  const search = { ...keptSearch(url), ...of };
  return (
    <Anchor component={Link} to="/stats" search={search as never} size="sm" className="tk-screen">
      {t('by.explore')}
    </Anchor>
  );
}
