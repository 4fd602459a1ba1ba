import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { z } from 'zod';
import type { costByUser } from '../../../contract/api/reports-api.ts';
import { useWords } from '../language/language.ts';
import { useUrlState } from '../shell/url-state.ts';
import { countText, percentText } from '../ui/figures.ts';
import { Money, Tokens } from '../ui/money.tsx';
import { numberColumn, useAlignedAmounts } from '../ui/tables/aligned-amounts.ts';
import figures from '../ui/tables/figures-table.module.css';
import classes from './reports.module.css';

export type Report = z.output<typeof costByUser>;
type UserCost = Report['by_user'][number];

/** So many users are shown until somebody asks for all. */
const FEW = 10;

/** A bar for each user with what it is made of: the chart and its table are one. */
export function UserCosts(props: { readonly of: Report; readonly foot: ReactNode }): ReactNode {
  const { of, foot } = props;
  const { t } = useWords();
  const [url, change] = useUrlState();
  const table = useAlignedAmounts<HTMLTableElement>(numberColumn);
  const users = of.by_user;
  const isWhole = url['users'] === 'all' || users.length <= FEW;
  const total = of.daily.at(-1)?.cumulative_cost_usd ?? 0;
  const dearest = users[0]?.cost_usd ?? 0;
  return (
    <figure className={classes['figure']} aria-label={t('reports.user')}>
      <div className={figures['scroll']}>
        <table className={`${figures['table']} ${classes['table']}`} ref={table}>
          <Head />
          <tbody>
            {users.slice(0, isWhole ? users.length : FEW).map((user) => (
              <UserLine key={user.label} of={user} total={total} dearest={dearest} />
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">{t('chart.total')}</th>
              <td>{countText(users.reduce((sum, { requests }) => sum + requests, 0))}</td>
              <td>
                <Tokens count={users.reduce((sum, { tokens }) => sum + tokens, 0)} />
              </td>
              <td>
                <Money amount={total} isUnpriced={users.every(isUnpriced)} />
              </td>
              <td />
            </tr>
          </tfoot>
        </table>
      </div>
      {users.length > FEW && (
        <Button
          variant="subtle"
          size="compact-sm"
          onClick={() => change({ users: isWhole ? null : 'all' })}
        >
          {isWhole ? t('reports.fewer') : t('reports.all', { count: users.length })}
        </Button>
      )}
      {foot}
    </figure>
  );
}

function Head(): ReactNode {
  const { t } = useWords();
  return (
    <thead>
      <tr>
        <th scope="col">{t('by.user')}</th>
        <th scope="col">{t('reports.requests')}</th>
        <th scope="col">{t('reports.tokens')}</th>
        <th scope="col">{t('reports.cost')}</th>
        <th scope="col">{t('reports.share')}</th>
      </tr>
    </thead>
  );
}

/** No price is known of anything that this user asked for. */
function isUnpriced({ requests, unpriced_requests }: UserCost): boolean {
  return requests > 0 && unpriced_requests === requests;
}

function UserLine(props: {
  readonly of: UserCost;
  readonly total: number;
  readonly dearest: number;
}): ReactNode {
  const { of, total, dearest } = props;
  const { t } = useWords();
  return (
    <tr>
      <th scope="row">
        <span className={classes['name']} title={of.label}>
          {of.label}
        </span>
        <span className={classes['track']}>
          <span
            className={classes['bar']}
            style={{ width: `${dearest === 0 ? 0 : (of.cost_usd / dearest) * 100}%` }}
          />
        </span>
      </th>
      <td>{countText(of.requests)}</td>
      <td>
        <Tokens count={of.tokens} />
      </td>
      <td>
        <Money amount={of.cost_usd} isUnpriced={isUnpriced(of)} />
        {of.unpriced_requests > 0 && !isUnpriced(of) && (
          <span className={classes['unpriced']}>
            {t('reports.unpriced', { count: of.unpriced_requests })}
          </span>
        )}
      </td>
      <td>{percentText(total === 0 ? null : of.cost_usd / total)}</td>
    </tr>
  );
}
