import type { ReactNode } from 'react';
import { REQUESTS_API } from '../../../contract/api/requests-api.ts';
import { useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { CallResult } from './call-result.tsx';
import classes from './hand-off.module.css';

/** Often enough to be felt as at once, and nothing for the server. */
const LOOK_MS = 1500;

interface FirstCallProps {
  readonly keyId: string;
  /** When the key came into being; no call can be older. */
  readonly since: string;
}

/** Waits for the first call with a new key, and goes on waiting as long as calls are refused. */
export function FirstCall({ keyId, since }: FirstCallProps): ReactNode {
  const { t } = useWords();
  const calls = useAsk(
    REQUESTS_API.list,
    { query: { key_id: keyId, start: since, limit: 1 } },
    {
      refetchInterval: ({ state }) =>
        state.data?.data[0]?.outcome === 'completed' ? false : LOOK_MS,
    },
  );
  const [call] = calls.data?.data ?? [];
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
