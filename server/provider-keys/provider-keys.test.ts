/** What no call of the API shows of the ring of keys: who it lets go of, what it keeps open, and what it forgets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../clock.ts';
import { createOutbound } from '../outbound.ts';
import { openVaultStage } from '../vault/stage-for-tests.ts';
import { createProviderKeys, type NewKey, type ProviderKeys } from './provider-keys.ts';

const TIMES = { connectTimeoutMs: 100, firstByteTimeoutMs: 100, idleTimeoutMs: 100 };

async function openRing() {
  const stage = await openVaultStage();
  const outbound = createOutbound(TIMES);
  const upstream = {
    apiKey: 'sk-env',
    base: 'https://llm.example.com',
    apiVersion: null,
    prices: null,
  };
  const open = (): Promise<ProviderKeys> =>
    createProviderKeys({
      ...{ storage: stage.storage, vault: stage.vault, outbound, clock: systemClock },
      settings: { upstream, keys: [], bases: {}, headers: {}, maxPerOwner: 10 },
    });
  return {
    storage: stage.storage,
    ring: await open(),
    open,
    async [Symbol.asyncDispose]() {
      await outbound.close();
      await stage[Symbol.asyncDispose]();
    },
  };
}

const order = (owner: string | null, secret: string): NewKey => ({
  owner,
  platform: 'groq',
  name: `key of ${owner}`,
  secret,
  description: 'mine',
  base: null,
  purposes: { watch: true, route: true },
  thresholdNanos: null,
  checkIntervalMinutes: null,
  probe: false,
  probeModel: null,
});

test('with an account go its secrets and what its keys were called; those of others stay', async () => {
  await using stage = await openRing();
  const { ring, storage } = stage;
  const [first, second] = [
    await ring.add(order('usr_1', 'gsk-first')),
    await ring.add(order('usr_1', 'gsk-second')),
  ];
  const other = await ring.add(order('usr_2', 'gsk-other'));
  await ring.remove(second.id);
  const removal = ring.removeAllOf('usr_1');
  await storage.commit(removal.writes);
  removal.apply();
  for (const left of [ring, await stage.open()]) {
    assert.deepEqual(left.list('usr_1'), []);
    assert.deepEqual(left.routed('usr_1'), []);
    for (const key of left.everHeld('usr_1')) {
      assert.deepEqual([key.name, key.description, key.masked], ['deleted', null, '...']);
      assert.ok(key.deletedAt !== null);
    }
    assert.throws(() => left.use(first, (secret) => secret), { code: 'not_found' });
    assert.equal(
      left.use(other, (secret) => secret),
      'gsk-other',
    );
  }
});

test('a secret that was stored before is known again, by its owner and while the account is there', async () => {
  await using stage = await openRing();
  const { ring, storage } = stage;
  const old = await ring.add(order('usr_1', 'gsk-same-again'));
  const others = await ring.add(order('usr_2', 'gsk-same-again'));
  await ring.remove(old.id);
  await ring.remove(others.id);
  const anew = await ring.add(order('usr_1', 'gsk-same-again'));
  const different = await ring.add(order('usr_1', 'gsk-different'));
  for (const one of [ring, await stage.open()]) {
    assert.deepEqual(one.formerOf(anew.id), [old.id]);
    assert.deepEqual(one.formerOf(different.id), []);
    assert.deepEqual(one.formerOf('pk_nobody'), []);
  }
  const removal = ring.removeAllOf('usr_1');
  await storage.commit(removal.writes);
  removal.apply();
  const prints = await storage.db
    .selectFrom('provider_keys')
    .select('former_print')
    .where('owner', '=', 'usr_1')
    .execute();
  assert.deepEqual(new Set(prints.map(({ former_print }) => former_print)), new Set([null]));
});

test('a key that was being stored while its owner deleted the account leaves no secret', async () => {
  await using stage = await openRing();
  const { ring, storage } = stage;
  const gone = { id: 'usr_gone', username: 'deleted_gone', created_at: 1, erased_at: 2 };
  const person = { ...gone, role: 'member', is_active: 0, email: null, name: null };
  const row = { ...person, password_hash: null, updated_at: 2, last_seen_at: null };
  await storage.commit([storage.db.insertInto('users').values(row).compile()]);
  const secrets = () => storage.db.selectFrom('secrets').select('row_id').execute();
  const before = await secrets();
  await assert.rejects(ring.add(order('usr_gone', 'gsk-too-late')), { code: 'conflict' });
  assert.deepEqual(ring.everHeld('usr_gone'), []);
  assert.deepEqual(await secrets(), before);
});

test('a key that is deleted, switched to another secret or off is not served with what was open', async () => {
  await using stage = await openRing();
  const { ring } = stage;
  const key = await ring.add(order(null, 'gsk-old'));
  assert.equal(
    ring.use(key, (secret) => secret),
    'gsk-old',
  );
  await ring.change(key.id, { secret: 'gsk-new' });
  assert.equal(
    ring.use(key, (secret) => secret),
    'gsk-new',
  );
  await ring.change(key.id, { isActive: false });
  assert.ok(!ring.routed(null).some(({ id }) => id === key.id));
  await ring.remove(key.id);
  assert.throws(() => ring.use(key, (secret) => secret), { code: 'not_found' });
});

test('changes of one key at once each hold, and the use that is noted meanwhile does too', async () => {
  await using stage = await openRing();
  const key = await stage.ring.add(order(null, 'gsk-key'));
  await Promise.all([
    stage.ring.change(key.id, { name: 'new' }),
    stage.ring.change(key.id, { probe: true }),
    stage.ring.change(key.id, { checkIntervalMinutes: 7 }),
    stage.ring.use(key, async () => undefined),
  ]);
  for (const ring of [stage.ring, await stage.open()]) {
    const now = ring.find(key.id);
    assert.deepEqual([now?.name, now?.probe, now?.checkIntervalMinutes], ['new', true, 7]);
    assert.ok((now?.lastUsedAt ?? 0) >= key.createdAt);
  }
});

test('the named upstream is the default route, then who has all models, then who has paths that name none', async () => {
  await using stage = await openRing();
  const { ring } = stage;
  const groq = await ring.add(order(null, 'gsk-key'));
  const openai = await ring.add({ ...order(null, 'sk-oa-key'), platform: 'openai' });
  const all = await ring.add({ ...order(null, 'sk-or-key'), platform: 'openrouter' });
  assert.deepEqual(
    ring.routed(null).map(({ id }) => id),
    ['env:upstream', all.id, openai.id, groq.id],
  );
  assert.equal(
    ring.use({ id: 'env:upstream' }, (secret) => secret),
    'sk-env',
  );
});

test('a secret that is no longer there is asked nothing with', async () => {
  await using stage = await openRing();
  const { ring } = stage;
  const key = await ring.add(order(null, 'gsk-key'));
  const ask = ring.account(key);
  await ring.remove(key.id);
  await assert.rejects(ask({ method: 'GET', path: '/models' }), { code: 'not_found' });
});

test('a secret that is given while its key is removed is gone with the key, and can be stored anew', async () => {
  await using stage = await openRing();
  const { ring } = stage;
  const { id } = await ring.add(order('usr_1', 'gsk-first'));
  const [changed, removed] = await Promise.allSettled([
    ring.change(id, { secret: 'gsk-second' }),
    ring.remove(id),
  ]);
  assert.equal(removed.status, 'fulfilled');
  assert.equal(changed.status === 'rejected' && changed.reason.code, 'not_found');
  const again = await ring.add(order('usr_1', 'gsk-second'));
  assert.equal(
    ring.use(again, (secret) => secret),
    'gsk-second',
  );
});
