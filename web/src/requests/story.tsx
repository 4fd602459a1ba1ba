/** All that is known of one request, as somebody tells it: how it ended and why, then what it took and what it cost. */
import { Anchor, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { REQUESTS_API } from '../../../contract/api/requests-api.ts';
import { addressOf, useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { CurlBlock } from '../ui/curl.tsx';
import { type Fact, Facts } from '../ui/facts.tsx';
import { countText, durationText } from '../ui/figures.ts';
import { Money, Time } from '../ui/money.tsx';
import { Outcome } from '../ui/states.tsx';
import { OutcomeBadge } from './columns.tsx';
import { EndNote } from './end-note.tsx';
import { Part, type RequestStory } from './part.tsx';
import classes from './requests.module.css';
import { CostSheet, LedgerSheet } from './sheets.tsx';
import { Timeline } from './timeline.tsx';

/** What is being told does not change any more, except that a refund may come. */
const FRESH_MS = 60_000;

export function Story({ id }: { readonly id: string }): ReactNode {
  const story = useAsk(REQUESTS_API.story, { params: { id } }, { staleTime: FRESH_MS });
  return <Outcome of={story}>{(data) => <Told story={data} />}</Outcome>;
}

function Told({ story }: { readonly story: RequestStory }): ReactNode {
  const { t } = useWords();
  const address = addressOf(REQUESTS_API.story, { params: { id: story.id } });
  return (
    <Stack gap="lg" pb="md">
      <div>
        <div className={classes['head']}>
          <OutcomeBadge of={story} />
          <Text size="sm" fw={500}>
            {story.model ?? story.endpoint}
          </Text>
        </div>
        <div className={classes['id']}>
          <Time at={story.at} style="full" />
        </div>
        <div className={classes['id']}>
          <span className="tk-mono">{story.id}</span>
          <CopyButton value={story.id} label={t('state.request.copy')} />
        </div>
      </div>
      <EndNote story={story} />
      {story.outcome !== 'refused' && <Sums story={story} />}
      {story.outcome !== 'refused' && <Timeline story={story} />}
      <CostSheet story={story} />
      <LedgerSheet story={story} />
      <Part title={t('requests.facts')}>
        <StoryFacts story={story} />
      </Part>
      <Part title={t('requests.again')}>
        <CurlBlock address={address} />
      </Part>
    </Stack>
  );
}

/** The four figures that most look for. */
function Sums({ story }: { readonly story: RequestStory }): ReactNode {
  const { t } = useWords();
  const figures: readonly (readonly [string, ReactNode])[] = [
    [
      t('requests.cost'),
      <Money key="cost" amount={story.cost_usd} isUnpriced={story.cost_source === 'unpriced'} />,
    ],
    [t('requests.charge'), <Money key="charge" amount={story.charge_usd} />],
    [t('requests.tokens'), `${countText(story.tokens_input)} → ${countText(story.tokens_output)}`],
    [t('requests.duration'), durationText(story.duration_ms)],
  ];
  return (
    <div className={classes['sums']}>
      {figures.map(([name, value]) => (
        <div key={name} className={classes['sum']}>
          <div className={classes['sumName']}>{name}</div>
          <div className={classes['sumValue']}>{value}</div>
        </div>
      ))}
    </div>
  );
}

/** A name that leads to all requests of the same. */
function Same(props: { readonly of: string; readonly id: string; readonly label: string }) {
  const { of, id, label } = props;
  const { t } = useWords();
  return (
    <Anchor
      size="sm"
      renderRoot={(rest) => (
        <Link {...rest} to="/requests" search={{ [of]: id } as never} title={t('requests.same')} />
      )}
    >
      {label}
    </Anchor>
  );
}

function StoryFacts({ story }: { readonly story: RequestStory }): ReactNode {
  const { t } = useWords();
  const { user, key, provider, provider_key: providerKey, model, upstream_id: upstreamId } = story;
  const facts: readonly Fact[] = [
    [t('requests.user'), <Same key="user" of="user_id" {...user} />],
    [t('requests.key'), <Same key="key" of="key_id" {...key} />],
    [t('requests.model'), model && <Same key="model" of="model" id={model} label={model} />],
    [t('requests.served'), story.served_model === model ? null : story.served_model],
    [t('requests.tier'), story.service_tier],
    [t('requests.provider'), provider && <Same key="provider" of="provider" {...provider} />],
    [
      t('requests.provider_key'),
      providerKey && <Same key="provider_key" of="provider_key_id" {...providerKey} />,
    ],
    [
      t('requests.endpoint'),
      <span key="endpoint" className="tk-mono">{`/v1/${story.endpoint}`}</span>,
    ],
    [t('requests.streamed'), t(story.streamed ? 'requests.streamed.yes' : 'requests.streamed.no')],
    [t('requests.attempts'), story.outcome === 'refused' ? null : countText(story.attempts)],
    [
      t('requests.upstream'),
      upstreamId && (
        <span key="upstream" className="tk-mono">
          {upstreamId}
        </span>
      ),
    ],
    [
      t('requests.provenance'),
      // Nobody was asked, so nobody has stated anything.
      story.outcome === 'refused' ? null : t(`requests.provenance.${story.provenance}.why`),
    ],
    [t('requests.flawed'), story.flawed ? t('requests.flawed.why') : null],
  ];
  return <Facts facts={facts} />;
}
