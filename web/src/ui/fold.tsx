import { IconChevronRight } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './fold.module.css';

interface FoldProps {
  readonly title: string;
  /** What is set inside, in a few words: it can be read without opening. */
  readonly said: string;
  readonly isOpen?: boolean;
  readonly children: ReactNode;
}

/** A part of a form that most people need not open. */
export function Fold({ title, said, isOpen = false, children }: FoldProps): ReactNode {
  return (
    <details className={classes['fold']} open={isOpen}>
      <summary className={classes['summary']}>
        <IconChevronRight size={16} stroke={1.8} className={classes['sign']} aria-hidden="true" />
        <span className={classes['title']}>{title}</span>
        <span className={classes['said']}>{said}</span>
      </summary>
      <div className={classes['body']}>{children}</div>
    </details>
  );
}
