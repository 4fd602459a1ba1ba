/** Why a request was refused or failed, with the figures of the rule and who can do something about it. */
import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { type MessageId, useWords } from '../language/language.ts';
import { countText, moneyText } from '../ui/figures.ts';
import { Time } from '../ui/money.tsx';
import type { RequestStory } from './part.tsx';
import classes from './requests.module.css';

type Refusal = NonNullable<RequestStory['refusal']>;
type Rule = NonNullable<Refusal['rule']>;

export function EndNote({ story }: { readonly story: RequestStory }): ReactNode {
  const { t } = useWords();
  const { refusal, failure, failure_sentence: sentence } = story;
  if (refusal !== null) return <Refused refusal={refusal} code={failure} />;
  if (failure === null) return null;
  return (
    <div className={classes['note']} data-tone="bad">
      <p className={classes['noteTitle']}>{t('requests.failed')}</p>
      <Text size="sm">{sentence ?? failure}</Text>
      <Code code={failure} />
    </div>
  );
}

function Code({ code }: { readonly code: string | null }): ReactNode {
  if (code === null) return null;
  return (
    <Text size="xs" c="dimmed" mt={6} className="tk-mono">
      {code}
    </Text>
  );
}

const RULES: Readonly<Record<string, MessageId>> = {
  requests_per_minute: 'requests.rule.requests_per_minute',
  requests_per_hour: 'requests.rule.requests_per_hour',
  requests_per_day: 'requests.rule.requests_per_day',
  tokens_per_minute: 'requests.rule.tokens_per_minute',
  tokens_per_hour: 'requests.rule.tokens_per_hour',
  tokens_per_day: 'requests.rule.tokens_per_day',
  max_concurrent: 'requests.rule.max_concurrent',
  wallet: 'requests.rule.wallet',
  budget: 'requests.rule.budget',
  models: 'requests.rule.models',
};

const SCOPES: Readonly<Record<string, MessageId>> = {
  key: 'requests.scope.key',
  user: 'requests.scope.user',
  installation: 'requests.scope.installation',
};

function Refused(props: { readonly refusal: Refusal; readonly code: string | null }): ReactNode {
  const { refusal, code } = props;
  const { t } = useWords();
  const { rule, sentence, raised_by: raisedBy } = refusal;
  const name = rule === null ? undefined : RULES[rule.rule];
  const scope = rule === null ? undefined : SCOPES[rule.scope];
  const title =
    name === undefined || scope === undefined
      ? t('requests.refused')
      : t('requests.refused.by', { rule: t(name), scope: t(scope) });
  return (
    <div className={classes['note']}>
      <p className={classes['noteTitle']}>{title}</p>
      <Text size="sm">{sentence}</Text>
      {rule !== null && <Figures rule={rule} />}
      {raisedBy !== null && (
        <Text size="sm" mt={8}>
          {t(`requests.raised.${raisedBy}`)}
        </Text>
      )}
      <Code code={code} />
    </div>
  );
}

function Figures({ rule }: { readonly rule: Rule }): ReactNode {
  const { t } = useWords();
  if ('allowed' in rule) {
    return (
      <Text size="sm" mt={8}>
        {t('requests.allowed', { models: rule.allowed.join(', ') })}
      </Text>
    );
  }
  if ('balance' in rule) {
    const { balance, held, needed, limit } = rule;
    const figures = {
      balance: moneyText(balance),
      held: moneyText(held),
      needed: moneyText(needed),
    };
    return (
      <>
        <Text size="sm" mt={8}>
          {t('requests.quota', figures)}
        </Text>
        {limit !== null && (
          <Text size="sm">{t('requests.quota.limit', { limit: moneyText(limit) })}</Text>
        )}
        <Reset at={rule.reset} />
      </>
    );
  }
  const { counter, limit, asked } = rule;
  const figures = { counter: countText(counter), limit: countText(limit), asked: countText(asked) };
  return (
    <>
      <div className={classes['meter']}>
        <div className={classes['meterFill']} style={{ width: `${shareOf(counter, limit)}%` }} />
      </div>
      <Text size="sm">{t('requests.rate', figures)}</Text>
      <Reset at={rule.reset} />
    </>
  );
}

function shareOf(counter: number, limit: number): number {
  return limit <= 0 ? 100 : Math.min(100, (counter / limit) * 100);
}

function Reset({ at }: { readonly at: string | null }): ReactNode {
  const { t } = useWords();
  if (at === null) return null;
  return (
    <Text size="sm" component="div">
      {t('requests.reset')} <Time at={at} style="full" />
    </Text>
  );
}
