/** The call behind a view as a line for a terminal. */
import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { CodeBlock } from './code-block.tsx';

/** The token stands there by name: none is ever read back. It is one of a sign-in, as API tokens read less than people do. */
export function curlOf(address: string): string {
  return `curl "${window.location.origin}${address}" -H "Authorization: Bearer $TOLLKEEPER_ACCESS_TOKEN"`;
}

export function CurlBlock({ address }: { readonly address: string }): ReactNode {
  const { t } = useWords();
  return (
    <div>
      <CodeBlock label="curl" code={curlOf(address)} />
      <Text size="xs" c="dimmed" mt={6}>
        {t('export.curl.token')}
      </Text>
    </div>
  );
}
