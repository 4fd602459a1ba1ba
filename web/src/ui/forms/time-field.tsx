import { TextInput } from '@mantine/core';
import type { ReactNode } from 'react';

interface TimeFieldProps {
  readonly label: string;
  readonly description?: string;
  /** As `localField` writes it; empty: none. */
  readonly value: string;
  readonly set: (value: string) => void;
  readonly error?: string | undefined;
  readonly required?: boolean;
}

/** Without a bound, browsers take a year of six digits, which none of them reads as an instant. */
const LAST = '9999-12-31T23:59';

/** An instant in the zone of the browser. */
export function TimeField({ set, ...rest }: TimeFieldProps): ReactNode {
  return (
    <TextInput
      {...rest}
      type="datetime-local"
      max={LAST}
      onChange={(event) => set(event.currentTarget.value)}
    />
  );
}
