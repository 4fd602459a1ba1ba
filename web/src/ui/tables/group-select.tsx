import { Select } from '@mantine/core';
import type { ReactNode } from 'react';
import { FIGURES_API, type Group } from '../../../../contract/api/figures-api.ts';
import { useAsk } from '../../client.ts';
import { usePeriod } from '../../shell/period-picker.tsx';
import type { Source } from './group-filters.ts';

export interface Name {
  readonly id: string;
  readonly label: string;
}

/** What the period has of a group, the busiest first. */
export function useNames(group: Group, source: Source = 'gateway'): readonly Name[] {
  const { start, end } = usePeriod();
  const figures = useAsk(FIGURES_API.figures, {
    query: { metric: 'requests', group, bucket: 'none', top: 50, start, end, source },
  });
  return (figures.data?.data.series ?? []).flatMap((series) =>
    series.group === null || series.group.id === '' ? [] : [series.group],
  );
}

interface GroupSelectProps {
  readonly label: string;
  /** Said where nothing is chosen, and where nothing fits what is written. */
  readonly any: string;
  readonly nothing: string;
  readonly group: Group;
  readonly source?: Source;
  readonly value: string | null;
  readonly onChange: (value: string | null) => void;
}

/** Chooses one of a group; one that the address names stays although the period does not have it. */
export function GroupSelect(props: GroupSelectProps): ReactNode {
  const { group, source, value, label, any, nothing, onChange } = props;
  const found = useNames(group, source);
  const isMissing = value !== null && !found.some(({ id }) => id === value);
  const data = [
    ...found.map((one) => ({ value: one.id, label: one.label })),
    ...(isMissing ? [{ value, label: value }] : []),
  ];
  return (
    <Select
      size="xs"
      label={label}
      placeholder={any}
      data={data}
      value={value}
      onChange={onChange}
      nothingFoundMessage={nothing}
      searchable
      clearable
      comboboxProps={{ withinPortal: false }}
    />
  );
}
