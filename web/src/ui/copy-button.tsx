import { ActionIcon } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';

interface CopyProps {
  readonly value: string;
  /** What is copied, for those who do not see what the button stands beside. */
  readonly label: string;
}

export function CopyButton({ value, label }: CopyProps): ReactNode {
  const { t } = useWords();
  const { copied, copy } = useClipboard({ timeout: 1500 });
  const said = copied ? t('action.copied') : label;
  return (
    <ActionIcon size={26} onClick={() => copy(value)} aria-label={said} title={said}>
      {copied ? (
        <IconCheck size={15} stroke={1.8} color="var(--tk-good)" />
      ) : (
        <IconCopy size={15} stroke={1.6} />
      )}
    </ActionIcon>
  );
}
