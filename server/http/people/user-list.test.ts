import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userListQuery } from '../../../contract/api/people-api.ts';
import { nanos } from '../../../contract/money.ts';
import type { User } from '../../accounts/accounts.ts';
import { listUsers, type UserListDeps, userFile } from './user-list.ts';

const USERS = Array.from({ length: 1_200 }, (_, at): User => {
  const number = String(at).padStart(4, '0');
  return {
    ...{ id: `usr_${number}`, username: `name ${number}`, email: null, name: null, role: 'member' },
    ...{ isActive: true, hasPassword: false, createdAt: at, lastSeenAt: null, erasedAt: null },
  };
});

/** So many users, and of whom the books were asked. */
function stage(): { deps: UserListDeps; asked: string[] } {
  const asked: string[] = [];
  const money = { key: null, balance: nanos(0), credits: 0, hasWallet: false, isPrepaid: false };
  const deps = {
    accounts: { people: { all: () => USERS }, keys: { ofUser: () => [] } },
    administration: {
      balanceOf(user: User) {
        asked.push(user.id);
        return { user, ...money };
      },
    },
  };
  return { deps: deps as unknown as UserListDeps, asked };
}

test('a page asks the books about the users that it shows, however many there are', async () => {
  const { deps, asked } = stage();
  const query = userListQuery.parse({ sort: '-name', limit: 3 });
  const { data, pagination } = await listUsers(deps, query);
  assert.deepEqual(
    data.map(({ username }) => username),
    ['name 1199', 'name 1198', 'name 1197'],
  );
  assert.deepEqual([pagination.has_more, asked.length], [true, 3]);
});

test('a file is made in portions, and between them others have their turns', async () => {
  const { deps, asked } = stage();
  const { pages } = await userFile(deps, userListQuery.parse({ format: 'csv' }));
  const seen: number[] = [];
  const look = (): void => {
    seen.push(asked.length);
    if (asked.length < USERS.length) setImmediate(look);
  };
  look();
  const lengths: number[] = [];
  for await (const rows of pages) lengths.push(rows.length);
  assert.deepEqual(lengths, [500, 500, 200]);
  assert.deepEqual(seen, [0, 500, 1_000, 1_200]);
});
