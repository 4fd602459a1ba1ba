import { Card } from '@mantine/core';
import { IconRocket } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { Snippets } from '../ui/code-block.tsx';
import { keySnippets } from '../ui/snippets.ts';
import { Empty } from '../ui/states.tsx';

/** Stands where a virtual key has to be put: none is ever read back. */
const KEY = '$TOLLKEEPER_KEY';
const MODEL = 'gpt-4o-mini';

/** Nothing was asked in this period: how the first call is made. */
export function FirstCall(): ReactNode {
  const { t } = useWords();
  const snippets = keySnippets({ origin: window.location.origin, key: KEY, model: MODEL });
  return (
    <Card>
      <Empty
        icon={IconRocket}
        title={t('dashboard.empty')}
        text={t('dashboard.empty.why')}
        snippet={<Snippets snippets={snippets} />}
      />
    </Card>
  );
}
