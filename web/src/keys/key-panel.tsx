/** One provider key in full: is it good, what is left, what was used, and what can be done with it. */
import { Anchor, Group, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { PROVIDER_KEYS_API } from '../../../contract/api/provider-keys-api.ts';
import { addressOf, useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { CurlBlock } from '../ui/curl.tsx';
import { type Fact, Facts, Mono } from '../ui/facts.tsx';
import { instantText, moneyText } from '../ui/figures.ts';
import { Time } from '../ui/money.tsx';
import { Section } from '../ui/page.tsx';
import { Outcome } from '../ui/states.tsx';
import { Notice } from '../ui/tables/cells.tsx';
import { AnchorDialog } from './anchor-dialog.tsx';
import { BalanceSection } from './balance-section.tsx';
import { KeyActs } from './key-acts.tsx';
import { KeyStatus } from './key-cells.tsx';
import type { Platform, ProviderKey } from './provider-key.ts';
import { UsageSection } from './usage-section.tsx';

interface PanelProps {
  readonly id: string;
  readonly platforms: readonly Platform[];
  readonly isOperator: boolean;
  readonly close: () => void;
}

export function KeyPanel({ id, ...rest }: PanelProps): ReactNode {
  const key = useAsk(PROVIDER_KEYS_API.one, { params: { id } });
  return <Outcome of={key}>{(of) => <Shown of={of} {...rest} />}</Outcome>;
}

type ShownProps = Omit<PanelProps, 'id'> & { readonly of: ProviderKey };

function Shown({ of, platforms, isOperator, close }: ShownProps): ReactNode {
  const { t } = useWords();
  const [isAnchoring, setAnchoring] = useState(false);
  const platform = platforms.find(({ id }) => id === of.platform);
  const isOurs = of.source === 'stored';
  const mayAnchor = isOurs && of.balance_source !== 'reported';
  const address = addressOf(PROVIDER_KEYS_API.one, { params: { id: of.id } });
  return (
    <Stack gap="lg" pb="md">
      <KeyActs of={of} isOperator={isOperator} look="buttons" onDelete={close} />
      {!isOurs && <Notice>{t('pk.environment')}</Notice>}
      <CheckSection of={of} />
      <BalanceSection of={of} setAnchor={mayAnchor ? () => setAnchoring(true) : undefined} />
      <UsageSection of={of} isTold={platform?.supports.usage === true} />
      <Section title={t('pk.facts')}>
        <Facts facts={useFacts(of, platform?.name ?? of.platform)} />
      </Section>
      <CurlBlock address={address} />
      {isAnchoring && <AnchorDialog of={of} close={() => setAnchoring(false)} />}
    </Stack>
  );
}

function CheckSection({ of }: { readonly of: ProviderKey }): ReactNode {
  const { t } = useWords();
  return (
    <Section title={t('pk.check')} aside={<KeyStatus of={of} />}>
      <Text size="sm">{of.status_message ?? t('pk.check.never')}</Text>
      {of.last_checked_at !== null && (
        <Text size="xs" c="dimmed" mt={2}>
          {t('pk.checked.at')} <Time at={of.last_checked_at} /> · {t('pk.ok.at')}{' '}
          <Time at={of.last_ok_at} />
        </Text>
      )}
    </Section>
  );
}

function useFacts(of: ProviderKey, platform: string): readonly Fact[] {
  const { t } = useWords();
  const { anchor, check_interval_minutes: minutes, threshold_usd: threshold } = of;
  return [
    [t('keys.platform'), platform],
    [t('keys.secret'), <Mono key="secret" text={of.masked} />],
    [t('keys.base'), of.base_url],
    [t('pk.purposes'), of.purposes.map((purpose) => t(`pk.purpose.${purpose}`)).join(', ')],
    [
      t('keys.threshold'),
      threshold === null ? t('pk.threshold.none') : moneyText(threshold, of.threshold_currency),
    ],
    [
      t('pk.interval'),
      minutes === null ? t('pk.interval.usual') : t('pk.interval.minutes', { count: minutes }),
    ],
    [t('pk.probes'), t(of.probe ? 'pk.probes.on' : 'pk.probes.off')],
    [
      t('pk.anchor.name'),
      anchor &&
        t('pk.anchor.fact', { amount: moneyText(anchor.amount_usd), at: instantText(anchor.at) }),
    ],
    [t('keys.used'), <Time key="used" at={of.last_used_at} />],
    [
      t('pk.requests'),
      <Anchor
        key="requests"
        size="sm"
        renderRoot={(rest) => (
          <Link {...rest} to="/requests" search={{ provider_key_id: of.id } as never} />
        )}
      >
        {of.name}
      </Anchor>,
    ],
    [t('pk.owner'), of.user_id ?? t('pk.installation')],
    [t('pk.created'), <Time key="created" at={of.created_at} style="full" />],
    [t('pk.description'), of.description],
    [
      t('pk.id'),
      <Group key="id" gap={4} wrap="nowrap">
        <Mono text={of.id} />
        <CopyButton value={of.id} label={t('action.copy.what', { what: t('pk.id') })} />
      </Group>,
    ],
  ];
}
