/** What a table shows, as its address says it: sorting, filters, page, columns, and the row that is looked at. */
import { useLocation, useRouter } from '@tanstack/react-router';
import { useRef } from 'react';
import { onPage, useChoose, usePreferences } from '../../shell/preferences.ts';
import { type UrlState, useUrlState } from '../../shell/url-state.ts';
import { tellProblem } from '../notices.ts';

export interface TableState {
  /** Name of a column, with `-` before it for descending; null: as the server sends it. */
  readonly sort: string | null;
  /** Where the page begins; null: at the newest. */
  readonly cursor: string | null;
  /** The cursors of the pages before, so that one can go back. */
  readonly trail: readonly string[];
  readonly hidden: ReadonlySet<string>;
  /** The id of the row whose panel is open. */
  readonly row: string | null;
}

const NAMES = ['sort', 'cursor', 'trail', 'hide', 'row'] as const;
const FIRST = '~';

export interface TableDefaults {
  /** Columns that are not shown until somebody asks for them. */
  readonly hiddenAtFirst?: readonly string[];
}

/** Says in the address that no column is hidden, where some are at first. */
const NONE = '-';

export function readTableState(state: UrlState, defaults: TableDefaults = {}): TableState {
  const { hide } = state;
  return {
    sort: state['sort'] ?? null,
    cursor: state['cursor'] ?? null,
    trail: listIn(state['trail']),
    hidden: new Set(hide === undefined ? defaults.hiddenAtFirst : listIn(hide)),
    row: state['row'] ?? null,
  };
}

function listIn(text: string | undefined): readonly string[] {
  return text === undefined || text === '' ? [] : text.split(',');
}

export interface TableControl extends TableState {
  sortBy(column: string): void;
  goOn(nextCursor: string): void;
  goBack(): void;
  toggleColumn(column: string): void;
  open(row: string | null): void;
}

/** The state in the address with the ways to change it. A changed order or filter begins at the first page. */
export function useTableState(defaults: TableDefaults = {}): TableControl {
  const [url, change] = useUrlState();
  const { pathname } = useLocation();
  const usual = usePreferences().columns[pathname] ?? defaults.hiddenAtFirst;
  const state = readTableState(url, usual === undefined ? {} : { hiddenAtFirst: usual });
  const choose = useChoose();
  const { history } = useRouter();
  /** Which entry of the history is there because a row was opened: going back closes it, on a phone above all. */
  const openedAt = useRef<number | null>(null);
  const close = (): void => {
    // It was asked for twice, and the first time is under way.
    if (!new URLSearchParams(window.location.search).has('row')) return;
    if (history.location.state.__TSR_index === openedAt.current) history.back();
    else change({ row: null }, { staysPut: true });
  };
  return {
    ...state,
    sortBy: (column) =>
      change({
        sort: state.sort === `-${column}` ? column : state.sort === column ? null : `-${column}`,
        cursor: null,
        trail: null,
      }),
    goOn: (nextCursor) =>
      change(
        {
          cursor: nextCursor,
          trail: [...state.trail, state.cursor ?? FIRST].join(','),
          row: null,
        },
        { isStep: true },
      ),
    goBack: () => {
      const before = state.trail.at(-1) ?? FIRST;
      change(
        {
          cursor: before === FIRST ? null : before,
          trail: state.trail.slice(0, -1).join(','),
          row: null,
        },
        { isStep: true },
      );
    },
    toggleColumn: (column) => {
      const hidden = new Set(state.hidden);
      hidden.delete(NONE);
      if (!hidden.delete(column)) hidden.add(column);
      const columns = [...hidden];
      change({ hide: columns.length === 0 ? NONE : columns.join(',') });
      // The address says it to others, and the account says it to this person the next time.
      const remembered = onPage(pathname, (page) => ({ ...page, hidden_columns: columns }));
      void choose(remembered).catch(tellProblem);
    },
    open: (row) => {
      if (row === null) return close();
      if (state.row === null) openedAt.current = history.location.state.__TSR_index + 1;
      change({ row }, { isStep: state.row === null, staysPut: true });
    },
  };
}

/** What of an address is a filter of the page, and not the table's own state. */
export function filtersIn(state: UrlState): UrlState {
  return Object.fromEntries(
    Object.entries(state).filter(([name]) => !NAMES.some((own) => own === name)),
  );
}
