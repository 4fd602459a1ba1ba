import { IconChevronRight } from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef } from 'react';
import classes from '../fold.module.css';

interface FoldProps {
  readonly title: string;
  /** What is set inside, in a few words: it can be read without opening. */
  readonly said: string;
  /** Whether the server found something wrong inside: then it opens. */
  readonly isWrong: boolean;
  readonly children: ReactNode;
}

/** A part of a form that most people need not open. What is wrong inside is never left out of sight. */
export function Fold({ title, said, isWrong, children }: FoldProps): ReactNode {
  const fold = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    if (isWrong) fold.current?.setAttribute('open', '');
  }, [isWrong]);
  return (
    <details
      ref={fold}
      className={classes['fold']}
      // The browser points at a field that it does not take, and can do so only where the field is seen.
      onInvalidCapture={({ currentTarget }) => currentTarget.setAttribute('open', '')}
    >
      <summary className={classes['summary']}>
        <IconChevronRight size={16} stroke={1.8} className={classes['sign']} aria-hidden="true" />
        <span className={classes['title']}>{title}</span>
        <span className={classes['said']}>{said}</span>
      </summary>
      <div className={classes['body']}>{children}</div>
    </details>
  );
}
