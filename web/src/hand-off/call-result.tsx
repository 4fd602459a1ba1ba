import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { countText, durationText } from '../ui/figures.ts';
import { Money } from '../ui/money.tsx';
import classes from './hand-off.module.css';

export interface CallResultProps {
  readonly title: string;
  readonly isGood: boolean;
  readonly status: number;
  readonly tokens: { readonly input: number; readonly output: number } | null;
  /** Dollars; null: unpriced. Undefined: nobody asked. */
  readonly cost: string | null | undefined;
  readonly durationMs: number;
  /** What was answered, or why it was refused. */
  readonly text?: string | null;
  /** Where it is worth being looked up. */
  readonly requestId?: string;
}

/** One call that was made, in a line: what it was answered, what it took and what it cost. */
export function CallResult(props: CallResultProps): ReactNode {
  const { title, isGood, status, tokens, cost, durationMs, text, requestId } = props;
  const { t } = useWords();
  const Sign = isGood ? IconCircleCheck : IconAlertTriangle;
  const color = isGood ? 'var(--tk-good)' : 'var(--tk-warn)';
  return (
    <div className={classes['box']} data-tone={isGood ? 'good' : 'warn'} role="status">
      <div className={classes['line']}>
        <Sign size={18} stroke={1.8} color={color} aria-hidden="true" />
        <span className={classes['title']}>{title}</span>
        <span className="tk-figures">{status}</span>
        {tokens !== null && (
          <span className="tk-figures">
            {t('handoff.tokens', {
              input: countText(tokens.input),
              output: countText(tokens.output),
            })}
          </span>
        )}
        {cost !== undefined && <Money amount={cost} isUnpriced={cost === null} />}
        <span className="tk-figures">{durationText(durationMs)}</span>
      </div>
      {text != null && text !== '' && <div className={classes['soft']}>{text}</div>}
      {requestId !== undefined && (
        <div className={classes['soft']}>
          {t('state.request')} <span className="tk-mono">{requestId}</span>
        </div>
      )}
    </div>
  );
}
