import {
  Button,
  Checkbox,
  Group,
  PasswordInput,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import type { z } from 'zod';
import {
  type keyTrialResult,
  type newProviderKey,
  PROVIDER_KEYS_API,
  type platforms,
  type providerKey,
} from '../../../contract/api/provider-keys-api.ts';
import { useAct, useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { fieldError, formProblem } from '../ui/forms/field-errors.ts';
import { ProblemAlert } from '../ui/problem-alert.tsx';
import { StatusBadge, type Tone } from '../ui/status-badge.tsx';

const SHOWN = ['name', 'key', 'base_url', 'threshold_usd', 'platform'];

const TONES: Readonly<Record<'valid' | 'invalid' | 'unknown', Tone>> = {
  valid: 'good',
  invalid: 'bad',
  unknown: 'warn',
};

type Order = z.input<typeof newProviderKey>;

interface Draft {
  readonly platform: string;
  readonly name: string;
  readonly key: string;
  readonly base: string;
  readonly threshold: string;
  readonly routes: boolean;
}

const BLANK: Draft = { platform: '', name: '', key: '', base: '', threshold: '', routes: false };

interface AddKeyProps {
  /** Whether it is meant to serve the gateway from the start. */
  readonly routes?: boolean;
  /** What else can be done than to store a key. */
  readonly aside?: ReactNode;
  readonly done: (key: z.output<typeof providerKey>) => void;
}

/**
 * Stores a provider key. It is tried before, which stores nothing and costs nothing; one that the provider does not
 * take is stored only if that is asked for once more.
 */
export function AddKeyForm({ routes = false, aside, done }: AddKeyProps): ReactNode {
  const { t } = useWords();
  const known = useAsk(PROVIDER_KEYS_API.platforms);
  const add = useAct(PROVIDER_KEYS_API.add, { stale: [PROVIDER_KEYS_API.list] });
  const trial = useAct(PROVIDER_KEYS_API.test, { stale: [] });
  const [draft, setDraft] = useState({ ...BLANK, routes });
  const { platform, key, base } = draft;
  const chosen = known.data?.find(({ id }) => id === platform);
  const where = { platform, key, ...(chosen?.base_url_needed === true && { base_url: base }) };
  const isWhole = platform !== '' && key.trim() !== '';
  const change = (part: Partial<Draft>): void => {
    setDraft({ ...draft, ...part });
    // What was found out is about another key from now on.
    if (part.platform !== undefined || part.key !== undefined || part.base !== undefined) {
      trial.reset();
      add.reset();
    }
  };
  const store = (): void => add.mutate({ body: orderOf(draft, where) }, { onSuccess: done });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (trial.data !== undefined || trial.isError) store();
    else trial.mutate({ body: where }, { onSuccess: ({ valid }) => valid && store() });
  };
  const problem = add.error ?? trial.error;
  const isDoubtful = trial.data?.valid === false || trial.isError;
  return (
    <form onSubmit={submit}>
      <Stack>
        <PlatformField of={known.data ?? []} draft={draft} change={change} problem={problem} />
        <Fields
          draft={draft}
          change={change}
          needsBase={chosen?.base_url_needed === true}
          problem={problem}
        />
        {trial.data !== undefined && <TrialResult of={trial.data} />}
        <ProblemAlert problem={formProblem(problem, SHOWN)} />
        <Group justify="space-between" gap="xs">
          <div>{aside}</div>
          <Group gap="xs">
            <Button
              variant="default"
              disabled={!isWhole}
              loading={trial.isPending}
              onClick={() => trial.mutate({ body: where })}
            >
              {t('keys.test')}
            </Button>
            <Button type="submit" disabled={!isWhole || trial.isPending} loading={add.isPending}>
              {t(isDoubtful ? 'keys.store.anyway' : 'keys.store')}
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  );
}

function orderOf(
  { name, threshold, routes }: Draft,
  where: Pick<Order, 'platform' | 'key' | 'base_url'>,
): Order {
  return {
    ...where,
    ...(threshold !== '' && { threshold_usd: threshold }),
    name,
    purposes: routes ? ['watch', 'route'] : ['watch'],
  };
}

interface PlatformProps {
  readonly of: z.output<typeof platforms>;
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly problem: Error | null;
}

/** A key that has no name yet is called as its provider. */
function PlatformField({ of, draft, change, problem }: PlatformProps): ReactNode {
  const { t } = useWords();
  const nameOf = (id: string): string => of.find((one) => one.id === id)?.name ?? '';
  const choose = (platform: string): void => {
    const isUnnamed = draft.name === '' || draft.name === nameOf(draft.platform);
    change({ platform, ...(isUnnamed && { name: nameOf(platform) }) });
  };
  return (
    <Select
      label={t('keys.platform')}
      data={of.map(({ id, name }) => ({ value: id, label: name }))}
      value={draft.platform === '' ? null : draft.platform}
      onChange={(value) => choose(value ?? '')}
      error={fieldError(problem, 'platform')}
      nothingFoundMessage={t('palette.nothing')}
      searchable
      required
      withAsterisk={false}
      data-autofocus
    />
  );
}

interface FieldsProps {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly needsBase: boolean;
  readonly problem: Error | null;
}

function Fields({ draft, change, needsBase, problem }: FieldsProps): ReactNode {
  const { t } = useWords();
  return (
    <>
      <TextInput
        label={t('keys.name')}
        value={draft.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
        error={fieldError(problem, 'name')}
        required
        withAsterisk={false}
      />
      <PasswordInput
        label={t('keys.secret')}
        description={t('keys.secret.about')}
        value={draft.key}
        onChange={(event) => change({ key: event.currentTarget.value })}
        error={fieldError(problem, 'key')}
        autoComplete="off"
        required
        withAsterisk={false}
      />
      {needsBase && (
        <TextInput
          label={t('keys.base')}
          value={draft.base}
          onChange={(event) => change({ base: event.currentTarget.value })}
          error={fieldError(problem, 'base_url')}
          placeholder="https://models.example.com/v1"
          required
          withAsterisk={false}
        />
      )}
      <TextInput
        label={t('keys.threshold')}
        description={t('keys.threshold.about')}
        value={draft.threshold}
        onChange={(event) => change({ threshold: event.currentTarget.value })}
        error={fieldError(problem, 'threshold_usd')}
        inputMode="decimal"
      />
      <Checkbox
        label={t('keys.routes')}
        description={t('keys.routes.about')}
        checked={draft.routes}
        onChange={(event) => change({ routes: event.currentTarget.checked })}
      />
    </>
  );
}

function TrialResult({ of }: { readonly of: z.output<typeof keyTrialResult> }): ReactNode {
  const { t } = useWords();
  return (
    <div role="status">
      <StatusBadge tone={TONES[of.verdict]} label={t(`keys.verdict.${of.verdict}`)} />
      <Text size="sm" mt={4}>
        {of.message}
      </Text>
    </div>
  );
}
