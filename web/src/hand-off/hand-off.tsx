/** What somebody needs who has just got a key: how to use it, a call to try it, and the sight of the first one. */
import { Autocomplete, Stack } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { SYSTEM_API } from '../../../contract/api/system-api.ts';
import { useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { Snippets } from '../ui/code-block.tsx';
import { keySnippets } from '../ui/snippets.ts';
import { FirstCallNotice, useFirstCall } from './first-call.tsx';
import { isAllowed, likelyModel } from './gateway.ts';
import classes from './hand-off.module.css';
import { TestButton, TestResult, useTestCall } from './test-call.tsx';

interface HandOffProps {
  readonly keyId: string;
  readonly secret: string;
  /** What the key may ask; null: everything. */
  readonly models: readonly string[] | null;
  /** Since when to look for the first call; null: nobody is signed in who may look, or it was made long ago. */
  readonly watchedSince: string | null;
  readonly isSignedIn: boolean;
}

export function HandOff(props: HandOffProps): ReactNode {
  const { keyId, secret, models, watchedSince, isSignedIn } = props;
  const { t } = useWords();
  // Not asked with the key: that would be a call of it, and the first one is waited for.
  const known = useAsk(SYSTEM_API.models, {}, { staleTime: Number.POSITIVE_INFINITY });
  const [chosen, choose] = useState<string | null>(null);
  const names = (known.data?.models ?? []).map(({ id }) => id);
  const model = chosen ?? likelyModel(names, models);
  const call = useTestCall(secret, model);
  const first = useFirstCall(keyId, watchedSince);
  // The test may be the call that was waited for: it is told once.
  const isFirst = first !== undefined && first.id === call.answer?.requestId;
  return (
    <Stack gap="sm">
      <Snippets snippets={keySnippets({ origin: window.location.origin, key: secret, model })} />
      <div className={classes['try']}>
        <Autocomplete
          className={classes['tryModel']}
          label={t('handoff.model')}
          data={names.filter((name) => isAllowed(name, models))}
          limit={20}
          value={model}
          onChange={choose}
          spellCheck={false}
        />
        <TestButton call={call} isReady={model.trim() !== '' && !known.isPending} />
      </div>
      <TestResult call={call} isSignedIn={isSignedIn} isFirst={isFirst} />
      {watchedSince !== null && !isFirst && <FirstCallNotice of={first} />}
    </Stack>
  );
}
