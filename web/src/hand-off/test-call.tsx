import { Button } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { REQUESTS_API } from '../../../contract/api/requests-api.ts';
import { Problem, useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { ProblemAlert } from '../ui/problem-alert.tsx';
import { CallResult } from './call-result.tsx';
import { askOnce, type TestAnswer } from './gateway.ts';

export interface TestCall {
  readonly answer: TestAnswer | null;
  readonly problem: Error | null;
  readonly isBusy: boolean;
  readonly start: () => void;
}

/** A call through the gateway with a secret that only this page holds. */
export function useTestCall(secret: string, model: string): TestCall {
  const client = useQueryClient();
  const call = useMutation<TestAnswer, Error>({
    mutationFn: () =>
      askOnce(secret, model).catch(() => {
        throw new Problem({ detail: '' });
      }),
    // It changes what every list and figure behind the dialog says.
    onSuccess: () => void client.invalidateQueries(),
  });
  return {
    answer: call.data ?? null,
    problem: call.error,
    isBusy: call.isPending,
    start: () => call.mutate(),
  };
}

export function TestButton({
  call,
  isReady,
}: {
  readonly call: TestCall;
  readonly isReady: boolean;
}) {
  const { t } = useWords();
  return (
    <Button
      variant="default"
      leftSection={<IconPlayerPlay size={15} stroke={1.8} />}
      disabled={!isReady}
      loading={call.isBusy}
      onClick={call.start}
    >
      {t('handoff.test')}
    </Button>
  );
}

interface TestResultProps {
  readonly call: TestCall;
  /** Whether somebody is signed in who may look up what it cost. */
  readonly isSignedIn: boolean;
  /** Whether it is also the first call with the key. */
  readonly isFirst: boolean;
}

export function TestResult({ call, isSignedIn, isFirst }: TestResultProps): ReactNode {
  const { t } = useWords();
  const { answer, problem } = call;
  const id = answer?.requestId ?? '';
  const story = useAsk(
    REQUESTS_API.story,
    { params: { id } },
    { enabled: isSignedIn && id !== '' },
  );
  if (answer === null) return <ProblemAlert problem={problem} />;
  const isGood = answer.status < 400;
  const good = isFirst ? 'handoff.test.first' : 'handoff.test.good';
  return (
    <CallResult
      title={t(isGood ? good : 'handoff.test.bad')}
      isGood={isGood}
      status={answer.status}
      tokens={answer.tokens}
      cost={story.data?.cost_usd}
      durationMs={answer.durationMs}
      text={answer.text}
      {...(isGood ? {} : { requestId: id })}
    />
  );
}
