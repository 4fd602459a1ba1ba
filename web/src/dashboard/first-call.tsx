import { Button, Card, Group } from '@mantine/core';
import { IconRocket } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
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
        action={<FirstSteps />}
        snippet={<Snippets snippets={snippets} />}
      />
    </Card>
  );
}

/** What a call needs: a key to send, and one of a provider behind it. */
function FirstSteps(): ReactNode {
  const { t } = useWords();
  const search = { add: 'yes' } as never;
  return (
    <Group gap="xs" justify="center">
      <Button component={Link} to="/virtual-keys" search={search}>
        {t('palette.new.virtual-key')}
      </Button>
      <Button component={Link} to="/keys" search={search} variant="default">
        {t('palette.new.key')}
      </Button>
    </Group>
  );
}
