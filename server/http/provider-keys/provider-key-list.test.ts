import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { providerKeysQuery } from '../../../contract/api/provider-keys-api.ts';
import { NOTHING_KNOWN } from '../../monitoring/monitoring.ts';
import { textOf } from '../formats/export.ts';
import { chosenKeys, keyFile } from './provider-key-list.ts';
import { keyReply } from './provider-key-replies.ts';

type Row = ReturnType<typeof keyReply>;

const BLANK = keyReply(
  {
    ...{ id: 'pk_0', owner: null, platform: 'openrouter', name: 'zero', description: null },
    ...{ masked: 'sk-...0', keyKind: null, purposes: { watch: true, route: false } },
    ...{
      source: 'stored',
      base: null,
      isActive: true,
      probe: false,
      probeModel: null,
      anchor: null,
    },
    ...{ thresholdNanos: null, checkIntervalMinutes: null, createdAt: 0 },
    ...{ lastUsedAt: null, deletedAt: null, formerPrint: null },
  },
  NOTHING_KNOWN,
);

const KEYS: readonly Row[] = [
  { ...BLANK, id: 'pk_1', name: 'Beta', balance: 3, status: 'healthy' },
  { ...BLANK, id: 'pk_2', name: 'alpha', balance: null, status: 'invalid', platform: 'openai' },
  { ...BLANK, id: 'pk_3', name: '=gamma', balance: -1, status: 'low', is_active: false },
];

const ids = (query: object): string =>
  chosenKeys(KEYS, providerKeysQuery.parse(query))
    .map(({ id }) => id.slice(-1))
    .join('');

describe('the list of provider keys', () => {
  const cases: readonly (readonly [object, string])[] = [
    [{}, '123'],
    [{ sort: 'name' }, '321'],
    [{ sort: '-name' }, '123'],
    [{ sort: 'status' }, '231'],
    // What is not known is neither the smallest nor the largest.
    [{ sort: 'balance' }, '312'],
    [{ sort: '-balance' }, '132'],
    [{ q: 'ALPHA' }, '2'],
    [{ q: 'pk_3' }, '3'],
    [{ q: 'openai' }, '2'],
    [{ platform: 'openrouter', active: 'true' }, '1'],
    [{ active: 'false' }, '3'],
    [{ status: 'low' }, '3'],
    [{ purpose: 'route' }, ''],
  ];
  for (const [query, expected] of cases) {
    test(`${JSON.stringify(query)} gives ${expected === '' ? 'none' : expected}`, () => {
      assert.equal(ids(query), expected);
    });
  }

  test('is the same as a file, in which no name runs as a formula', async () => {
    const file = keyFile(chosenKeys(KEYS, { sort: 'balance' }));
    const text = (await Array.fromAsync(textOf('csv', file.columns, file.pages))).join('');
    const lines = text.trimEnd().split('\r\n');
    assert.equal(lines.length, 4);
    assert.match(lines[1] ?? '', /^pk_3,openrouter,'=gamma,/);
    const json = await Array.fromAsync(textOf('json', file.columns, keyFile(KEYS).pages));
    assert.deepEqual(
      (JSON.parse(json.join('')) as { id: string }[]).map(({ id }) => id),
      KEYS.map(({ id }) => id),
    );
  });
});
