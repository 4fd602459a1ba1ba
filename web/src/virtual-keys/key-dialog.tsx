import { type ReactNode, useState } from 'react';
import { VIRTUAL_KEYS_API } from '../../../contract/api/virtual-keys-api.ts';
import { useAct } from '../client.ts';
import { useWords } from '../language/language.ts';
import type { Person } from '../shell/session.ts';
import { FormDialog } from '../ui/forms/form-dialog.tsx';
import {
  blankDraft,
  changesIn,
  draftOf,
  type Issued,
  orderIn,
  type VirtualKey,
} from './key-draft.ts';
import { KEY_FIELDS, KeyFields } from './key-fields.tsx';

/** What is asked again when a key was made or changed. */
export const STALE = [VIRTUAL_KEYS_API.list, VIRTUAL_KEYS_API.show];

interface IssueProps {
  readonly person: Person;
  readonly close: () => void;
  readonly handOver: (issued: Issued) => void;
}

export function IssueKeyDialog({ person, close, handOver }: IssueProps): ReactNode {
  const { t } = useWords();
  const issue = useAct(VIRTUAL_KEYS_API.issue, { stale: STALE });
  const [draft, setDraft] = useState(() => blankDraft(person.username));
  const isOperator = person.role === 'admin';
  return (
    <FormDialog
      title={t('vk.issue')}
      action={t('vk.issue')}
      isBusy={issue.isPending}
      isWhole={!isOperator || draft.owner.trim() !== ''}
      problem={issue.error}
      fields={KEY_FIELDS}
      close={close}
      submit={() => issue.mutate({ body: orderIn(draft, { isOperator }) }, { onSuccess: handOver })}
    >
      <KeyFields
        draft={draft}
        set={(change) => setDraft({ ...draft, ...change })}
        problem={issue.error}
        isOperator={isOperator}
        isNew
        isRuled={false}
      />
    </FormDialog>
  );
}

interface EditProps {
  readonly of: VirtualKey;
  readonly person: Person;
  readonly close: () => void;
}

export function EditKeyDialog({ of, person, close }: EditProps): ReactNode {
  const { t } = useWords();
  const change = useAct(VIRTUAL_KEYS_API.change, { stale: STALE });
  const [before] = useState(() => draftOf(of));
  const [draft, setDraft] = useState(before);
  const changes = changesIn(before, draft);
  const isOperator = person.role === 'admin';
  return (
    <FormDialog
      title={t('vk.edit.what', { name: of.name })}
      action={t('vk.save')}
      isBusy={change.isPending}
      isWhole={Object.keys(changes).length > 0}
      problem={change.error}
      fields={KEY_FIELDS}
      close={close}
      submit={() =>
        change.mutate({ params: { id: of.id }, body: changes }, { onSuccess: () => close() })
      }
    >
      <KeyFields
        draft={draft}
        set={(part) => setDraft({ ...draft, ...part })}
        problem={change.error}
        isOperator={isOperator}
        isNew={false}
        isRuled={!isOperator && of.ruled_by === 'operator'}
      />
    </FormDialog>
  );
}
