/** What the log tells of each request in a line. */
import type { ReactNode } from 'react';
import type { z } from 'zod';
import type { usageRecord } from '../../../contract/api/requests-api.ts';
import { useWords } from '../language/language.ts';
import { countText, durationText } from '../ui/figures.ts';
import { Money, Time } from '../ui/money.tsx';
import { StatusBadge, type Tone } from '../ui/status-badge.tsx';
import type { Column } from '../ui/tables/data-table.tsx';
import classes from './requests.module.css';

export type UsageRecord = z.output<typeof usageRecord>;

const HIDDEN_AT_FIRST = [
  'provider',
  'charge',
  'provider_key',
  'endpoint',
  'cached',
  'reasoning',
  'provenance',
  'failure',
  'attempts',
];

/** Whoever sees everybody's requests tells them apart by people, and whoever sees their own by keys. */
export function hiddenAtFirst(isOperator: boolean): readonly string[] {
  return isOperator ? [...HIDDEN_AT_FIRST, 'key'] : HIDDEN_AT_FIRST;
}

export function requestColumns(isOperator: boolean): readonly Column<UsageRecord>[] {
  return isOperator ? COLUMNS : COLUMNS.filter(({ name }) => name !== 'user');
}

const TONES: Readonly<Record<UsageRecord['outcome'], Tone>> = {
  completed: 'good',
  aborted: 'quiet',
  failed: 'bad',
  unfinished: 'quiet',
  refused: 'warn',
};

/** The status is said where it is no plain success. */
export function OutcomeBadge({ of }: { readonly of: UsageRecord }): ReactNode {
  const { t } = useWords();
  const isPlain = of.outcome === 'completed' && of.status === 200;
  const word = t(`requests.outcome.${of.outcome}`);
  const label = isPlain || of.status === 0 ? word : `${word} · ${of.status}`;
  return <StatusBadge tone={TONES[of.outcome]} label={label} />;
}

/** Long names are cut in the table; the panel has them whole. */
function Cut({ text }: { readonly text: string | null | undefined }): ReactNode {
  if (text === null || text === undefined) return '–';
  return (
    <span className={classes['cut']} title={text}>
      {text}
    </span>
  );
}

/** A count that nobody reported is told as what it is. */
function Counted(props: { readonly of: UsageRecord; readonly count: number | null }): ReactNode {
  const { of, count } = props;
  const { t } = useWords();
  if (count === null || of.provenance === 'reported') return countText(count);
  return <span title={t(`requests.provenance.${of.provenance}`)}>≈ {countText(count)}</span>;
}

function Provenance({ of }: { readonly of: UsageRecord }): ReactNode {
  const { t } = useWords();
  return t(`requests.provenance.${of.provenance}`);
}

const WHO: readonly Column<UsageRecord>[] = [
  {
    name: 'at',
    label: 'requests.at',
    isFixed: true,
    cell: ({ at }) => <Time at={at} style="short" />,
  },
  { name: 'outcome', label: 'requests.outcome', cell: (record) => <OutcomeBadge of={record} /> },
  { name: 'model', label: 'requests.model', cell: ({ model }) => <Cut text={model} /> },
  { name: 'user', label: 'requests.user', cell: ({ user }) => <Cut text={user.label} /> },
  { name: 'key', label: 'requests.key', cell: ({ key }) => <Cut text={key.label} /> },
  {
    name: 'provider',
    label: 'requests.provider',
    cell: ({ provider }) => <Cut text={provider?.label} />,
  },
  {
    name: 'provider_key',
    label: 'requests.provider_key',
    cell: ({ provider_key: key }) => <Cut text={key?.label} />,
  },
  { name: 'endpoint', label: 'requests.endpoint', cell: ({ endpoint }) => <Cut text={endpoint} /> },
  { name: 'failure', label: 'requests.failure', cell: ({ failure }) => <Cut text={failure} /> },
];

const FIGURES: readonly Column<UsageRecord>[] = [
  {
    name: 'input',
    label: 'requests.input',
    isNumber: true,
    cell: (record) => <Counted of={record} count={record.tokens_input} />,
  },
  {
    name: 'cached',
    label: 'requests.cached',
    isNumber: true,
    cell: (record) => <Counted of={record} count={record.tokens_cached} />,
  },
  {
    name: 'output',
    label: 'requests.output',
    isNumber: true,
    cell: (record) => <Counted of={record} count={record.tokens_output} />,
  },
  {
    name: 'reasoning',
    label: 'requests.reasoning',
    isNumber: true,
    cell: (record) => <Counted of={record} count={record.tokens_reasoning} />,
  },
  {
    name: 'cost',
    label: 'requests.cost',
    isNumber: true,
    cell: ({ cost_usd: cost, cost_source: source }) => (
      <Money amount={cost} isUnpriced={source === 'unpriced'} />
    ),
  },
  {
    name: 'charge',
    label: 'requests.charge',
    isNumber: true,
    cell: ({ charge_usd: charge }) => <Money amount={charge} />,
  },
  {
    name: 'ttft',
    label: 'requests.ttft',
    isNumber: true,
    cell: ({ ttft_ms: ms }) => durationText(ms),
  },
  {
    name: 'duration',
    label: 'requests.duration',
    isNumber: true,
    cell: ({ duration_ms: ms }) => durationText(ms),
  },
  {
    name: 'attempts',
    label: 'requests.attempts',
    isNumber: true,
    cell: ({ attempts }) => countText(attempts),
  },
  {
    name: 'provenance',
    label: 'requests.provenance',
    cell: (record) => <Provenance of={record} />,
  },
];

const COLUMNS = [...WHO, ...FIGURES];
