import { Button, Checkbox, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useBlocker } from '@tanstack/react-router';
import { type ReactNode, useRef, useState } from 'react';
import { useWords } from '../language/language.ts';
import { CodeBlock } from './code-block.tsx';
import { Dialog } from './dialog.tsx';
import classes from './secret-dialog.module.css';

export interface SecretProps {
  readonly secret: string;
  /** What the secret is called: "Virtual key". */
  readonly label: string;
  /** What can be done with it now: snippets, a test. */
  readonly children?: ReactNode;
  /** What the button says that ends the showing; without it, "Done". */
  readonly action?: string;
  readonly close: () => void;
}

/**
 * Hands over a secret that is shown once. It closes by its own button only, after it was said that the secret is
 * kept; every other way out asks first.
 */
export function SecretDialog({ title, ...shown }: SecretProps & { readonly title: string }) {
  const [isAsked, ask] = useState(false);
  return (
    <Dialog title={title} close={() => ask(true)} size={680} isGuarded>
      <SecretOnce {...shown} isAsked={isAsked} stay={() => ask(false)} />
    </Dialog>
  );
}

interface SecretOnceProps extends SecretProps {
  /** Somebody wanted to close what is around it. */
  readonly isAsked?: boolean;
  readonly stay?: () => void;
}

/** The secret with the guard against losing it, within a dialog or on a page of its own. */
export function SecretOnce(props: SecretOnceProps): ReactNode {
  const { secret, label, children, action, close, isAsked = false, stay } = props;
  const { t } = useWords();
  const [isKept, setKept] = useState(false);
  /** Whether it was said once that it may be lost: closing may change the address, and that is not to be asked again. */
  const isLost = useRef(false);
  const leaving = useBlocker({
    shouldBlockFn: () => !isKept && !isLost.current,
    enableBeforeUnload: () => !isKept,
    withResolver: true,
  });
  const isLeaving = leaving.status === 'blocked';
  return (
    <Stack>
      <Text size="sm">{t('secret.once')}</Text>
      <CodeBlock code={secret} label={label} wraps />
      {children}
      {(isLeaving || isAsked) && (
        <LossWarning
          stay={() => {
            leaving.reset?.();
            stay?.();
          }}
          leave={() => {
            isLost.current = true;
            if (isLeaving) leaving.proceed();
            else close();
          }}
        />
      )}
      <Group justify="space-between" mt="xs">
        <Checkbox
          label={t('secret.kept')}
          checked={isKept}
          onChange={(event) => setKept(event.currentTarget.checked)}
        />
        <Button disabled={!isKept} onClick={close}>
          {action ?? t('action.done')}
        </Button>
      </Group>
    </Stack>
  );
}

function LossWarning(props: { readonly stay: () => void; readonly leave: () => void }): ReactNode {
  const { t } = useWords();
  return (
    <div className={classes['loss']} role="alert">
      <IconAlertTriangle size={18} stroke={1.6} color="var(--tk-warn)" aria-hidden="true" />
      <div>
        <Text size="sm">{t('secret.loss')}</Text>
        <Group gap="xs" mt={8}>
          <Button size="xs" onClick={props.stay} autoFocus>
            {t('secret.stay')}
          </Button>
          <Button size="xs" variant="default" onClick={props.leave}>
            {t('secret.leave')}
          </Button>
        </Group>
      </div>
    </div>
  );
}
