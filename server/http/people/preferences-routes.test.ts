import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openTestEdge, type TestEdge } from '../edge-for-tests.ts';
import { type Person, register, speakTo } from './people-for-tests.ts';

let edge: TestEdge;
before(async () => {
  edge = await openTestEdge();
});
after(() => edge.close());

const NOTHING = {
  theme: null,
  language: null,
  zone: null,
  period: null,
  shortcuts: null,
  pages: {},
};

const read = async (who: Person) =>
  (await speakTo(edge).get('/api/preferences', who.cookie)).json();
const write = (who: Person, body: object) =>
  edge.http.instance.inject({
    method: 'PUT',
    url: '/api/preferences',
    headers: who.cookie,
    payload: body,
  });

test('whoever never chose anything has chosen nothing', async () => {
  assert.deepEqual(await read(await register(edge)), NOTHING);
});

test('preferences follow their person from one device to the next, and nobody else', async () => {
  const [ann, ben] = [await register(edge), await register(edge)];
  const pages = {
    '/requests': { views: [{ name: 'Errors', search: 'outcome=failed' }], default_view: 'Errors' },
  };
  const chosen = { ...NOTHING, theme: 'dark', zone: 'Europe/Rome', shortcuts: false, pages };
  assert.equal((await write(ann, { ...NOTHING, language: 'it' })).statusCode, 200);
  assert.deepEqual((await write(ann, chosen)).json(), chosen);
  assert.deepEqual(await read({ ...ann, cookie: ann.jwt as never }), chosen);
  assert.deepEqual(await read(ben), NOTHING);
});

test('what is no preference, or too much of it, is refused and changes nothing', async () => {
  const person = await register(edge);
  const page = (views: object[]) => ({ '/requests': { views, default_view: null } });
  const view = (name: string, search = '') => ({ name, search });
  const wide = Object.fromEntries(
    Array.from({ length: 40 }, (_, n) => [
      `/page-${n}`,
      { views: [view('wide', 'x'.repeat(1000))], default_view: null },
    ]),
  );
  const wrong: object[] = [
    { theme: 'pink' },
    { language: 'xx' },
    { zone: 'Mars/Olympus' },
    { period: '3d' },
    { secret: 'of somebody' },
    { pages: { 'javascript:alert(1)': { views: [], default_view: null } } },
    { pages: page([view('twice'), view('twice')]) },
    { pages: page([view('')]) },
    { pages: page([view('long', 'x'.repeat(1001))]) },
    { pages: page(Array.from({ length: 31 }, (_, n) => view(`view ${n}`))) },
    { pages: wide },
  ];
  for (const change of wrong) {
    const reply = await write(person, { ...NOTHING, ...change });
    assert.equal(reply.statusCode, 422, JSON.stringify(change).slice(0, 200));
  }
  assert.deepEqual(await read(person), NOTHING);
});

test('what an older version stored, and this one does not understand, counts as not chosen', async () => {
  const person = await register(edge);
  await edge.accounts.preferences.write(person.id, { theme: 'sepia' });
  assert.deepEqual(await read(person), NOTHING);
});
