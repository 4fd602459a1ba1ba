import { Button } from '@mantine/core';
import { type Query, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useSyncExternalStore } from 'react';
import { Problem } from '../client.ts';
import { useWords } from '../language/language.ts';
import classes from './frame.module.css';

/** Seen, and asked for again in vain: the server was not reached, or could not answer. */
function isOutdated(query: Query): boolean {
  const { status, data, error } = query.state;
  if (status !== 'error' || data === undefined || !query.isActive()) return false;
  return error instanceof Problem && (error.status === 0 || error.status >= 500);
}

/** What was answered before stays on the page while the server does not answer; this says that it may be old. */
export function OutageNotice(): ReactNode {
  const { t } = useWords();
  const client = useQueryClient();
  const cache = client.getQueryCache();
  const isOut = useSyncExternalStore(
    (changed) => cache.subscribe(changed),
    () => cache.getAll().some((query) => isOutdated(query)),
  );
  return (
    <div role="status">
      {isOut && (
        <div className={classes['outage']}>
          <span>{t('state.outdated')}</span>
          <Button
            variant="default"
            flex="none"
            size="compact-xs"
            onClick={() => void client.refetchQueries({ predicate: isOutdated })}
          >
            {t('action.retry')}
          </Button>
        </div>
      )}
    </div>
  );
}
