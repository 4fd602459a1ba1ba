import type { ReactNode } from 'react';
import classes from './figure.module.css';

/** Figures side by side. */
export function FigureRow({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className={classes['figures']}>{children}</div>;
}

export function Figure(props: { readonly name: string; readonly value: ReactNode }): ReactNode {
  return (
    <div>
      <div className={classes['figureName']}>{props.name}</div>
      <div className={classes['figure']}>{props.value}</div>
    </div>
  );
}
