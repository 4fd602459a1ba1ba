import { Button, Group } from '@mantine/core';
import { useWords } from '../language/language.ts';

/** What was done, and the way back. */
export function Undoable(props: { readonly message: string; readonly undo: () => void }) {
  const { t } = useWords();
  return (
    <Group gap="xs" justify="space-between" wrap="nowrap">
      <span>{props.message}</span>
      <Button variant="default" size="compact-sm" flex="none" onClick={props.undo}>
        {t('action.undo')}
      </Button>
    </Group>
  );
}
