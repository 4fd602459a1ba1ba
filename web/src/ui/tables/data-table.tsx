/** Rows that the server sorts, filters and pages. Whatever is chosen here lies in the address. */
import { ActionIcon, Button, Checkbox, Menu, UnstyledButton, VisuallyHidden } from '@mantine/core';
import {
  IconArrowDown,
  IconArrowUp,
  IconChevronLeft,
  IconChevronRight,
  IconColumns3,
} from '@tabler/icons-react';
import { type ReactNode, useEffect } from 'react';
import { type MessageId, useWords } from '../../language/language.ts';
import { usePreferences } from '../../shell/preferences.ts';
import { numberColumn, useAlignedAmounts } from './aligned-amounts.ts';
import classes from './data-table.module.css';
import type { TableControl } from './table-state.ts';

export interface Column<Row> {
  /** Its name in the address and, where it can be sorted, for the server. */
  readonly name: string;
  readonly label: MessageId;
  readonly cell: (row: Row) => ReactNode;
  readonly isNumber?: boolean;
  readonly isSortable?: boolean;
  /** Cannot be hidden: the row would have no name. */
  readonly isFixed?: boolean;
  /** Holds what can be done with a row, which needs no heading for the eye. */
  readonly isActs?: boolean;
}

export interface Paging {
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

interface DataTableProps<Row> {
  /** What the table is, for those who do not see it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly idOf: (row: Row) => string;
  readonly control: TableControl;
  readonly paging?: Paging;
  /** Filters, at the left above the rows. */
  readonly filters?: ReactNode;
  /** Exports and the like, at the right. */
  readonly actions?: ReactNode;
  /** Whether a row can be looked at in a panel. */
  readonly opensRows?: boolean;
  /** Shown in place of the rows if there is none. */
  readonly empty: ReactNode;
}

export function DataTable<Row>(props: DataTableProps<Row>): ReactNode {
  const { label, columns, rows, control, paging, filters, actions, empty } = props;
  const { t } = useWords();
  // A small table has nothing to be chosen from, its columns neither.
  const hasBar = filters !== undefined || actions !== undefined;
  const shown = columns.filter(
    ({ name, isFixed }) => !hasBar || isFixed === true || !control.hidden.has(name),
  );
  useRowKeys(props);
  const table = useAlignedAmounts<HTMLTableElement>(numberColumn);
  return (
    <div className={classes['frame']}>
      {hasBar && (
        <div className={classes['bar']}>
          {filters}
          <div className={`${classes['tools']} tk-screen`}>
            {actions}
            <ColumnMenu columns={columns} control={control} />
          </div>
        </div>
      )}
      {rows.length === 0 ? (
        empty
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a mouse.
        <section className={classes['scroll']} tabIndex={0} aria-label={label}>
          <table className={classes['table']} ref={table}>
            <thead>
              <tr>
                {shown.map((column) => (
                  <HeadCell key={column.name} column={column} control={control} />
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <BodyRow key={props.idOf(row)} row={row} shown={shown} table={props} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      <Foot
        count={rows.length}
        control={control}
        paging={paging}
        label={t('table.rows', { count: rows.length })}
      />
    </div>
  );
}

function classOf<Row>({ isNumber, isActs }: Column<Row>): string | undefined {
  if (isNumber === true) return classes['number'];
  return isActs === true ? `${classes['acts']} tk-screen` : undefined;
}

function HeadCell<Row>(props: {
  readonly column: Column<Row>;
  readonly control: TableControl;
}): ReactNode {
  const { column, control } = props;
  const { t } = useWords();
  const isDown = control.sort === `-${column.name}`;
  const isUp = control.sort === column.name;
  const className = classOf(column);
  if (column.isSortable !== true) {
    return (
      <th scope="col" className={className}>
        {column.isActs === true ? (
          <VisuallyHidden>{t(column.label)}</VisuallyHidden>
        ) : (
          t(column.label)
        )}
      </th>
    );
  }
  return (
    <th
      scope="col"
      className={className}
      aria-sort={isDown ? 'descending' : isUp ? 'ascending' : 'none'}
    >
      <UnstyledButton className={classes['sort']} onClick={() => control.sortBy(column.name)}>
        {t(column.label)}
        {isDown && <IconArrowDown size={13} stroke={2} aria-hidden="true" />}
        {isUp && <IconArrowUp size={13} stroke={2} aria-hidden="true" />}
      </UnstyledButton>
    </th>
  );
}

/** A row opens by a click anywhere; for the keyboard its first cell is a button. */
function BodyRow<Row>(props: {
  readonly row: Row;
  readonly shown: readonly Column<Row>[];
  readonly table: DataTableProps<Row>;
}): ReactNode {
  const { row, shown, table } = props;
  const id = table.idOf(row);
  const open = (): void => table.control.open(id);
  const opens = table.opensRows === true;
  return (
    <tr
      data-opens={opens || undefined}
      data-open={table.control.row === id}
      onClick={({ target, currentTarget }) => {
        const isControl =
          target instanceof Element && target.closest('a,button,input,label') !== null;
        // A dialog that a cell opened passes its clicks on to us, although it lies elsewhere.
        const isInRow = target instanceof Node && currentTarget.contains(target);
        if (opens && isInRow && !isControl) open();
      }}
    >
      {shown.map((column, index) => (
        <td key={column.name} className={classOf(column)}>
          {opens && index === 0 ? (
            <UnstyledButton className={classes['opener']} onClick={open}>
              {column.cell(row)}
            </UnstyledButton>
          ) : (
            column.cell(row)
          )}
        </td>
      ))}
    </tr>
  );
}

function ColumnMenu<Row>(props: {
  readonly columns: readonly Column<Row>[];
  readonly control: TableControl;
}): ReactNode {
  const { columns, control } = props;
  const { t } = useWords();
  const free = columns.filter(({ isFixed }) => isFixed !== true);
  return (
    <Menu closeOnItemClick={false} width={200}>
      <Menu.Target>
        <ActionIcon size={32} aria-label={t('table.columns')} title={t('table.columns')}>
          <IconColumns3 size={18} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {free.map(({ name, label }) => (
          <Menu.Item
            key={name}
            onClick={() => control.toggleColumn(name)}
            leftSection={
              <Checkbox.Indicator
                size="xs"
                checked={!control.hidden.has(name)}
                aria-hidden="true"
              />
            }
            aria-label={t(control.hidden.has(name) ? 'table.show' : 'table.hide', {
              column: t(label),
            })}
          >
            {t(label)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Foot(props: {
  readonly count: number;
  readonly label: string;
  readonly control: TableControl;
  readonly paging: Paging | undefined;
}): ReactNode {
  const { label, control, paging } = props;
  const { t } = useWords();
  const next = paging?.next_cursor ?? null;
  const isFirst = control.cursor === null;
  if (props.count === 0 && isFirst) return null;
  return (
    <div className={classes['foot']}>
      <span>{label}</span>
      <div className={classes['spring']} />
      {(next !== null || !isFirst) && (
        <>
          <Button
            variant="subtle"
            color="gray"
            size="compact-sm"
            leftSection={<IconChevronLeft size={15} stroke={1.8} />}
            disabled={isFirst}
            onClick={control.goBack}
          >
            {t('table.previous')}
          </Button>
          <Button
            variant="subtle"
            color="gray"
            size="compact-sm"
            rightSection={<IconChevronRight size={15} stroke={1.8} />}
            disabled={next === null}
            onClick={() => next !== null && control.goOn(next)}
          >
            {t('table.next')}
          </Button>
        </>
      )}
    </div>
  );
}

/** The row after or before the open one; null at the ends. */
export function neighbour<Row>(
  rows: readonly Row[],
  idOf: (row: Row) => string,
  of: string | null,
  direction: -1 | 1,
): string | null {
  const at = rows.findIndex((row) => idOf(row) === of);
  const row = rows[at + direction];
  return at < 0 || row === undefined ? null : idOf(row);
}

/** Whether something lies over the list, or over its panel if that is open, and takes the keys. */
export function isCovered({ row }: Pick<TableControl, 'row'>): boolean {
  const own = row === null ? 0 : 1;
  return document.querySelectorAll('[role=dialog]').length > own;
}

/** `j` and `k` go through the rows while a panel is open or to open the first. */
function useRowKeys<Row>({ rows, idOf, control, opensRows }: DataTableProps<Row>): void {
  const { shortcuts } = usePreferences();
  useEffect(() => {
    if (opensRows !== true || !shortcuts) return undefined;
    const press = (event: KeyboardEvent): void => {
      const isWriting =
        event.target instanceof Element && event.target.closest('input,textarea') !== null;
      if (isWriting || event.metaKey || event.ctrlKey || event.altKey || isCovered(control)) return;
      const direction = event.key === 'j' ? 1 : event.key === 'k' ? -1 : null;
      if (direction === null) return;
      const first = rows[0];
      const to =
        control.row === null
          ? first === undefined
            ? null
            : idOf(first)
          : neighbour(rows, idOf, control.row, direction);
      if (to === null) return;
      event.preventDefault();
      control.open(to);
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  });
}
