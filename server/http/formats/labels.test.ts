import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestEdge } from '../edge-for-tests.ts';
import { labelsFor, providerKeyNames } from './labels.ts';

test('whoever is shown a list learns the names of their own provider keys, and the keys are looked through once', async (t) => {
  const edge = await openTestEdge();
  t.after(() => edge.close());
  const add = (of: { readonly platform: string; readonly secret: string }) =>
    edge.providerKeys.add({
      ...{ ...of, owner: 'usr_ann', name: "ann's", base: null },
      ...{ description: null, purposes: { watch: false, route: true }, thresholdNanos: null },
      ...{ checkIntervalMinutes: null, probe: false, probeModel: null },
    });
  const key = await add({ platform: 'groq', secret: 'gsk-of-the-labels' });
  let looks = 0;
  const providerKeys = {
    everHeld(scope: Parameters<typeof edge.providerKeys.everHeld>[0]) {
      looks += 1;
      return edge.providerKeys.everHeld(scope);
    },
  };
  const labelsOf = (userId: string) => {
    const labelOf = labelsFor({ ...edge, providerKeys }, { kind: 'member', userId });
    return [key.id, key.id, 'pk_unknown', ''].map((id) => labelOf('provider_key', id));
  };
  assert.deepEqual(labelsOf('usr_ann'), ["ann's", "ann's", 'pk_unknown', 'not sent']);
  assert.deepEqual(labelsOf('usr_ben'), ['Groq', 'Groq', 'pk_unknown', 'not sent']);
  assert.equal(looks, 2);
  await add({ platform: 'mistral', secret: 'another-of-the-labels' });
  assert.equal(labelsOf('usr_ann')[0], "ann's (Groq)", 'two of a name are told apart');
  await add({ platform: 'groq', secret: 'gsk-again-of-the-labels-9876' });
  const masked = edge.providerKeys.find(key.id)?.masked;
  assert.equal(labelsOf('usr_ann')[0], `ann's (${masked})`, 'also where they are of one provider');
  const nameOf = providerKeyNames({ providerKeys }, { kind: 'member', userId: 'usr_ann' });
  assert.deepEqual([key.id, 'pk_unknown', ''].map(nameOf), ["ann's", 'pk_unknown', 'not sent']);
});
