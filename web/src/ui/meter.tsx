import type { ReactNode } from 'react';
import classes from './meter.module.css';

/** From here on a bar says that the end is near. */
const NEAR = 0.8;

/** How much of a bound is used, as a quiet bar under the words that say the same; it is silent for software. */
export function Meter({ share }: { readonly share: number }): ReactNode {
  const within = Math.min(1, Math.max(0, share));
  const tone = within >= 1 ? 'bad' : within >= NEAR ? 'warn' : 'plain';
  return (
    <span className={classes['meter']} aria-hidden="true">
      <span
        className={classes['used']}
        data-tone={tone}
        style={{ width: `${within === 0 ? 0 : Math.max(2, within * 100)}%` }}
      />
    </span>
  );
}
