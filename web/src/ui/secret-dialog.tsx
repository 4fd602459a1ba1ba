import { Button, Checkbox, Group, Modal, Stack, Text } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';
import { useWords } from '../language/language.ts';
import { CodeBlock } from './code-block.tsx';

interface SecretProps {
  readonly title: string;
  readonly secret: string;
  /** What the secret is called: "Virtual key". */
  readonly label: string;
  /** What can be done with it now: snippets, a test. */
  readonly children?: ReactNode;
  readonly close: () => void;
}

/**
 * Hands over a secret that is shown once. It closes by its own button only, after it was said that the secret is
 * kept; leaving the page asks as well.
 */
export function SecretDialog({ title, secret, label, children, close }: SecretProps): ReactNode {
  const { t } = useWords();
  const [isKept, setKept] = useState(false);
  useEffect(() => {
    if (isKept) return undefined;
    const guard = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', guard);
    return () => window.removeEventListener('beforeunload', guard);
  }, [isKept]);
  return (
    <Modal
      opened
      onClose={() => isKept && close()}
      closeOnClickOutside={false}
      withCloseButton={false}
      size="lg"
      title={title}
    >
      <Stack>
        <Text size="sm">{t('secret.once')}</Text>
        <CodeBlock code={secret} label={label} />
        {children}
        <Group justify="space-between" mt="xs">
          <Checkbox
            label={t('secret.kept')}
            checked={isKept}
            onChange={(event) => setKept(event.currentTarget.checked)}
          />
          <Button disabled={!isKept} onClick={close}>
            {t('action.done')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
