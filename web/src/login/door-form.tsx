import { Button, Stack } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { formProblem } from '../ui/forms/field-errors.ts';
import { ProblemAlert } from '../ui/problem-alert.tsx';

interface DoorFormProps {
  readonly action: string;
  readonly problem: Error | null;
  /** Fields that tell by themselves what is wrong with them. */
  readonly fields?: readonly string[];
  readonly isBusy: boolean;
  readonly submit: () => unknown;
  readonly children: ReactNode;
}

/** Fields, what went wrong, and the one button. */
export function DoorForm(props: DoorFormProps): ReactNode {
  const { action, problem, fields = [], isBusy, submit, children } = props;
  const send = (event: FormEvent): void => {
    event.preventDefault();
    void submit();
  };
  return (
    <form onSubmit={send}>
      <Stack gap="md">
        {children}
        <ProblemAlert problem={formProblem(problem, fields)} />
        <Button type="submit" size="md" fullWidth loading={isBusy}>
          {action}
        </Button>
      </Stack>
    </form>
  );
}
