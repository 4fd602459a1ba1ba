import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import { fingerprint, newDataKey, rootKeyFrom, seal, unseal } from './envelope.ts';

const KEY = newDataKey();
const word = fc.option(fc.string({ maxLength: 5, unit: 'binary' }), { nil: null });
const context = fc.array(word, { maxLength: 4 });

test('what was sealed opens in its own context and in no other', () => {
  fc.assert(
    fc.property(fc.uint8Array(), context, context, (plain, mine, other) => {
      const sealed = seal(KEY, plain, mine);
      assert.deepEqual(new Uint8Array(unseal(KEY, sealed, mine)), new Uint8Array(plain));
      fc.pre(JSON.stringify(mine) !== JSON.stringify(other));
      assert.throws(() => unseal(KEY, sealed, other));
      assert.notEqual(fingerprint(KEY, mine), fingerprint(KEY, other));
    }),
  );
});

test('what was sealed opens under no other key', () => {
  assert.throws(() => unseal(newDataKey(), seal(KEY, Buffer.from('text'), []), []));
});

test('the parts of a root key give nothing of each other away, and other bytes are another key', () => {
  const bytes = newDataKey();
  const root = rootKeyFrom(bytes);
  assert.deepEqual(rootKeyFrom(bytes), root);
  assert.ok(!root.wrapping.equals(bytes));
  assert.ok(!root.wrapping.toString('hex').startsWith(root.id.slice(3)));
  assert.notEqual(rootKeyFrom(newDataKey()).id, root.id);
  assert.throws(() => rootKeyFrom(bytes.subarray(1)));
});

const PROCESSES = 4;
/** A million in the long run; the short one would still meet a counter or a seed that repeats. */
const EACH = process.env['LONG'] === '1' ? 250_000 : 10_000;

test('T74 no nonce comes twice, over several processes with one key', {
  timeout: 120_000,
}, async () => {
  const envelope = new URL('./envelope.ts', import.meta.url).href;
  const program = `
    import { seal } from ${JSON.stringify(envelope)};
    const key = Buffer.alloc(32, 7);
    const nonces = [];
    for (let i = 0; i < ${EACH}; i++) nonces.push(seal(key, Buffer.alloc(1), []).slice(0, 16));
    process.stdout.write(nonces.join(''));`;
  const runs = Array.from({ length: PROCESSES }, async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(child, 'close');
    return Buffer.concat(chunks).toString('latin1').match(/.{16}/g) ?? [];
  });
  const nonces = (await Promise.all(runs)).flat();
  assert.equal(nonces.length, PROCESSES * EACH);
  assert.equal(new Set(nonces).size, nonces.length);
});
