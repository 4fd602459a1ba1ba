import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesIn, type KeyDraft } from './key-draft.ts';

const BEFORE: KeyDraft = {
  ...{ name: 'spare', description: 'old', threshold: '5', interval: '', base: '', secret: '' },
  ...{ watches: true, routes: false, probes: false, probeModel: '' },
};

const cases: readonly (readonly [what: string, change: Partial<KeyDraft>, sent: object])[] = [
  ['nothing', {}, {}],
  ['a name', { name: 'other' }, { name: 'other' }],
  ['a note taken away', { description: ' ' }, { description: null }],
  ['a threshold taken away', { threshold: '' }, { threshold_usd: null }],
  ['a threshold', { threshold: ' 7.5 ' }, { threshold_usd: '7.5' }],
  ['minutes', { interval: '20' }, { check_interval_minutes: 20 }],
  ['one more purpose', { routes: true }, { purposes: ['watch', 'route'] }],
  ['no purpose, which the server refuses', { watches: false }, { purposes: [] }],
  ['probes', { probes: true }, { probe: true }],
  ['the model of probes', { probeModel: 'tiny ' }, { probe_model: 'tiny' }],
  ['a secret with its address', { secret: 'sk', base: 'x' }, { key: 'sk', base_url: 'x' }],
];

for (const [what, change, sent] of cases) {
  test(`${what} is sent as ${JSON.stringify(sent)}`, () => {
    assert.deepEqual(changesIn(BEFORE, { ...BEFORE, ...change }), sent);
  });
}
