/** One virtual key in full: what it may do, what it has used, and what can be done with it. */
import { Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { FIGURES_API } from '../../../contract/api/figures-api.ts';
import { VIRTUAL_KEYS_API } from '../../../contract/api/virtual-keys-api.ts';
import { useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import type { Person } from '../shell/session.ts';
import { Sparkline } from '../ui/charts/sparkline.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { type Fact, Facts, Mono } from '../ui/facts.tsx';
import { Figure, FigureRow } from '../ui/figure.tsx';
import { countText } from '../ui/figures.ts';
import { Meter } from '../ui/meter.tsx';
import { Money, Time, Tokens } from '../ui/money.tsx';
import { Section } from '../ui/page.tsx';
import { Outcome } from '../ui/states.tsx';
import { Notice } from '../ui/tables/cells.tsx';
import { boundsOf, budgetShare, hasGrace, type Limited } from './bounds.ts';
import { KeyActs } from './key-acts.tsx';
import { KeyState } from './key-cells.tsx';
import type { VirtualKey } from './key-draft.ts';
import classes from './virtual-keys.module.css';

interface PanelProps {
  readonly id: string;
  readonly person: Person;
  readonly close: () => void;
}

export function KeyPanel({ id, person, close }: PanelProps): ReactNode {
  const key = useAsk(VIRTUAL_KEYS_API.show, { params: { id } });
  return (
    <Outcome of={key}>
      {(of) => (
        <Stack gap="lg">
          <Group justify="space-between" gap="xs">
            <KeyState of={of} />
            <KeyActs of={of} person={person} look="buttons" onDelete={close} />
          </Group>
          <OldSecret of={of} />
          <UseOfKey id={id} />
          <BudgetSection of={of} />
          <LimitsSection of={of} />
          <KeyFacts of={of} />
        </Stack>
      )}
    </Outcome>
  );
}

/** Whether somebody still uses the secret before the last rotation, while there is still time. */
function OldSecret({ of }: { readonly of: VirtualKey }): ReactNode {
  const { t } = useWords();
  const { previous } = of;
  if (previous === null || of.state === 'revoked') return null;
  const isOpen = hasGrace(of, Date.now());
  return (
    <Notice>
      {t(isOpen ? 'vk.old.works' : 'vk.old.ended')} <Time at={previous.valid_until} />
      {' · '}
      <Mono text={previous.masked} />
      <br />
      {t('vk.old.used')} <Time at={previous.last_used_at} />
    </Notice>
  );
}

function UseOfKey({ id }: { readonly id: string }): ReactNode {
  const { t } = useWords();
  const overview = useAsk(FIGURES_API.overview, { query: { key_id: id } });
  return (
    <Section title={t('vk.recent')}>
      <Outcome of={overview}>
        {({ data: { figures, cards } }) => {
          const spend = cards.find(({ metric }) => metric === 'spend')?.values ?? [];
          return (
            <FigureRow>
              <Figure name={t('vk.spend')} value={<Money amount={figures.spend_usd} />} />
              <Figure name={t('vk.requests')} value={countText(figures.requests)} />
              <Figure
                name={t('vk.tokens')}
                value={<Tokens count={figures.tokens_input + figures.tokens_output} />}
              />
              <Figure name={t('vk.errors')} value={countText(figures.errors)} />
              <Sparkline values={spend.map((value) => (value === null ? null : Number(value)))} />
            </FigureRow>
          );
        }}
      </Outcome>
    </Section>
  );
}

export function BudgetSection({
  of: { budget },
}: {
  readonly of: Pick<VirtualKey, 'budget'>;
}): ReactNode {
  const { t } = useWords();
  if (budget === null) return null;
  return (
    <Section title={`${t('vk.budget')} · ${t(`vk.period.${budget.period}`)}`}>
      <div className={classes['boundName']}>
        <span>
          <Money amount={budget.spent_usd} />
          <span className={classes['of']}>
            {' / '}
            <Money amount={budget.amount_usd} />
          </span>
        </span>
        <span>
          {t('vk.budget.left')} <Money amount={budget.remaining_usd} />
        </span>
      </div>
      <Meter share={budgetShare(budget)} />
      <Text size="xs" c="dimmed" mt={6}>
        {Number(budget.held_usd) > 0 && (
          <>
            {t('vk.budget.held')} <Money amount={budget.held_usd} />
            {' · '}
          </>
        )}
        {budget.resets_at !== null && (
          <>
            {t('vk.budget.resets')} <Time at={budget.resets_at} /> ({budget.zone})
          </>
        )}
      </Text>
    </Section>
  );
}

export function LimitsSection({ of }: { readonly of: Limited }): ReactNode {
  const { t } = useWords();
  const bounds = boundsOf(of);
  return (
    <Section title={t('vk.limits')}>
      {bounds.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t('vk.limits.nothing')}
        </Text>
      ) : (
        <div className={classes['bounds']}>
          {bounds.map(({ name, used, limit, share }) => (
            <div key={name}>
              <div className={classes['boundName']}>
                <span>{t(`vk.limit.${name}`)}</span>
                <span>
                  {countText(used)}
                  <span className={classes['of']}> / {countText(limit)}</span>
                </span>
              </div>
              <Meter share={share} />
            </div>
          ))}
        </div>
      )}
    </Section>
  );
}

function KeyFacts({ of }: { readonly of: VirtualKey }): ReactNode {
  const { t } = useWords();
  const facts: readonly Fact[] = [
    [t('vk.owner'), of.username],
    [t('vk.secret'), <Mono key="secret" text={of.masked} />],
    [t('vk.models'), of.models === null ? t('vk.models.all') : of.models.join(', ')],
    [t('vk.used'), <Time key="used" at={of.last_used_at} />],
    [
      t('vk.expires'),
      of.expires_at === null ? (
        t('vk.expires.never')
      ) : (
        <Time key="expires" at={of.expires_at} style="full" />
      ),
    ],
    [t('vk.created'), <Time key="created" at={of.created_at} style="full" />],
    [t('vk.origin'), t(`vk.origin.${of.origin}`)],
    [t('vk.ruled'), t(`vk.ruled.${of.ruled_by}`)],
    [t('vk.unmetered'), t(of.allow_unmetered ? 'vk.yes' : 'vk.no')],
    [t('vk.note'), of.note],
    [
      t('vk.id'),
      <Group key="id" gap={4} wrap="nowrap">
        <Mono text={of.id} />
        <CopyButton value={of.id} label={t('action.copy.what', { what: t('vk.id') })} />
      </Group>,
    ],
  ];
  return (
    <Section title={t('vk.facts')}>
      <Facts facts={facts} />
    </Section>
  );
}
