import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestEdge } from '../edge-for-tests.ts';
import { labelsFor } from './labels.ts';

test('whoever is shown a list learns the names of their own provider keys, and the keys are looked through once', async (t) => {
  const edge = await openTestEdge();
  t.after(() => edge.close());
  const key = await edge.providerKeys.add({
    ...{
      owner: 'usr_ann',
      platform: 'groq',
      name: "ann's",
      secret: 'gsk-of-the-labels',
      base: null,
    },
    ...{ description: null, purposes: { watch: false, route: true }, thresholdNanos: null },
    ...{ checkIntervalMinutes: null, probe: false, probeModel: null },
  });
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
});
