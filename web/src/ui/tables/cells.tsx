/** Cells that lists of keys and people share. */
import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './cells.module.css';

interface NameProps {
  readonly name: string;
  /** What tells it from others of that name, below it. */
  readonly detail?: string | null;
  /** The ends of a secret, which are never cut off. */
  readonly masked?: string;
}

/** What something is called. What does not fit is read by pointing at it, or in the panel of the row. */
export function NameCell({ name, detail = null, masked }: NameProps): ReactNode {
  return (
    <div className={classes['name']}>
      <Text size="sm" fw={500} truncate title={name}>
        {name}
      </Text>
      {(detail !== null || masked !== undefined) && (
        <div className={classes['detail']}>
          {detail !== null && (
            <span className={classes['cut']} title={detail}>
              {detail}
            </span>
          )}
          {detail !== null && masked !== undefined && <span>·</span>}
          {masked !== undefined && <span className="tk-mono">{masked}</span>}
        </div>
      )}
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
