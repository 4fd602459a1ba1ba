import { Button, TextInput } from '@mantine/core';
import { IconPlus, IconTicket } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import type { z } from 'zod';
import { TOKENS_API, type tokenList } from '../../../contract/api/tokens-api.ts';
import { useAct, useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { useAdding } from '../shell/url-state.ts';
import { CodeBlock } from '../ui/code-block.tsx';
import { ConfirmDialog } from '../ui/confirm.tsx';
import { fieldError } from '../ui/forms/field-errors.ts';
import { FormDialog } from '../ui/forms/form-dialog.tsx';
import { instantIn } from '../ui/forms/local-field.ts';
import { TimeField } from '../ui/forms/time-field.tsx';
import { Time } from '../ui/money.tsx';
import { tellProblem } from '../ui/notices.ts';
import { PageBody } from '../ui/page.tsx';
import { SecretDialog } from '../ui/secret-dialog.tsx';
import { Empty, Outcome } from '../ui/states.tsx';
import { NameCell } from '../ui/tables/cells.tsx';
import { type Column, DataTable } from '../ui/tables/data-table.tsx';
import { useTableState } from '../ui/tables/table-state.ts';

type Token = z.output<typeof tokenList>['data'][number];

const STALE = [TOKENS_API.list];

export function TokensPage(): ReactNode {
  const { t } = useWords();
  const tokens = useAsk(TOKENS_API.list);
  const [isAdding, setAdding] = useAdding();
  const [secret, setSecret] = useState<string | null>(null);
  const issue = (
    <Button
      leftSection={<IconPlus size={16} stroke={1.8} />}
      onClick={() => setAdding(true)}
      data-shortcut="n"
    >
      {t('tokens.issue')}
    </Button>
  );
  return (
    <PageBody title={t('nav.tokens')} about={t('tokens.about')} actions={issue}>
      <Outcome of={tokens}>{({ data }) => <TokensTable rows={data} />}</Outcome>
      {isAdding && (
        <IssueDialog
          close={() => setAdding(false)}
          handOver={(token) => {
            setAdding(false);
            setSecret(token);
          }}
        />
      )}
      {secret !== null && (
        <SecretDialog
          title={t('tokens.new')}
          label={t('tokens.one')}
          secret={secret}
          close={() => setSecret(null)}
        >
          <CodeBlock label="curl" code={example(secret)} />
        </SecretDialog>
      )}
    </PageBody>
  );
}

const example = (token: string): string =>
  `curl ${window.location.origin}/api/v1/stats \\\n  -H "Authorization: Bearer ${token}"`;

const COLUMNS: readonly Column<Token>[] = [
  {
    name: 'name',
    label: 'tokens.name',
    isFixed: true,
    cell: ({ name }) => <NameCell name={name} />,
  },
  {
    name: 'masked',
    label: 'tokens.masked',
    cell: ({ masked }) => <span className="tk-mono">{masked}</span>,
  },
  { name: 'created', label: 'tokens.created', cell: (token) => <Time at={token.created_at} /> },
  { name: 'used', label: 'tokens.used', cell: (token) => <Time at={token.last_used_at} /> },
  { name: 'expires', label: 'tokens.expires', cell: (token) => <Time at={token.expires_at} /> },
  {
    name: 'acts',
    label: 'tokens.revoke',
    isFixed: true,
    isActs: true,
    cell: (token) => <Revoke of={token} />,
  },
];

function TokensTable({ rows }: { readonly rows: readonly Token[] }): ReactNode {
  const { t } = useWords();
  const control = useTableState();
  return (
    <DataTable
      label={t('nav.tokens')}
      columns={COLUMNS}
      rows={rows}
      idOf={({ id }) => id}
      control={control}
      empty={<Empty icon={IconTicket} title={t('tokens.none')} text={t('tokens.none.why')} />}
    />
  );
}

function Revoke({ of }: { readonly of: Token }): ReactNode {
  const { t } = useWords();
  const revoke = useAct(TOKENS_API.revoke, { stale: STALE });
  const [isAsked, setAsked] = useState(false);
  return (
    <>
      <Button
        variant="subtle"
        color="red"
        size="compact-sm"
        aria-label={t('tokens.revoke.what', { name: of.name })}
        onClick={() => setAsked(true)}
      >
        {t('tokens.revoke')}
      </Button>
      {isAsked && (
        <ConfirmDialog
          title={t('tokens.revoke.what', { name: of.name })}
          action={t('tokens.revoke')}
          isBusy={revoke.isPending}
          confirm={() =>
            revoke.mutate(
              { params: { id: of.id } },
              { onSuccess: () => setAsked(false), onError: tellProblem },
            )
          }
          close={() => setAsked(false)}
        >
          {t('tokens.revoke.why')}
        </ConfirmDialog>
      )}
    </>
  );
}

interface IssueProps {
  readonly close: () => void;
  readonly handOver: (token: string) => void;
}

function IssueDialog({ close, handOver }: IssueProps): ReactNode {
  const { t } = useWords();
  const issue = useAct(TOKENS_API.issue, { stale: STALE });
  const [name, setName] = useState('');
  const [expires, setExpires] = useState('');
  const submit = (): void =>
    issue.mutate(
      {
        body: {
          name,
          ...(expires !== '' && { expires_at: instantIn(expires) }),
        },
      },
      { onSuccess: ({ token }) => handOver(token) },
    );
  return (
    <FormDialog
      title={t('tokens.issue')}
      action={t('tokens.issue')}
      isBusy={issue.isPending}
      isWhole={name.trim() !== ''}
      problem={issue.error}
      fields={['name', 'expires_at']}
      close={close}
      submit={submit}
    >
      <TextInput
        label={t('tokens.name')}
        description={t('tokens.name.about')}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={fieldError(issue.error, 'name')}
        required
        data-autofocus
      />
      <TimeField
        label={t('tokens.expires')}
        description={t('tokens.expires.about')}
        value={expires}
        set={setExpires}
        error={fieldError(issue.error, 'expires_at')}
      />
    </FormDialog>
  );
}
