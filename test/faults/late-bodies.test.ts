/** T44: what became of a key while the body of a request was on its way. Nothing is sent that the key may not do by now. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { KeyRules, VirtualKey } from '../../server/accounts/accounts.ts';
import { chat } from '../fake-upstream/ask.ts';
import { openStand, rawHead, type Stand } from './stand.ts';

let stand: Stand;
let token: string;
let key: VirtualKey;

before(async () => {
  stand = await openStand();
});
after(() => stand[Symbol.asyncDispose]());
let keys = 0;
beforeEach(async () => {
  keys += 1;
  token = await stand.product.issueKey(`caller ${keys}`);
  key = keyOf(token);
});

function keyOf(secret: string): VirtualKey {
  const found = stand.product.rooms.accounts.keys.find(secret);
  assert.ok(found !== null);
  return found;
}

/** Sends a body when the server has read the head and `meanwhile` is over. */
async function lateBody(meanwhile: () => Promise<unknown>): Promise<{ status: number }> {
  const { hostname, port } = new URL(stand.product.url);
  const socket = connect(Number(port), hostname);
  const body = JSON.stringify(chat(''));
  const lines = [`content-length: ${body.length}`, 'expect: 100-continue'];
  socket.write(rawHead('POST /v1/chat/completions', token, lines));
  const [goOn] = (await once(socket, 'data')) as [Buffer];
  assert.match(goOn.toString(), /^HTTP\/1\.1 100 /);
  await meanwhile();
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(body);
  await once(socket, 'close');
  const text = Buffer.concat(chunks).toString();
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]) };
}

async function ruled(rules: Partial<KeyRules>): Promise<void> {
  const { accounts, storage } = stand.product.rooms;
  const { write, apply } = accounts.keys.change(key, rules);
  await storage.commit([write]);
  apply();
}

const cases = [
  ['was revoked', () => stand.product.rooms.accounts.keys.revoke(key.id), 401],
  ['was switched off', () => ruled({ isDisabled: true }), 401],
  ['got another secret', () => stand.product.rooms.accounts.keys.rotate(key, 0), 401],
  ['lost the model', () => ruled({ models: ['claude-*'] }), 403],
  [
    'belongs to somebody who was switched off',
    async () => {
      const { people, members } = stand.product.rooms.accounts;
      const user = people.find(key.userId);
      assert.ok(user !== null);
      await members.change(user, { isActive: false });
    },
    401,
  ],
] as const;

describe('a request whose body comes late', { timeout: 30_000 }, () => {
  for (const [title, meanwhile, status] of cases) {
    test(`is refused, and on record, if its key ${title} meanwhile`, async () => {
      const sent = stand.upstream.requests().length;
      const answer = await lateBody(meanwhile);
      assert.equal(answer.status, status);
      assert.equal(stand.upstream.requests().length, sent);
      const [record, ...others] = stand.product
        .records()
        .filter((row) => row.user_id === key.userId);
      assert.deepEqual([record?.outcome, record?.status, others.length], ['refused', status, 0]);
    });
  }

  test('is served if its key got another secret and the old one still works', async () => {
    const answer = await lateBody(() => stand.product.rooms.accounts.keys.rotate(key, 60_000));
    assert.equal(answer.status, 200);
  });
});
