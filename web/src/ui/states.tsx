/** What a page shows when it has nothing to show: it waits, is empty, has failed or may not. */
import { Button, Center, Group, Loader, Text } from '@mantine/core';
import {
  type Icon,
  IconAlertTriangle,
  IconBug,
  IconLock,
  IconPlugConnectedX,
} from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { type Problem, Problem as ProblemClass } from '../client.ts';
import { useWords } from '../language/language.ts';
import { CopyButton } from './copy-button.tsx';
import { problemText, requestIdOf } from './problem-text.ts';
import classes from './states.module.css';

interface StateProps {
  readonly icon: Icon;
  readonly title: string;
  readonly text?: ReactNode;
  readonly role?: 'alert' | 'status';
  /** Whether its title is that of the whole page. */
  readonly isPage?: boolean;
  readonly children?: ReactNode;
}

function State(props: StateProps): ReactNode {
  const { icon: Icon, title, text, role, isPage, children } = props;
  const Heading = isPage === true ? 'h1' : 'p';
  return (
    <div className={classes['state']} role={role}>
      <div className={classes['icon']}>
        <Icon size={22} stroke={1.5} aria-hidden="true" />
      </div>
      <Heading className={classes['title']}>{title}</Heading>
      {text !== undefined && <div className={classes['text']}>{text}</div>}
      {children}
    </div>
  );
}

/** Shown after a moment only: what is quick should not flicker. */
export function Waiting({ isWholePage }: { readonly isWholePage?: boolean }): ReactNode {
  const { t } = useWords();
  return (
    <Center mih={isWholePage === true ? '100dvh' : 240} className={classes['late']}>
      <Loader size="sm" color="gray" aria-label={t('state.waiting')} role="status" />
    </Center>
  );
}

interface EmptyProps {
  readonly icon: Icon;
  /** Why there is nothing. */
  readonly title: string;
  /** What will be here, and how it comes here. */
  readonly text?: ReactNode;
  /** The one thing to do about it. */
  readonly action?: ReactNode;
  /** The same from a program. */
  readonly snippet?: ReactNode;
  readonly isPage?: boolean;
}

export function Empty(props: EmptyProps): ReactNode {
  const { icon, title, text, action, snippet, isPage } = props;
  return (
    <State icon={icon} title={title} text={text} isPage={isPage}>
      {action}
      {snippet !== undefined && <div className={classes['code']}>{snippet}</div>}
    </State>
  );
}

export function Forbidden(): ReactNode {
  const { t } = useWords();
  return (
    <State isPage icon={IconLock} title={t('state.forbidden')} text={t('state.forbidden.why')} />
  );
}

interface FailedProps {
  readonly problem: Error;
  readonly retry?: () => unknown;
  /** Whether nothing else is there to be seen. */
  readonly isWholePage?: boolean;
}

export function Failed({ isWholePage, ...failed }: FailedProps): ReactNode {
  if (isWholePage !== true) return <FailedState {...failed} />;
  return (
    <div className={classes['whole']}>
      <FailedState {...failed} />
    </div>
  );
}

function FailedState({ problem, retry }: FailedProps): ReactNode {
  const { t } = useWords();
  const said = problem instanceof ProblemClass ? problem : null;
  if (said?.status === 403) return <Forbidden />;
  const isUnreachable = said?.status === 0;
  const id = requestIdOf(problem);
  return (
    <State
      icon={isUnreachable ? IconPlugConnectedX : IconAlertTriangle}
      title={t(isUnreachable ? 'state.unreachable' : 'state.failed')}
      text={problemText(problem)}
      role="alert"
    >
      {id !== null && <RequestId id={id} />}
      {retry !== undefined && (
        <Button variant="default" onClick={() => void retry()}>
          {t('action.retry')}
        </Button>
      )}
    </State>
  );
}

function RequestId({ id }: { readonly id: string }): ReactNode {
  const { t } = useWords();
  return (
    <Group gap={6} justify="center">
      <Text size="xs" c="dimmed">
        {t('state.request')} <span className="tk-mono">{id}</span>
      </Text>
      <CopyButton value={id} label={t('state.request.copy')} />
    </Group>
  );
}

/** How browsers, and the bundler's loader, say that code or style was not to be had. */
const UNFETCHED = /dynamically imported module|importing a module script|preload CSS/i;

/** A fault of the app itself, or a part of it that could not be fetched: there is no server, or one with a newer build. */
export function CrashNotice({ error }: { readonly error: Error }): ReactNode {
  const { t } = useWords();
  const isUnfetched = UNFETCHED.test(error.message);
  return (
    <div className={classes['whole']}>
      <State
        icon={isUnfetched ? IconPlugConnectedX : IconBug}
        title={t(isUnfetched ? 'state.unreachable' : 'state.crash')}
        text={isUnfetched ? t('state.unfetched') : error.message}
        role="alert"
      >
        <Button onClick={() => window.location.reload()}>{t('action.reload')}</Button>
      </State>
    </div>
  );
}

interface OutcomeProps<Reply> {
  readonly of: UseQueryResult<Reply, Problem>;
  /** Whether nothing else is there to be seen. */
  readonly isWholePage?: boolean;
  readonly children: (reply: Reply) => ReactNode;
}

/**
 * A call's answer once it is there, and the fitting state until then. One that was there stays, although asking again
 * fails: whoever is writing, or looks at a secret that is shown once, loses nothing by a server that starts anew.
 */
export function Outcome<Reply>({ of, isWholePage, children }: OutcomeProps<Reply>): ReactNode {
  if (of.data !== undefined) return children(of.data);
  if (!of.isError) return <Waiting isWholePage={isWholePage} />;
  return <Failed isWholePage={isWholePage} problem={of.error} retry={of.refetch} />;
}
