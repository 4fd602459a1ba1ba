/** What calls answer while the database fails is what their description says that they may. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { KyselyPlugin } from 'kysely';
import { ALL_CALLS } from '../../../contract/api/api.ts';
import type { Call } from '../../../contract/api/call.ts';
import { Failure } from '../../failure.ts';
import type { Storage } from '../../storage/storage.ts';
import { ACCESS, make, type Thing } from '../access-table-for-tests.ts';
import { routerPath } from '../answering.ts';
import { OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';
import { type Headers, type Person, register } from '../people/people-for-tests.ts';

let isFailing = false;

function failing(disk: Storage): Storage {
  const refuse = () => {
    if (isFailing) throw new Failure('storage_unavailable');
  };
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      refuse();
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  return {
    ...disk,
    db: disk.db.withPlugin(plugin),
    questions: disk.questions.withPlugin(plugin),
    async commit(...commit) {
      refuse();
      await disk.commit(...commit);
    },
  };
}

let edge: TestEdge;
let ann: Person;
/** The credentials that open most. */
let callers: { readonly operator: Headers; readonly person: Headers; readonly key: Headers };
/** An id of each kind of thing, all of them of one person. */
let things: ReadonlyMap<string, string>;

before(async () => {
  edge = await openTestEdge({ disk: failing, settings: { selfServiceKeys: true } });
  ann = await register(edge);
  const kinds: Thing[] = [
    'wallet',
    'virtual key',
    'provider key',
    'API token',
    'session',
    'request',
  ];
  const made = new Map<string, string>();
  for (const kind of kinds) made.set(kind, await make(edge, kind, ann));
  things = made;
  const { token } = await edge.accounts.keys.issue({
    ...{ label: 'holder', note: null, origin: 'operator', allowUnmetered: true },
  });
  const key = { authorization: `Bearer ${token}` };
  callers = { operator: OPERATOR, person: ann.cookie, key };
});
after(async () => {
  isFailing = false;
  await edge.close();
});

/** What the last parameter of a path names where the table of access does not say it. */
const NAMED: Readonly<Record<string, string>> = {
  'PATCH /api/wallets/{user_id}': 'wallet',
  'POST /api/users/{id}/reset-link': 'wallet',
  'DELETE /api/users/{id}': 'wallet',
  'DELETE /keys/{id}': 'provider key',
  'POST /keys/{id}/probe': 'provider key',
};

function urlOf({ method, path }: Call): string {
  const row = ACCESS[`${method} ${routerPath(path)}`];
  const thing = typeof row === 'object' ? row.of : (NAMED[`${method} ${path}`] ?? 'virtual key');
  const id = path.endsWith('{username}') ? 'holder' : (things.get(thing) ?? assert.fail());
  return path.replace(/\{\w+\}/, id);
}

function credentialFor({ who }: Call): Headers {
  if (who === 'signed in') return callers.person;
  return who === 'key holder' ? callers.key : callers.operator;
}

function bodyOf({ method, path, request }: Call): object | null {
  const row = ACCESS[`${method} ${routerPath(path)}`];
  const given = typeof row === 'object' ? row.body : undefined;
  return given ?? (request === undefined ? null : {});
}

/** Sessions ending and the like are tried last, so that the credentials of the others are good. */
const calls = ALL_CALLS.filter(({ path }) => !path.startsWith('/v1/') && path !== '/docs').sort(
  (one, other) => Number(one.method !== 'GET') - Number(other.method !== 'GET'),
);

test('every call says that the database may fail it, if it may', async () => {
  const document = (await edge.http.instance.inject({ url: '/openapi.json' })).json();
  isFailing = true;
  const failed: string[] = [];
  for (const call of calls) {
    const { method, path } = call;
    const payload = bodyOf(call);
    const reply = await edge.http.instance.inject({
      ...{ method, url: urlOf(call), headers: credentialFor(call) },
      ...(payload !== null && { payload }),
    });
    if (reply.statusCode < 500) continue;
    const { code } = reply.json();
    failed.push(`${method} ${path}`);
    const { responses } = document.paths[path][method.toLowerCase()];
    const told = String(responses[reply.statusCode]?.description);
    assert.equal(code, 'storage_unavailable', `${method} ${path}: ${reply.body}`);
    assert.ok(told.includes(`\`${code}\``), `${method} ${path} is not said to answer ${code}`);
  }
  assert.ok(failed.length > 30, failed.join(', '));
});
