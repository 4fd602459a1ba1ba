import { Button, Card, Group } from '@mantine/core';
import { IconRocket } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { PROVIDER_KEYS_API } from '../../../contract/api/provider-keys-api.ts';
import { useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { usePerson } from '../shell/session.ts';
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

/** What a call needs: one key of a provider, and one to send. The one that is missing is offered first. */
function FirstSteps(): ReactNode {
  const { t } = useWords();
  const isOperator = usePerson().role === 'admin';
  const keys = useAsk(PROVIDER_KEYS_API.list);
  const search = { add: 'yes' } as never;
  // Others may have what the operator provides, and are not told of it.
  const needsProvider = isOperator && keys.data?.data.length === 0;
  const steps = [
    { to: '/keys', label: 'palette.new.key' },
    { to: '/virtual-keys', label: 'palette.new.virtual-key' },
  ] as const;
  return (
    <Group gap="xs" justify="center">
      {(needsProvider ? steps : steps.toReversed()).map(({ to, label }, at) => (
        <Button
          key={to}
          component={Link}
          to={to}
          search={search}
          variant={at === 0 ? 'filled' : 'default'}
        >
          {t(label)}
        </Button>
      ))}
    </Group>
  );
}
