import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { countText, durationText } from '../ui/figures.ts';
import { Part, type RequestStory } from './part.tsx';
import classes from './requests.module.css';

/** How the time of a request went: waiting for the first piece of the answer, then receiving it. */
export function Timeline({ story }: { readonly story: RequestStory }): ReactNode {
  const { t } = useWords();
  const { duration_ms: whole, attempts, tokens_output: output } = story;
  // What comes in one piece has no first token: how fast it crossed the wire tells nothing of the model.
  const ttft = story.streamed ? story.ttft_ms : null;
  const first = ttft === null ? whole : Math.min(ttft, whole);
  const rest = whole - first;
  // What has no output, as an embedding, has no pace either.
  const pace = ttft === null || !output || rest < 1 ? null : (output / rest) * 1000;
  return (
    <Part title={t('requests.timeline')}>
      <div className={classes['line']} aria-hidden="true">
        <div
          className={classes['piece']}
          data-piece="wait"
          style={{ flexGrow: Math.max(1, first) }}
        />
        {rest > 0 && (
          <div className={classes['piece']} data-piece="rest" style={{ flexGrow: rest }} />
        )}
      </div>
      <div className={classes['legend']}>
        <span>
          <i className={classes['dot']} data-piece="wait" />
          {t(ttft === null ? 'requests.wait.whole' : 'requests.wait')} <b>{durationText(first)}</b>
        </span>
        {rest > 0 && (
          <span>
            <i className={classes['dot']} data-piece="rest" />
            {t('requests.receive')} <b>{durationText(rest)}</b>
          </span>
        )}
        {pace !== null && (
          <span>{t('requests.pace', { tokens: countText(Math.round(pace)) })}</span>
        )}
        {attempts > 1 && <span>{t('requests.tries', { count: attempts })}</span>}
      </div>
    </Part>
  );
}
