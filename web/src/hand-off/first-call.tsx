import type { ReactNode } from 'react';
import { REQUESTS_API } from '../../../contract/api/requests-api.ts';
import { useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { CallResult } from './call-result.tsx';
import classes from './hand-off.module.css';

/** Often enough to be felt as at once, and nothing for the server. */
const LOOK_MS = 1500;

interface Call {
  readonly id: string;
  readonly outcome: string;
}

/**
 * The newest call with a new key. It is looked for until one is completed: refused ones are not what is waited for.
 *
 * @param since when the key came into being, since no call can be older; null: nobody waits
 */
export function useFirstCall(keyId: string, since: string | null): Call | undefined {
  const calls = useAsk(
    REQUESTS_API.list,
    { query: { key_id: keyId, start: since ?? undefined, limit: 1 } },
    {
      enabled: since !== null,
      refetchInterval: ({ state }) =>
        state.data?.data[0]?.outcome === 'completed' ? false : LOOK_MS,
    },
  );
  return calls.data?.data[0];
}

/** Waits for the first call with a new key. */
export function FirstCall(props: { readonly keyId: string; readonly since: string }): ReactNode {
  return <FirstCallNotice of={useFirstCall(props.keyId, props.since)} />;
}

export function FirstCallNotice({ of: call }: { readonly of: Call | undefined }): ReactNode {
  const { t } = useWords();
  if (call === undefined) {
    return (
      <div className={classes['box']} role="status">
        <div className={classes['line']}>
          <span className={classes['pulse']} aria-hidden="true" />
          <span className={classes['title']}>{t('handoff.waiting')}</span>
        </div>
        <div className={classes['soft']}>{t('handoff.waiting.why')}</div>
      </div>
    );
  }
  return <Arrived id={call.id} isGood={call.outcome === 'completed'} />;
}

/** The story of the call also says why it was refused. */
function Arrived(props: { readonly id: string; readonly isGood: boolean }): ReactNode {
  const { id, isGood } = props;
  const { t } = useWords();
  const { data: call } = useAsk(REQUESTS_API.story, { params: { id } });
  if (call === undefined) return null;
  return (
    <CallResult
      title={t(isGood ? 'handoff.arrived' : 'handoff.refused')}
      isGood={isGood}
      status={call.status}
      tokens={tokensOf(call)}
      cost={call.cost_usd}
      durationMs={call.duration_ms}
      text={isGood ? call.model : (call.refusal?.sentence ?? call.failure_sentence)}
      requestId={id}
    />
  );
}

function tokensOf(call: {
  readonly tokens_input: number | null;
  readonly tokens_output: number | null;
}): { readonly input: number; readonly output: number } | null {
  const { tokens_input: input, tokens_output: output } = call;
  return input === null || output === null ? null : { input, output };
}
