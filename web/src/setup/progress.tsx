import { IconCheck } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import classes from './setup.module.css';

const STEPS = ['owner', 'provider', 'key', 'call'] as const;
export type Step = (typeof STEPS)[number];

/** How far somebody has come from the link of the first start. */
export function Progress({ at }: { readonly at: Step }): ReactNode {
  const { t } = useWords();
  const reached = STEPS.indexOf(at);
  return (
    <ol className={classes['steps']} aria-label={t('setup.steps')}>
      {STEPS.map((step, index) => (
        <li
          key={step}
          className={classes['step']}
          data-state={index < reached ? 'done' : index === reached ? 'now' : 'ahead'}
          aria-current={index === reached ? 'step' : undefined}
        >
          <span className={classes['mark']} aria-hidden="true">
            {index < reached ? <IconCheck size={13} stroke={2.4} /> : index + 1}
          </span>
          <span className={classes['label']}>{t(`setup.step.${step}`)}</span>
        </li>
      ))}
    </ol>
  );
}
