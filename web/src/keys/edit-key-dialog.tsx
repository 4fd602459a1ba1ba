import { Checkbox, PasswordInput, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { PROVIDER_KEYS_API } from '../../../contract/api/provider-keys-api.ts';
import { useAct } from '../client.ts';
import { useWords } from '../language/language.ts';
import { fieldError, isAtFault } from '../ui/forms/field-errors.ts';
import { Fold } from '../ui/forms/fold.tsx';
import { FormDialog } from '../ui/forms/form-dialog.tsx';
import { changesIn, draftOf, type KeyDraft } from './key-draft.ts';
import { type ProviderKey, STALE } from './provider-key.ts';

const SECRET_FIELDS = ['key', 'base_url'];
const FIELDS = [
  ...['name', 'description', 'threshold_usd', 'check_interval_minutes', 'purposes'],
  ...['probe_model', ...SECRET_FIELDS],
];

interface EditProps {
  readonly of: ProviderKey;
  readonly close: () => void;
}

export function EditKeyDialog({ of, close }: EditProps): ReactNode {
  const { t } = useWords();
  const change = useAct(PROVIDER_KEYS_API.change, { stale: STALE });
  const [before] = useState(() => draftOf(of));
  const [draft, setDraft] = useState(before);
  const changes = changesIn(before, draft);
  const fields: FieldsProps = {
    draft,
    set: (part) => setDraft({ ...draft, ...part }),
    problem: change.error,
  };
  return (
    <FormDialog
      title={t('pk.edit.what', { name: of.name })}
      action={t('pk.save')}
      isBusy={change.isPending}
      isWhole={Object.keys(changes).length > 0}
      problem={change.error}
      fields={FIELDS}
      close={close}
      submit={() => change.mutate({ params: { id: of.id }, body: changes }, { onSuccess: close })}
    >
      <PlainFields {...fields} />
      <Uses {...fields} />
      <Fold
        title={t('pk.base.change')}
        said={t('pk.base.same')}
        isWrong={isAtFault(change.error, SECRET_FIELDS)}
      >
        <SecretFields {...fields} hasBase={of.base_url !== null} />
      </Fold>
    </FormDialog>
  );
}

interface FieldsProps {
  readonly draft: KeyDraft;
  readonly set: (change: Partial<KeyDraft>) => void;
  readonly problem: Error | null;
}

function PlainFields({ draft, set, problem }: FieldsProps): ReactNode {
  const { t } = useWords();
  return (
    <>
      <TextInput
        label={t('keys.name')}
        value={draft.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
        error={fieldError(problem, 'name')}
        required
        data-autofocus
      />
      <Textarea
        label={t('pk.description')}
        value={draft.description}
        onChange={(event) => set({ description: event.currentTarget.value })}
        error={fieldError(problem, 'description')}
        autosize
        maxRows={5}
      />
      <TextInput
        label={t('keys.threshold')}
        description={t('keys.threshold.about')}
        value={draft.threshold}
        onChange={(event) => set({ threshold: event.currentTarget.value })}
        error={fieldError(problem, 'threshold_usd')}
        inputMode="decimal"
      />
      <TextInput
        label={t('pk.interval')}
        description={t('pk.interval.about')}
        value={draft.interval}
        onChange={(event) => set({ interval: event.currentTarget.value })}
        error={fieldError(problem, 'check_interval_minutes')}
        inputMode="numeric"
        pattern="[0-9]*"
        title={t('field.count.rule')}
      />
    </>
  );
}

function Uses({ draft, set, problem }: FieldsProps): ReactNode {
  const { t } = useWords();
  const uses = [
    { name: 'watches', label: 'pk.watch', about: 'pk.watch.about' },
    { name: 'routes', label: 'keys.routes', about: 'keys.routes.about' },
    { name: 'probes', label: 'pk.probes.regular', about: 'pk.probes.about' },
  ] as const;
  const wrong = fieldError(problem, 'purposes');
  return (
    <Stack gap="xs">
      {uses.map(({ name, label, about }) => (
        <Checkbox
          key={name}
          label={t(label)}
          description={t(about)}
          checked={draft[name]}
          onChange={(event) => set({ [name]: event.currentTarget.checked })}
        />
      ))}
      {draft.probes && (
        <TextInput
          label={t('pk.probes.model')}
          description={t('pk.probes.model.about')}
          value={draft.probeModel}
          onChange={(event) => set({ probeModel: event.currentTarget.value })}
          error={fieldError(problem, 'probe_model')}
        />
      )}
      {wrong !== undefined && (
        <Text size="xs" c="var(--tk-bad)" role="alert">
          {wrong}
        </Text>
      )}
    </Stack>
  );
}

function SecretFields(props: FieldsProps & { readonly hasBase: boolean }): ReactNode {
  const { draft, set, problem, hasBase } = props;
  const { t } = useWords();
  return (
    <Stack gap="sm">
      <PasswordInput
        label={t('keys.secret')}
        description={t('keys.secret.about')}
        value={draft.secret}
        onChange={(event) => set({ secret: event.currentTarget.value })}
        error={fieldError(problem, 'key')}
        autoComplete="off"
      />
      {hasBase && (
        <TextInput
          label={t('keys.base')}
          description={t('pk.base.why')}
          value={draft.base}
          onChange={(event) => set({ base: event.currentTarget.value })}
          error={fieldError(problem, 'base_url')}
        />
      )}
    </Stack>
  );
}
