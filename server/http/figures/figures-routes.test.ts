import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { nanos } from '../../../contract/money.ts';
import { firstId, newId } from '../../id.ts';
import { NOW, OPERATOR, openTestEdge, type TestEdge } from '../edge-for-tests.ts';

let edge: TestEdge;
let people: Record<'ann' | 'bob', { id: string; bearer: Record<string, string> }>;
const ids: Record<string, string> = {};
const keys: Record<string, string> = {};
/** The provider keys that people put into the vault. */
const provided: Record<string, string> = {};

async function register(email: string) {
  const reply = await edge.http.instance.inject({
    method: 'POST',
    url: '/api/auth/register',
    payload: { email, password: 'correct horse battery staple' },
  });
  const { user, access_token: token } = reply.json();
  return { id: user.id as string, bearer: { authorization: `Bearer ${token}` } };
}

before(async () => {
  edge = await openTestEdge();
  people = { ann: await register('ann@example.com'), bob: await register('bob@example.com') };
  for (const [name, { id: userId, bearer }] of Object.entries(people)) {
    const url = '/api/virtual-keys';
    const issued = await edge.http.instance.inject({
      ...{ method: 'POST', url, headers: bearer, payload: { name: `key of ${name}` } },
    });
    keys[name] = issued.json().id;
    const id = `${firstId('req', NOW)}${newId('req').slice(16)}`;
    ids[name] = id;
    const more = { id, model: `modèle de ${name}`, cost: nanos(name === 'ann' ? 5 : 70) };
    await edge.record({ id: keys[name] ?? '', userId }, more);
  }
});

/** A provider key of each person, and what its provider reported of it. */
async function addReports(): Promise<void> {
  const used = { requests: 1, input_tokens: 1, cached_tokens: null, output_tokens: 1 };
  for (const [name, dollars] of [
    ['ann', 3],
    ['bob', 40],
  ] as const) {
    const payload = { platform: 'openai', name: `provider key of ${name}`, key: `sk-${name}-0123` };
    const added = await edge.http.instance.inject({
      ...{ method: 'POST', url: '/api/keys', headers: people[name].bearer, payload },
    });
    provided[name] = added.json().id;
    await edge.storage.commit([
      edge.storage.db
        .insertInto('provider_usage')
        .values({
          ...used,
          ...{ provider_key_id: provided[name] ?? '', date: '2026-11-19', currency: 'USD' },
          ...{ model: `reported-to-${name}`, reasoning_tokens: null, complete: 1, synced_at: NOW },
          cost_nanos: dollars * 1_000_000_000,
        })
        .compile(),
    ]);
  }
}

after(() => edge.close());

const get = async (url: string, headers: Record<string, string> = OPERATOR) => {
  const reply = await edge.http.instance.inject({ url, headers });
  const isJson = /json\b/.test(String(reply.headers['content-type']));
  return { status: reply.statusCode, body: isJson ? reply.json() : null, text: reply.body };
};

describe('GET /api/figures', () => {
  test('gives all who ask the same at once the same bytes, each whole and with its length', async () => {
    const url = '/api/figures?group=model&start=2026-11-19';
    const alone = await edge.http.instance.inject({ url, headers: OPERATOR });
    const ask = () => edge.http.instance.inject({ url, headers: OPERATOR });
    for (const reply of await Promise.all(Array.from({ length: 20 }, ask))) {
      assert.equal(reply.headers['content-type'], 'application/json; charset=utf-8');
      assert.equal(Number(reply.headers['content-length']), reply.rawPayload.length);
      assert.deepEqual(reply.json(), alone.json());
    }
    assert.ok(alone.body.includes('modèle de ann'));
  });

  test('answers exact decimals, the present bucket marked, with the range before', async () => {
    const { status, body } = await get('/api/figures?group=model&start=2026-11-19');
    assert.equal(status, 200);
    assert.equal(body.data.unit, 'usd');
    assert.deepEqual(
      body.data.series.map((one: Record<string, unknown>) => [one['group'], one['values']]),
      [
        [{ id: 'modèle de bob', label: 'modèle de bob' }, ['0', '0.00000007']],
        [{ id: 'modèle de ann', label: 'modèle de ann' }, ['0', '0.000000005']],
      ],
    );
    assert.deepEqual(
      body.data.buckets.map(({ label, complete }: { label: string; complete: boolean }) => [
        label,
        complete,
      ]),
      [
        ['2026-11-19', true],
        ['2026-11-20', false],
      ],
    );
    assert.equal(body.data.total.value, '0.000000075');
    assert.equal(body.meta.as_of, new Date(NOW).toISOString());
  });

  test('names the rest of the series other', async () => {
    const { body } = await get('/api/figures?group=user&top=1');
    const kinds = body.data.series.map(({ kind }: { kind: string }) => kind);
    assert.deepEqual(kinds, ['group', 'other']);
    assert.equal(body.data.groups_total, 2);
  });

  test('says the same as a file, a row for each bucket of each series', async () => {
    const query = '/api/figures?group=user&subgroup=model&top=1&start=2026-11-19';
    const { data } = (await get(query)).body;
    const rows = (await get(`${query}&format=json`)).body;
    const shown = data.series.flatMap(
      ({ kind, values, ...names }: Record<string, { id: string }> & { values: unknown[] }) =>
        values.map((value, at) => [
          data.buckets[at].label,
          kind,
          names['group']?.id ?? null,
          names['subgroup']?.id ?? null,
          value,
        ]),
    );
    assert.deepEqual(
      rows.map((row: Record<string, unknown>) =>
        ['bucket', 'kind', 'group_id', 'subgroup_id', 'value'].map((name) => row[name]),
      ),
      shown,
    );
    const lines = (await get(`${query}&format=jsonl`)).text.trim().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      rows,
    );
    const csv = (await get('/api/figures?start=2026-11-20&format=csv')).text;
    assert.deepEqual(csv.trim().split('\r\n'), [
      'bucket,kind,group_id,group,subgroup_id,subgroup,metric,unit,value',
      '2026-11-20,total,,,,,spend,usd,0.000000075',
    ]);
  });

  test('adds up what came before, in the answer and in its file', async () => {
    const query = '/api/figures?group=model&start=2026-11-18&end=2026-11-21&cumulative=true';
    const { body } = await get(query);
    const values = ({ values }: { values: unknown[] }) => values;
    assert.deepEqual(body.data.series.map(values), [
      ['0', '0', '0.00000007', '0.00000007'],
      ['0', '0', '0.000000005', '0.000000005'],
    ]);
    assert.deepEqual(body.data.total.values, ['0', '0', '0.000000075', '0.000000075']);
    assert.equal(body.data.series[0].value, '0.00000007');
    const rows = (await get(`${query}&format=json`)).body;
    assert.deepEqual(
      rows.map(({ value }: { value: unknown }) => value),
      body.data.series.flatMap(values),
    );
  });

  test('has weeks and months, and says which of them are not whole', async () => {
    const { body } = await get('/api/figures?start=2026-11-09&end=2026-11-20&bucket=week');
    assert.deepEqual(
      body.data.buckets.map(({ label, complete, whole }: Record<string, unknown>) => [
        ...[label, complete, whole],
      ]),
      [
        ['2026-W46', true, true],
        ['2026-W47', false, false],
      ],
    );
    assert.deepEqual(body.data.total.values, ['0', '0.000000075']);
    const { data } = (await get('/api/figures?source=provider&start=2026-10-01&bucket=month')).body;
    assert.deepEqual(
      data.buckets.map(({ label }: { label: string }) => label),
      ['2026-10', '2026-11'],
    );
  });

  test('speaks of the reports of providers where they are asked for, and only of what they tell', async () => {
    const { body } = await get('/api/figures?source=provider&group=provider_key');
    assert.deepEqual(body.data.series, []);
    assert.equal(body.data.total.value, '0');
    assert.equal(body.meta.as_of, null);
    for (const more of [
      'group=user',
      'metric=errors',
      'bucket=hour',
      'zone=Asia/Tokyo',
      'key_id=vk',
    ])
      assert.equal((await get(`/api/figures?source=provider&${more}`)).status, 422, more);
  });

  test('refuses a subgroup without a group, and a word that is no metric', async () => {
    assert.equal((await get('/api/figures?subgroup=model')).status, 422);
    assert.equal((await get('/api/figures?metric=luck')).status, 422);
    assert.equal((await get('/api/figures?zone=Nowhere')).status, 422);
  });

  test('refuses a range that ends or is compared beyond what can be written, and takes the last before', async () => {
    for (const range of ['end=9999-12-31', 'end=0000-01-31', 'start=0000-01-01&end=0000-01-01']) {
      for (const url of [`/api/figures?${range}`, `/api/overview?${range}`]) {
        assert.equal((await get(url)).status, 422, url);
      }
    }
    for (const range of ['end=9999-12-30', 'start=0000-01-02&end=0000-01-02']) {
      assert.equal((await get(`/api/figures?${range}`)).status, 200, range);
    }
  });
});

test('GET /api/overview answers the cards of the dashboard with their series', async () => {
  const { body } = await get('/api/overview?start=2026-11-20&bucket=hour');
  const cards = body.data.cards as { metric: string; value: unknown; values: unknown[] }[];
  assert.deepEqual(
    cards.map(({ metric, value }) => [metric, value]),
    [
      ['spend', '0.000000075'],
      ['charge', '0'],
      ['requests', 2],
      ['tokens', 24],
      ['error_rate', 0],
      ['ttft_p95', null],
    ],
  );
  assert.equal(cards[0]?.values.length, 24);
});

test('GET /api/requests as a file has every row of the filter, each kind the same', async () => {
  const file = (format: string) =>
    edge.http.instance.inject({ url: `/api/requests?format=${format}`, headers: OPERATOR });
  const csv = await file('csv');
  assert.match(String(csv.headers['content-type']), /^text\/csv/);
  const [header = '', ...lines] = csv.body.trimEnd().split('\r\n');
  assert.deepEqual([header.split(',')[0], lines.length], ['id', 2]);
  const rows: { id: string }[] = (await file('json')).json();
  const texts = (await file('jsonl')).body.trimEnd().split('\n');
  assert.deepEqual(
    rows,
    texts.map((text) => JSON.parse(text)),
  );
  assert.deepEqual(rows.map(({ id }) => id).toSorted(), Object.values(ids).toSorted());
});

describe('two members', () => {
  before(addReports);
  const pages = [
    '/api/figures?group=user',
    '/api/figures?group=model&subgroup=key',
    '/api/overview',
    '/api/requests',
    '/api/requests?format=csv',
    '/reports/data',
  ];
  for (const url of pages) {
    test(`never see each other's rows: ${url}`, async () => {
      const { ann, bob } = people;
      for (const [me, other, name] of [
        [ann, bob, 'bob'],
        [bob, ann, 'ann'],
      ] as const) {
        const { status, text } = await get(url, me.bearer);
        assert.equal(status, 200);
        const mine = me === ann ? 'ann' : 'bob';
        if (url.startsWith('/api/requests')) assert.ok(text.includes(ids[mine] ?? '?'), url);
        for (const foreign of [other.id, keys[name] ?? '', `modèle de ${name}`, ids[name] ?? '']) {
          assert.ok(!text.includes(foreign), `${url} shows ${foreign}`);
        }
      }
    });
  }

  test('see nothing of each other by a filter either', async () => {
    const { ann, bob } = people;
    const { body } = await get(`/api/figures?metric=requests&user_id=${bob.id}`, ann.bearer);
    assert.equal(body.data.total.value, 0);
    const list = await get(`/api/requests?key_id=${keys['bob']}`, ann.bearer);
    assert.deepEqual(list.body.data, []);
  });

  test('find their own request, and of the other’s that there is none', async () => {
    const own = await get(`/api/requests/${ids['ann']}`, people.ann.bearer);
    assert.equal(own.body.model, 'modèle de ann');
    const [foreign, missing] = [
      await get(`/api/requests/${ids['bob']}`, people.ann.bearer),
      await get('/api/requests/req_missing', people.ann.bearer),
    ];
    assert.deepEqual([foreign.status, missing.status], [404, 404]);
    assert.equal(foreign.body.detail, missing.body.detail);
  });

  test('see what providers report of their own keys only', async () => {
    const spend = async (who: 'ann' | 'bob', more = '') => {
      const url = `/api/figures?source=provider&group=provider_key&start=2026-11-19${more}`;
      const { status, body, text } = await get(url, people[who].bearer);
      assert.equal(status, 200, text);
      return {
        total: body.data.total.value as string,
        keys: body.data.series.map(({ group }: { group: { id: string } }) => group.id),
        text,
      };
    };
    for (const [me, other, dollars] of [
      ['ann', 'bob', '3'],
      ['bob', 'ann', '40'],
    ] as const) {
      const own = await spend(me);
      assert.deepEqual([own.total, own.keys], [dollars, [provided[me]]]);
      for (const foreign of [provided[other] ?? '', `provider key of ${other}`]) {
        assert.ok(!own.text.includes(foreign), `${me} sees ${foreign}`);
      }
      const asked = await spend(me, `&provider_key_id=${provided[other]}`);
      assert.deepEqual([asked.total, asked.keys], ['0', []]);
      const model = await spend(me, `&model=reported-to-${other}`);
      assert.deepEqual([model.total, model.keys], ['0', []]);
    }
    const { body } = await get('/api/figures?source=provider&start=2026-11-19');
    assert.equal(body.data.total.value, '43');
  });

  test('read the reports of their own provider keys only as programs, too', async () => {
    const range = 'start=2026-11-19&end=2026-11-20';
    for (const [me, other] of [
      ['ann', 'bob'],
      ['bob', 'ann'],
    ] as const) {
      const read = async (path: string) => (await get(path, people[me].bearer)).text;
      const usage = await read(`/api/v1/usage?${range}`);
      assert.ok(usage.includes(`reported-to-${me}`) && usage.includes(provided[me] ?? '?'));
      const asked = `${range}&key_id=${provided[other]}`;
      const others = [
        ...[`/api/v1/usage?${asked}`, `/api/v1/usage?${range}&format=csv`, `/api/v1/keys`],
        ...[`/api/v1/stats?${range}`, `/api/v1/stats?${asked}`, '/api/keys'],
      ];
      for (const text of [usage, ...(await Promise.all(others.map(read)))]) {
        for (const foreign of [provided[other] ?? '', `key of ${other}`, `reported-to-${other}`]) {
          assert.ok(!text.includes(foreign), `${me} sees ${foreign}: ${text}`);
        }
      }
    }
  });

  test('must be signed in', async () => {
    for (const url of pages) assert.equal((await get(url, {})).status, 401, url);
  });
});
