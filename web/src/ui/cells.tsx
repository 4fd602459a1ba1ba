/** Cells that lists of keys share. */
import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './cells.module.css';

/** What something is called, and below what tells it from others of that name. */
export function NameCell(props: {
  readonly name: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div className={classes['name']}>
      <Text size="sm" fw={500} truncate>
        {props.name}
      </Text>
      <Text size="xs" c="dimmed" truncate>
        {props.children}
      </Text>
    </div>
  );
}

/** A state, and below what is to be said of it. */
export function StateCell({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className={classes['state']}>{children}</div>;
}

/** Something to be known before one goes on, in a box of its own. */
export function Notice({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className={classes['notice']}>{children}</div>;
}
