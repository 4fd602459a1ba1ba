import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useWords } from '../language/language.ts';
import { Dialog } from './dialog.tsx';

interface ConfirmProps {
  readonly title: string;
  /** What will be gone and what stays. */
  readonly children: ReactNode;
  /** Must be typed as it is; absent: a click is enough. */
  readonly word?: string;
  readonly action: string;
  readonly isBusy: boolean;
  readonly confirm: () => void;
  readonly close: () => void;
}

/** Asks before something is done that cannot be undone. */
export function ConfirmDialog(props: ConfirmProps): ReactNode {
  const { title, children, word, action, isBusy, confirm, close } = props;
  const { t } = useWords();
  const [typed, setTyped] = useState('');
  const isMeant = word === undefined || typed.trim() === word;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isMeant) confirm();
  };
  return (
    <Dialog title={title} close={close}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm" component="div">
            {children}
          </Text>
          {word !== undefined && (
            <TextInput
              label={t('confirm.type', { word })}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              autoComplete="off"
              spellCheck={false}
              data-autofocus
            />
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              {t('action.cancel')}
            </Button>
            <Button type="submit" color="red" disabled={!isMeant} loading={isBusy}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
