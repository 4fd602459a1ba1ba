import { ActionIcon, Drawer, Group, Text } from '@mantine/core';
import { IconChevronDown, IconChevronUp, IconListSearch } from '@tabler/icons-react';
import { type ReactNode, useEffect } from 'react';
import { useWords } from '../../language/language.ts';
import { Empty } from '../states.tsx';
import { isCovered, neighbour } from './data-table.tsx';
import type { TableControl } from './table-state.ts';

interface RowPanelProps<Row> {
  readonly title: ReactNode;
  readonly rows: readonly Row[];
  readonly idOf: (row: Row) => string;
  readonly control: TableControl;
  readonly children: ReactNode;
}

/** One row in full, at the side, with the way to the rows beside it. Its address can be sent to somebody. */
export function RowPanel<Row>(props: RowPanelProps<Row>): ReactNode {
  const { title, rows, idOf, control, children } = props;
  const { t } = useWords();
  const before = neighbour(rows, idOf, control.row, -1);
  const after = neighbour(rows, idOf, control.row, 1);
  useEscape(control);
  return (
    <Drawer
      opened={control.row !== null}
      onClose={() => control.open(null)}
      closeOnEscape={false}
      position="right"
      size={560}
      closeButtonProps={{ 'aria-label': t('action.close') }}
      title={
        <Group gap={4} wrap="nowrap">
          <ActionIcon
            className="tk-screen"
            disabled={before === null}
            onClick={() => control.open(before)}
            aria-label={t('table.before')}
          >
            <IconChevronUp size={18} stroke={1.6} />
          </ActionIcon>
          <ActionIcon
            className="tk-screen"
            disabled={after === null}
            onClick={() => control.open(after)}
            aria-label={t('table.after')}
          >
            <IconChevronDown size={18} stroke={1.6} />
          </ActionIcon>
          <Text fw={600} component="span">
            {title}
          </Text>
        </Group>
      }
    >
      {children}
    </Drawer>
  );
}

/** For an address that opens a row which the list does not have where it stands. */
export function MissingRow(): ReactNode {
  const { t } = useWords();
  return <Empty icon={IconListSearch} title={t('table.missing')} text={t('table.missing.why')} />;
}

/** The library would close the panel together with the dialog that was opened from it. */
function useEscape(control: TableControl): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const isTaken =
        event.isComposing ||
        (event.target instanceof Element &&
          event.target.getAttribute('data-mantine-stop-propagation') === 'true');
      if (event.key !== 'Escape' || control.row === null || isTaken || isCovered(control)) return;
      control.open(null);
    };
    window.addEventListener('keydown', press, { capture: true });
    return () => window.removeEventListener('keydown', press, { capture: true });
  });
}
