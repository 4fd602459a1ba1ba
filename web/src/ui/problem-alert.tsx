import { Alert, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { isSessionEnd } from '../client.ts';
import { useWords } from '../language/language.ts';
import { problemText, requestIdOf } from './problem-text.ts';

/** What went wrong with a form, above its button. */
export function ProblemAlert({ problem }: { readonly problem: Error | null }): ReactNode {
  const { t } = useWords();
  if (problem === null || isSessionEnd(problem)) return null;
  const id = requestIdOf(problem);
  return (
    <Alert
      color="red"
      variant="light"
      role="alert"
      icon={<IconAlertTriangle size={18} stroke={1.6} color="var(--tk-bad)" />}
      p="sm"
    >
      <Text size="sm" c="var(--tk-text)">
        {problemText(problem)}
      </Text>
      {id !== null && (
        <Text size="xs" c="dimmed" mt={2}>
          {t('state.request')} <span className="tk-mono">{id}</span>
        </Text>
      )}
    </Alert>
  );
}
