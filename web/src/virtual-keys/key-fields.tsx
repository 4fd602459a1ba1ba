/** The fields of a virtual key. What most people leave alone is folded away, with what it says on its lid. */
import {
  Autocomplete,
  Button,
  Checkbox,
  Group,
  Select,
  Stack,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { PEOPLE_API } from '../../../contract/api/people-api.ts';
import { PROVIDER_KEYS_API } from '../../../contract/api/provider-keys-api.ts';
import { SYSTEM_API } from '../../../contract/api/system-api.ts';
import { useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { namesApart, useProviderName } from '../shell/provider-names.ts';
import { DAY_MS, instantText, moneyText } from '../ui/figures.ts';
import { fieldError, isAtFault } from '../ui/forms/field-errors.ts';
import { Fold } from '../ui/forms/fold.tsx';
import { localField } from '../ui/forms/local-field.ts';
import { TimeField } from '../ui/forms/time-field.tsx';
import {
  type KeyDraft,
  LIMITS,
  type LimitName,
  MEASURES,
  PERIODS,
  type Period,
  WINDOWS,
} from './key-draft.ts';
import classes from './virtual-keys.module.css';

export interface FieldsProps {
  readonly draft: KeyDraft;
  readonly set: (change: Partial<KeyDraft>) => void;
  readonly problem: Error | null;
}

/** The names under which the server may complain about one of these fields. */
const MODELS_FIELDS = ['models'];
const BUDGET_FIELDS = ['budget', 'budget.amount_usd', 'budget.zone'];
const LIMIT_FIELDS = LIMITS.map((name) => `limits.${name}`);
const MORE_FIELDS = ['note', 'expires_at', 'provider_key_id'];
export const KEY_FIELDS = [
  ...['name', 'username', ...MODELS_FIELDS, ...BUDGET_FIELDS, ...LIMIT_FIELDS, ...MORE_FIELDS],
];

interface KeyFieldsProps extends FieldsProps {
  readonly isOperator: boolean;
  /** An owner is chosen for a new key only. */
  readonly isNew: boolean;
  /** The operator decides what this key may do: only its name and note are its user's. */
  readonly isRuled: boolean;
}

export function KeyFields(props: KeyFieldsProps): ReactNode {
  const { draft, set, problem, isOperator, isNew, isRuled } = props;
  const { t } = useWords();
  return (
    <>
      <TextInput
        label={t('vk.name')}
        description={isNew ? t('vk.name.about') : undefined}
        value={draft.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
        error={fieldError(problem, 'name')}
        maxLength={128}
        data-autofocus
      />
      {isNew && isOperator && <OwnerField {...props} />}
      {isRuled ? (
        <NoteField {...props} />
      ) : (
        <div>
          <ModelsFold {...props} />
          <BudgetFold {...props} />
          <LimitsFold {...props} />
          <MoreFold {...props} />
        </div>
      )}
    </>
  );
}

function OwnerField({ draft, set, problem }: FieldsProps): ReactNode {
  const { t } = useWords();
  const [asked, setAsked] = useState('');
  const people = useAsk(PEOPLE_API.users, { query: { q: asked, limit: 20 } });
  return (
    <Autocomplete
      label={t('vk.owner')}
      description={t('vk.owner.about')}
      data={(people.data?.data ?? []).map(({ username }) => username)}
      value={draft.owner}
      onChange={(owner) => {
        set({ owner });
        setAsked(owner);
      }}
      onFocus={() => setAsked('')}
      error={fieldError(problem, 'username')}
      limit={20}
      maxLength={128}
      required
      withAsterisk={false}
    />
  );
}

function ModelsFold({ draft, set, problem }: FieldsProps): ReactNode {
  const { t } = useWords();
  const known = useAsk(SYSTEM_API.models, {}, { staleTime: 300_000 });
  const { models } = draft;
  const said = models.length === 0 ? t('vk.models.all') : models.join(', ');
  return (
    <Fold title={t('vk.models')} said={said} isWrong={isAtFault(problem, MODELS_FIELDS)}>
      <TagsInput
        aria-label={t('vk.models')}
        description={t('vk.models.about')}
        data={(known.data?.models ?? []).map(({ id }) => id)}
        limit={30}
        value={[...models]}
        onChange={(value) => set({ models: value })}
        error={fieldError(problem, 'models')}
        acceptValueOnBlur
        clearButtonProps={{ 'aria-label': t('vk.models.all') }}
      />
    </Fold>
  );
}

/** Zones as the browser knows them, the plainest first. */
const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];

function BudgetFold({ draft, set, problem }: FieldsProps): ReactNode {
  const { t } = useWords();
  const { amount, period, zone } = draft;
  const isSet = amount.trim() !== '' && Number.isFinite(Number(amount));
  const said = isSet
    ? `${moneyText(amount)} ${t(`vk.period.${period}`)}`
    : t('vk.budget.unlimited');
  return (
    <Fold title={t('vk.budget')} said={said} isWrong={isAtFault(problem, BUDGET_FIELDS)}>
      <Stack gap="sm">
        <Group gap="sm" grow align="flex-end">
          <TextInput
            label={t('vk.budget.amount')}
            value={amount}
            onChange={(event) => set({ amount: event.currentTarget.value })}
            error={fieldError(problem, 'budget') ?? fieldError(problem, 'budget.amount_usd')}
            inputMode="decimal"
            pattern="[0-9]*[.]?[0-9]{0,9}"
            title={t('vk.budget.amount.rule')}
            leftSection="$"
            placeholder="10.00"
          />
          <Select
            label={t('vk.budget.period')}
            data={PERIODS.map((value) => ({ value, label: t(`vk.each.${value}`) }))}
            value={period}
            onChange={(value) => set({ period: value as Period })}
          />
        </Group>
        {period !== 'forever' && (
          <Select
            label={t('vk.budget.zone')}
            data={ZONES}
            nothingFoundMessage={t('palette.nothing')}
            value={zone}
            onChange={(value) => set({ zone: value ?? 'UTC' })}
            error={fieldError(problem, 'budget.zone')}
            searchable
            limit={60}
          />
        )}
        <Text size="xs" c="dimmed">
          {t('vk.budget.about')}
        </Text>
      </Stack>
    </Fold>
  );
}

function LimitsFold({ draft, set, problem }: FieldsProps): ReactNode {
  const { t } = useWords();
  const count = LIMITS.filter((name) => draft.limits[name].trim() !== '').length;
  const wrongOf = (name: LimitName) => fieldError(problem, `limits.${name}`);
  const field = (name: LimitName): ReactNode => (
    <TextInput
      key={name}
      error={wrongOf(name) !== undefined}
      aria-label={t(`vk.limit.${name}`)}
      value={draft.limits[name]}
      onChange={(event) => set({ limits: { ...draft.limits, [name]: event.currentTarget.value } })}
      inputMode="numeric"
      pattern="[0-9]*"
      title={t('field.count.rule')}
      placeholder="∞"
    />
  );
  return (
    <Fold
      title={t('vk.limits')}
      said={t('vk.limits.said', { count })}
      isWrong={isAtFault(problem, LIMIT_FIELDS)}
    >
      <Stack gap="sm">
        <div className={classes['rates']}>
          <span />
          {WINDOWS.map((window) => (
            <span key={window} className={classes['ratesHead']}>
              {t(`vk.window.${window}`)}
            </span>
          ))}
          {MEASURES.map((measure) => [
            <span key={measure}>{t(`vk.measure.${measure}`)}</span>,
            ...WINDOWS.map((window) => field(`${measure}_per_${window}`)),
          ])}
          <span>{t('vk.concurrent')}</span>
          {field('max_concurrent')}
        </div>
        {LIMITS.filter((name) => wrongOf(name) !== undefined).map((name) => (
          <Text key={name} size="xs" c="var(--tk-bad)" role="alert">
            {t(`vk.limit.${name}`)}: {wrongOf(name)}
          </Text>
        ))}
        <Text size="xs" c="dimmed">
          {t('vk.limits.about')}
        </Text>
      </Stack>
    </Fold>
  );
}

const LIVES = [7, 30, 90, 365] as const;

function MoreFold(props: KeyFieldsProps): ReactNode {
  const { draft, set, problem, isOperator } = props;
  const { t } = useWords();
  const expires = Date.parse(draft.expires);
  const said = Number.isNaN(expires)
    ? t('vk.expires.never')
    : t('vk.expires.at', { at: instantText(new Date(expires).toISOString()) });
  return (
    <Fold title={t('vk.more')} said={said} isWrong={isAtFault(problem, MORE_FIELDS)}>
      <Stack gap="sm">
        <TimeField
          label={t('vk.expires')}
          description={t('vk.expires.about')}
          value={draft.expires}
          set={(expires) => set({ expires })}
          error={fieldError(problem, 'expires_at')}
        />
        <Group gap={6}>
          {LIVES.map((days) => (
            <Button
              key={days}
              variant="default"
              size="compact-xs"
              onClick={() => set({ expires: localField(new Date(Date.now() + days * DAY_MS)) })}
            >
              {t('vk.expires.in', { count: days })}
            </Button>
          ))}
          <Button
            variant="subtle"
            color="gray"
            size="compact-xs"
            onClick={() => set({ expires: '' })}
          >
            {t('vk.expires.never')}
          </Button>
        </Group>
        <PinField {...props} />
        <NoteField {...props} />
        {isOperator && (
          <Checkbox
            label={t('vk.unmetered')}
            description={t('vk.unmetered.about')}
            checked={draft.unmetered === true}
            indeterminate={draft.unmetered === null}
            onChange={(event) => set({ unmetered: event.currentTarget.checked })}
          />
        )}
      </Stack>
    </Fold>
  );
}

/** Shown where there is something to choose. */
function PinField({ draft, set, problem }: FieldsProps): ReactNode {
  const { t } = useWords();
  const keys = useAsk(PROVIDER_KEYS_API.list);
  const routed = (keys.data?.data ?? []).filter(({ purposes }) => purposes.includes('route'));
  const names = namesApart(routed, useProviderName());
  if (routed.length === 0) return null;
  return (
    <Select
      label={t('vk.pin')}
      description={t('vk.pin.about')}
      data={[
        { value: '', label: t('vk.pin.any') },
        ...routed.map(({ id }, at) => ({ value: id, label: names[at] ?? id })),
      ]}
      value={draft.pin}
      onChange={(value) => set({ pin: value ?? '' })}
      error={fieldError(problem, 'provider_key_id')}
    />
  );
}

function NoteField({ draft, set, problem }: FieldsProps): ReactNode {
  const { t } = useWords();
  return (
    <Textarea
      label={t('vk.note')}
      value={draft.note}
      onChange={(event) => set({ note: event.currentTarget.value })}
      error={fieldError(problem, 'note')}
      maxLength={1000}
      autosize
      minRows={2}
    />
  );
}
