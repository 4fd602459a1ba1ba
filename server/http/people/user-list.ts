/** The list of users: filtered, put in order and cut into pages in memory, where all of them are. */
import type { z } from 'zod';
import type {
  listedUser,
  UserOrder,
  userList,
  userListQuery,
} from '../../../contract/api/people-api.ts';
import { formatDollars, shown } from '../../../contract/money.ts';
import type { Accounts, User } from '../../accounts/accounts.ts';
import type { Administration } from '../../administration/administration.ts';
import type { Clock } from '../../clock.ts';
import { type Figures, named, type Reports, spanOf } from '../../reports/reports.ts';
import { cursorOf, readCursor } from '../formats/cursor.ts';
import { inPortions } from '../formats/export.ts';
import { momentOf } from '../formats/moments.ts';
import { personOf } from './reception.ts';

export interface UserListDeps {
  readonly accounts: Pick<Accounts, 'people' | 'keys'>;
  readonly administration: Pick<Administration, 'balanceOf'>;
  readonly reports: Pick<Reports, 'chart'>;
  readonly clock: Pick<Clock, 'now'>;
}

type Query = z.output<typeof userListQuery>;
type Row = z.output<typeof listedUser>;

export async function listUsers(
  deps: UserListDeps,
  query: Query,
): Promise<z.output<typeof userList>> {
  const { limit } = query;
  const { found, compare, rowOf } = await usersIn(deps, query);
  const after = placeIn(query.cursor);
  const rest = after === null ? found : found.filter(({ place }) => compare(place, after) > 0);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const hasMore = rest.length > limit && last !== undefined;
  return {
    data: page.map(rowOf),
    pagination: {
      limit,
      has_more: hasMore,
      next_cursor: hasMore ? cursorOf(marked(last.place[0]), last.place[1]) : null,
    },
  };
}

/** A user with the place in the list. What else is told of them is looked up for those who are shown. */
interface Placed {
  readonly user: User;
  readonly place: Place;
}

async function usersIn(deps: UserListDeps, query: Query) {
  const spent = await spentIn(deps, query);
  const order = query.sort.replace('-', '') as UserOrder;
  const direction = query.sort.startsWith('-') ? -1 : 1;
  const placeOf = PLACES[order](deps, spent);
  const compare = (a: Place, b: Place): number =>
    direction * (before(a[0], b[0]) || before(a[1], b[1]));
  const found = deps.accounts.people
    .all()
    .filter((user) => passes(user, query))
    .map((user): Placed => ({ user, place: [placeOf(user), user.id] }))
    .sort((a, b) => compare(a.place, b.place));
  const rowOf = ({ user }: Placed): Row => listedUserOf(deps, user, spent?.(user.id) ?? null);
  return { found, compare, rowOf };
}

const COLUMNS = [
  ...['id', 'username', 'email', 'name', 'role', 'created_at', 'is_active', 'has_password'],
  ...['has_wallet', 'is_prepaid', 'balance_usd', 'credits', 'keys', 'last_seen_at', 'spend_usd'],
  'requests',
];

/** All users of the filter, in its order. */
export async function userFile(deps: UserListDeps, query: Query) {
  const { found, rowOf } = await usersIn(deps, query);
  return { name: 'users', columns: COLUMNS, pages: inPortions(found, rowOf) };
}

function passes(user: User, { q = '', role, state }: Query): boolean {
  if (role !== undefined && user.role !== role) return false;
  if (state !== undefined && user.isActive !== (state === 'active')) return false;
  if (user.id === q) return true;
  const part = q.toLowerCase();
  const names = [user.username, user.email ?? '', user.name ?? ''];
  return names.some((text) => text.toLowerCase().includes(part));
}

/** A value with the id behind it, so that every user has a place of their own. */
type Place = readonly [value: string | number, id: string];

type Spending = ((userId: string) => Spent) | null;

/** What decides on the place of a user. */
const PLACES: Readonly<
  Record<UserOrder, (deps: UserListDeps, spent: Spending) => (user: User) => string | number>
> = {
  name: () => (user) => (user.name ?? user.username).toLowerCase(),
  created: () => (user) => user.createdAt,
  keys: (deps) => (user) => keysOf(deps, user),
  balance: (deps) => (user) => deps.administration.balanceOf(user).balance,
  spend: (_, spent) => (user) => spent?.(user.id).cost_nanos ?? 0,
  // Who was never here comes before whoever was.
  seen: () => (user) => user.lastSeenAt ?? 0,
};

/** How many that are not revoked. */
function keysOf({ accounts }: UserListDeps, user: User): number {
  return accounts.keys.ofUser(user.id).filter(({ revokedAt }) => revokedAt === null).length;
}

function before(a: string | number, b: string | number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function placeIn(cursor: string | undefined): Place | null {
  const parts = readCursor(cursor, 2);
  if (parts === null) return null;
  const [value = '', id = ''] = parts;
  // It came from us; whoever wrote one of their own gets a page that begins somewhere else.
  return [value.startsWith(TEXT) ? value.slice(TEXT.length) : Number(value), id];
}

/** Tells text from numbers in a cursor, which holds both as text. */
const TEXT = '"';

function marked(value: Place[0]): string {
  return typeof value === 'string' ? `${TEXT}${value}` : String(value);
}

/** What each user's requests cost in the period, and how many there were; null where none was asked for. */
async function spentIn({ reports, clock }: UserListDeps, { start, end }: Query): Promise<Spending> {
  if (start === undefined) return null;
  const span = spanOf({ start, end, zone: 'UTC', bucket: 'none' }, clock.now());
  const { series } = await reports.chart({
    span,
    selection: { userId: null, names: {} },
    // The one that is made of both figures.
    metric: 'average_spend',
    groups: ['user'],
    top: Number.MAX_SAFE_INTEGER,
  });
  const byUser = new Map(
    series.map(({ names, measures, total }) => [names?.[0], named(measures, total)]),
  );
  return (userId) => byUser.get(userId) ?? NOTHING_SPENT;
}

type Spent = Pick<Figures, 'cost_nanos' | 'requests'>;

const NOTHING_SPENT: Spent = { cost_nanos: 0, requests: 0 };

export function listedUserOf(deps: UserListDeps, user: User, spent: Spent | null = null): Row {
  const { balance, credits, hasWallet, isPrepaid } = deps.administration.balanceOf(user);
  return {
    ...personOf(user),
    is_active: user.isActive,
    has_password: user.hasPassword,
    has_wallet: hasWallet,
    is_prepaid: isPrepaid,
    balance_usd: formatDollars(balance),
    credits,
    keys: keysOf(deps, user),
    last_seen_at: momentOf(user.lastSeenAt),
    spend_usd: spent === null ? null : formatDollars(shown(spent.cost_nanos)),
    requests: spent === null ? null : spent.requests,
  };
}
