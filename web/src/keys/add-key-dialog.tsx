import {
  Button,
  Checkbox,
  Group,
  Modal,
  PasswordInput,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import type { z } from 'zod';
import { type keyTrialResult, PROVIDER_KEYS_API } from '../../../contract/api/provider-keys-api.ts';
import { useAct, useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { fieldError, formProblem } from '../ui/field-errors.ts';
import { ProblemAlert } from '../ui/problem-alert.tsx';
import { StatusBadge, type Tone } from '../ui/status-badge.tsx';

const SHOWN = ['name', 'key', 'base_url', 'threshold_usd', 'platform'];

const TONES: Readonly<Record<'valid' | 'invalid' | 'unknown', Tone>> = {
  valid: 'good',
  invalid: 'bad',
  unknown: 'warn',
};

interface Draft {
  readonly platform: string;
  readonly name: string;
  readonly key: string;
  readonly base: string;
  readonly threshold: string;
  readonly routes: boolean;
}

const BLANK: Draft = { platform: '', name: '', key: '', base: '', threshold: '', routes: false };

/** Stores a provider key; before that it can be tried, which stores nothing and costs nothing. */
export function AddKeyDialog({ close }: { readonly close: () => void }): ReactNode {
  const { t } = useWords();
  const platforms = useAsk(PROVIDER_KEYS_API.platforms);
  const add = useAct(PROVIDER_KEYS_API.add, { stale: [PROVIDER_KEYS_API.list] });
  const trial = useAct(PROVIDER_KEYS_API.test, { stale: [] });
  const [draft, setDraft] = useState(BLANK);
  const { platform, key, name, threshold, base } = draft;
  const needsBase = platforms.data?.find(({ id }) => id === platform)?.base_url_needed === true;
  const where = { platform, key, ...(needsBase && { base_url: base }) };
  const isWhole = platform !== '' && key.trim() !== '';
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const purposes: ('watch' | 'route')[] = draft.routes ? ['watch', 'route'] : ['watch'];
    const low = threshold === '' ? {} : { threshold_usd: threshold };
    add.mutate({ body: { ...where, ...low, name, purposes } }, { onSuccess: close });
  };
  return (
    <Modal
      opened
      onClose={close}
      title={t('keys.add')}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <form onSubmit={submit}>
        <Stack>
          <Select
            label={t('keys.platform')}
            data={(platforms.data ?? []).map(({ id, name: label }) => ({ value: id, label }))}
            value={platform === '' ? null : platform}
            onChange={(value) => setDraft({ ...draft, platform: value ?? '' })}
            error={fieldError(add.error, 'platform')}
            searchable
            required
          />
          <Fields draft={draft} setDraft={setDraft} needsBase={needsBase} problem={add.error} />
          {trial.data !== undefined && <TrialResult of={trial.data} />}
          <ProblemAlert problem={formProblem(add.error ?? trial.error, SHOWN)} />
          <Group justify="flex-end" gap="xs">
            <Button
              variant="default"
              disabled={!isWhole}
              loading={trial.isPending}
              onClick={() => trial.mutate({ body: where })}
            >
              {t('keys.test')}
            </Button>
            <Button type="submit" disabled={!isWhole} loading={add.isPending}>
              {t('keys.store')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

interface FieldsProps {
  readonly draft: Draft;
  readonly setDraft: (draft: Draft) => void;
  readonly needsBase: boolean;
  readonly problem: Error | null;
}

function Fields({ draft, setDraft, needsBase, problem }: FieldsProps): ReactNode {
  const { t } = useWords();
  return (
    <>
      <TextInput
        label={t('keys.name')}
        value={draft.name}
        onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
        error={fieldError(problem, 'name')}
        required
      />
      <PasswordInput
        label={t('keys.secret')}
        description={t('keys.secret.about')}
        value={draft.key}
        onChange={(event) => setDraft({ ...draft, key: event.currentTarget.value })}
        error={fieldError(problem, 'key')}
        autoComplete="off"
        required
      />
      {needsBase && (
        <TextInput
          label={t('keys.base')}
          value={draft.base}
          onChange={(event) => setDraft({ ...draft, base: event.currentTarget.value })}
          error={fieldError(problem, 'base_url')}
          placeholder="https://models.example.com/v1"
          required
        />
      )}
      <TextInput
        label={t('keys.threshold')}
        description={t('keys.threshold.about')}
        value={draft.threshold}
        onChange={(event) => setDraft({ ...draft, threshold: event.currentTarget.value })}
        error={fieldError(problem, 'threshold_usd')}
        inputMode="decimal"
      />
      <Checkbox
        label={t('keys.routes')}
        description={t('keys.routes.about')}
        checked={draft.routes}
        onChange={(event) => setDraft({ ...draft, routes: event.currentTarget.checked })}
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
