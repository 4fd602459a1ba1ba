import { Select } from '@mantine/core';
import type { ReactNode } from 'react';

interface FilterProps {
  readonly label: string;
  /** What stands there while nothing is chosen. */
  readonly any: string;
  readonly value: string | undefined;
  readonly data: readonly { readonly value: string; readonly label: string }[];
  readonly choose: (value: string | null) => void;
}

/** One filter above a table; its first choice is to have none. */
export function FilterSelect({ label, any, value = '', data, choose }: FilterProps): ReactNode {
  return (
    <Select
      size="xs"
      aria-label={label}
      value={value}
      data={[{ value: '', label: any }, ...data]}
      onChange={(chosen) => choose(chosen)}
      searchable={data.length > 10}
      w={{ base: 130, xs: 160 }}
    />
  );
}
