import { ActionIcon } from '@mantine/core';
import { useTimeout } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useWords } from '../language/language.ts';
import { copyText } from './clipboard.ts';

interface CopyProps {
  readonly value: string;
  /** What is copied, for those who do not see what the button stands beside. */
  readonly label: string;
}

/** How long it says that it has copied. */
const SAID_MS = 1500;

export function CopyButton({ value, label }: CopyProps): ReactNode {
  const { t } = useWords();
  const [isCopied, setCopied] = useState(false);
  const { start } = useTimeout(() => setCopied(false), SAID_MS);
  const said = isCopied ? t('action.copied') : label;
  const copy = async (): Promise<void> => {
    setCopied(await copyText(value));
    start();
  };
  return (
    <ActionIcon size={26} onClick={() => void copy()} aria-label={said} title={said}>
      {isCopied ? (
        <IconCheck size={15} stroke={1.8} color="var(--tk-good)" />
      ) : (
        <IconCopy size={15} stroke={1.6} />
      )}
    </ActionIcon>
  );
}
