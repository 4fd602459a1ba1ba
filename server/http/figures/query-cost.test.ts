/** What a reader can ask costs what one page costs, whatever they write into the address. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../clock.ts';
import { NOW, OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';
import { cursorOf } from '../formats/cursor.ts';
import { register, speakTo } from '../people/people-for-tests.ts';

/** The time that the database gives to a question that somebody waits for. */
const QUESTION_MS = 2_000;

let edge: TestEdge;
/** Every question takes the database too long. */
let isSlow = false;

before(async () => {
  edge = await openTestEdge({
    clock: {
      now: () => NOW,
      after(delayMs, run) {
        if (!isSlow || delayMs !== QUESTION_MS) return systemClock.after(delayMs, run);
        queueMicrotask(run);
        return () => undefined;
      },
    },
  });
  const { post } = speakTo(edge);
  for (const name of ['plain', 'a%b', 'a_b', 'a\\b', "a'b"]) {
    await post('/api/virtual-keys', { name, username: 'holder' }, OPERATOR);
  }
  await register(edge);
});
after(() => edge.close());

const ask = (url: string) => speakTo(edge).get(url, OPERATOR);
const query = (path: string, fields: Record<string, string>) =>
  ask(`${path}?${new URLSearchParams(fields)}`);

/** The lists that are searched by words. */
const SEARCHED = ['/api/virtual-keys', '/api/users', '/api/requests', '/api/keys'];

describe('T59: a search', () => {
  test('takes every sign for itself', async () => {
    const names = async (q: string) => {
      const { data } = (await query('/api/virtual-keys', { q })).json();
      return data.map(({ name }: { name: string }) => name);
    };
    assert.deepEqual(await names('%'), ['a%b']);
    assert.deepEqual(await names('a_b'), ['a_b']);
    assert.deepEqual(await names('%_%'), []);
    assert.deepEqual(await names('\\'), ['a\\b']);
    assert.deepEqual(await names("'"), ["a'b"]);
    assert.equal((await names('a')).length, 5);
    for (const path of SEARCHED.slice(1)) {
      for (const q of ['%', '_%', '%'.repeat(100), "' or 1=1 --", '*']) {
        const reply = await query(path, { q });
        assert.equal(reply.statusCode, 200, `${path} ${q}`);
        assert.deepEqual(reply.json().data, [], `${path} ${q}`);
      }
    }
  });

  test('of more than a hundred characters is refused', async () => {
    for (const path of SEARCHED) {
      assert.equal((await query(path, { q: '%'.repeat(101) })).statusCode, 422, path);
      assert.equal((await query(path, { q: '%a'.repeat(2_000) })).statusCode, 422, path);
    }
  });
});

describe('T59: a list', () => {
  const PAGED = ['/api/virtual-keys', '/api/users', '/api/requests', '/api/v1/usage', '/data'];

  test('has no page but the first and the one after another', async () => {
    for (const path of [...PAGED, '/api/audit']) {
      for (const far of [{ page: '1000000000' }, { offset: '1000000000' }]) {
        assert.equal((await query(path, far)).statusCode, 422, path);
      }
      const largest = ['1001', '1000000000', '-1', '0', '1e9', 'x'];
      for (const limit of largest) {
        assert.equal((await query(path, { limit })).statusCode, 422, `${path} ${limit}`);
      }
    }
  });

  test('takes no cursor that is none of its own', async () => {
    const foreign = [
      ...['x', '%', '9'.repeat(150), Buffer.from('{}').toString('base64url')],
      ...[cursorOf(...Array(9).fill('a')), Buffer.from('[1e999]').toString('base64url')],
    ];
    for (const path of PAGED) {
      for (const cursor of foreign) {
        assert.equal((await query(path, { cursor })).statusCode, 422, `${path} ${cursor}`);
      }
    }
  });

  test('is put in order by what it offers and by nothing else', async () => {
    const hostile = ['password_hash', 'id; drop table users', '1', 'name desc', '(select 1)', ''];
    for (const path of ['/api/users', '/api/keys']) {
      for (const sort of [...hostile, ...hostile.map((one) => `-${one}`)]) {
        assert.equal((await query(path, { sort })).statusCode, 422, `${path} ${sort}`);
      }
    }
  });

  test('over a range that is too wide is refused', async () => {
    const wide = { start: '0001-01-01', end: '9999-12-31' };
    const ranged = [
      ...['/api/figures', '/api/overview', '/api/requests', '/api/balances/course'],
      ...['/reports/data', '/api/v1/stats', '/api/v1/usage'],
    ];
    for (const path of ranged) {
      assert.equal((await query(path, wide)).statusCode, 422, path);
    }
    const hourly = { start: '2026-01-01', end: '2026-11-20', bucket: 'hour' };
    assert.equal((await query('/api/figures', hourly)).statusCode, 422);
  });
});

test('T59: a question that takes the database too long is given up in words, and the next one is answered', async () => {
  const paths = [
    '/api/figures',
    '/api/overview',
    '/api/requests',
    '/api/v1/stats',
    '/reports/data',
  ];
  const slowly = async (path: string) => {
    isSlow = true;
    try {
      return await query(path, { model: `never asked ${path}` });
    } finally {
      isSlow = false;
    }
  };
  for (const path of paths) {
    const reply = await (path === '/reports/data' ? slowReport() : slowly(path));
    assert.equal(reply.statusCode, 503, path);
    assert.equal(reply.json().code, 'storage_unavailable');
    assert.match(reply.json().detail, /takes the database too long/);
    assert.equal((await ask(path)).statusCode, 200, path);
  }

  async function slowReport() {
    isSlow = true;
    try {
      return await ask('/reports/data?start=2026-10-01&end=2026-10-02');
    } finally {
      isSlow = false;
    }
  }
});
