import { Button, Group, Stack } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { useWords } from '../../language/language.ts';
import { Dialog } from '../dialog.tsx';
import { ProblemAlert } from '../problem-alert.tsx';
import { formProblem } from './field-errors.ts';

interface FormDialogProps {
  readonly title: string;
  readonly action: string;
  readonly isBusy: boolean;
  readonly isWhole: boolean;
  readonly problem: Error | null;
  /** Those that show what the server found wrong with them. */
  readonly fields: readonly string[];
  /** At the left of the buttons. */
  readonly aside?: ReactNode;
  readonly close: () => void;
  readonly submit: () => void;
  readonly children: ReactNode;
}

/** A form over the page, with what the server had to say about it above its buttons. */
export function FormDialog(props: FormDialogProps): ReactNode {
  const { title, action, isBusy, isWhole, problem, fields, close, submit, children } = props;
  const { t } = useWords();
  const send = (event: FormEvent): void => {
    event.preventDefault();
    submit();
  };
  return (
    <Dialog title={title} close={close} size={540} isForm>
      <form onSubmit={send}>
        <Stack>
          {children}
          <ProblemAlert problem={formProblem(problem, fields)} />
          <Group justify="flex-end" gap="xs">
            {props.aside}
            <Button variant="default" onClick={close}>
              {t('action.cancel')}
            </Button>
            <Button type="submit" disabled={!isWhole} loading={isBusy}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
