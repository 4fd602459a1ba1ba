/** What bounds a wallet holder's answer where the request does not: the maximum that the provider's list of models names. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { type RecordRow, startTollkeeper, type Tollkeeper } from '../harness.ts';
import { post, recordOf } from './stage.ts';

/** In nano-dollars, under the flat plan. */
const TOKEN = 20_000;

/** What each provider says of its models; the two know the shared ones by limits of their own. */
const LISTS = {
  first: {
    shared: { top_provider: { max_completion_tokens: 10_000, context_length: 128_000 } },
    narrow: { context_length: 1_000, top_provider: { max_completion_tokens: 1_000 } },
    silent: {},
    absurd: { max_completion_tokens: '9000', context_length: -1 },
    small: { max_completion_tokens: 20 },
  },
  second: {
    shared: { max_completion_tokens: 2_000, context_window: 128_000 },
    silent: { max_completion_tokens: 500 },
  },
};

let first: FakeUpstream;
let second: FakeUpstream;
let tollkeeper: Tollkeeper;

before(async () => {
  first = await startFakeUpstream();
  second = await startFakeUpstream();
  listModels();
  tollkeeper = await startTollkeeper({
    settings: {
      OPENROUTER_API_KEY: 'sk-first-of-the-maximum',
      OPENROUTER_API_URL: first.url,
      GROQ_API_KEY: 'sk-second-of-the-maximum',
      GROQ_API_URL: second.url,
    },
  });
});
after(async () => {
  await tollkeeper.close();
  await first.close();
  await second.close();
});
afterEach(() => {
  first.unscript();
  listModels();
});

function listModels(): void {
  for (const [upstream, list] of [
    [first, LISTS.first],
    [second, LISTS.second],
  ] as const) {
    const data = Object.entries(list).map(([id, more]) => ({ id, object: 'model', ...more }));
    const behave = { body: JSON.stringify({ object: 'list', data }) };
    upstream.script({ match: ({ route }) => route === 'models', behave });
  }
}

interface Issued {
  readonly id: string;
  readonly token: string;
}

async function holder(credits: number): Promise<Issued> {
  const body = { label: `holder of ${credits}`, credits };
  return (await tollkeeper.operator('/admin/keys', { body })) as Issued;
}

/** @returns the record, and the bound with which each provider was asked */
async function ask(
  { token }: Issued,
  model: string,
  more: object = {},
): Promise<{ record: RecordRow; bounds: readonly unknown[]; status: number }> {
  const seen = [first, second].map((upstream) => upstream.requests().length);
  const body = { model, messages: [{ role: 'user', content: 'Say hello.' }], ...more };
  const { result, record } = await recordOf(tollkeeper, () =>
    post(`${tollkeeper.url}/v1/chat/completions`, body, { authorization: `Bearer ${token}` }),
  );
  const bounds = [first, second].map((upstream, at) => {
    const asked = upstream.requests().slice(seen[at]);
    return asked.find(({ route }) => route === 'chat')?.json?.['max_tokens'];
  });
  return { record, bounds, status: result.status };
}

/** The prompt as it was estimated, from what was held. */
const promptHeld = (record: RecordRow, bound: number): number =>
  (record.hold_nanos ?? 0) / TOKEN - bound;

describe('a request of a wallet holder that states no bound', () => {
  test('holds the known maximum of its model and sends it along', async () => {
    const { record, bounds } = await ask(await holder(1_000_000), 'shared');
    assert.deepEqual(bounds, [10_000, undefined]);
    const prompt = promptHeld(record, 10_000);
    assert.ok(prompt > 0 && prompt < 50, `${prompt}`);
  });

  test('is lowered to what the wallet still covers, and the hold with it', async () => {
    const { record, bounds } = await ask(await holder(900), 'shared');
    const bound = Number(bounds[0]);
    assert.ok(bound > 800 && bound < 900, `${bound}`);
    assert.ok((record.hold_nanos ?? 0) <= 900 * TOKEN);
  });

  test('is refused where the wallet covers less than the least output', async () => {
    const { status, bounds } = await ask(await holder(60), 'shared');
    assert.deepEqual([status, bounds], [402, [undefined, undefined]]);
  });

  test('is held under a maximum below the least output at that maximum', async () => {
    const { bounds } = await ask(await holder(60), 'small');
    assert.deepEqual(bounds, [20, undefined]);
  });

  test('leaves its prompt room in the window', async () => {
    const { record, bounds } = await ask(await holder(1_000_000), 'narrow');
    const bound = Number(bounds[0]);
    assert.ok(bound > 900 && bound < 1_000, `${bound}`);
    assert.equal(promptHeld(record, bound), 1_000 - bound);
  });

  test('is bounded by the default where nothing, or nothing that can be true, is listed', async () => {
    const rich = await holder(1_000_000);
    assert.deepEqual((await ask(rich, 'absurd')).bounds, [4_096, undefined]);
    assert.deepEqual((await ask(rich, 'silent')).bounds, [4_096, undefined]);
  });

  test('has at a second provider the maximum of that one, and never more than is held', async () => {
    const rich = await holder(1_000_000);
    first.script({ match: ({ route }) => route === 'chat', behave: { status: 500 } });
    const shared = await ask(rich, 'shared');
    assert.deepEqual([shared.bounds, shared.record.attempts], [[10_000, 2_000], 2]);
    assert.ok(promptHeld(shared.record, 10_000) > 0);
    const poor = await ask(await holder(900), 'shared');
    assert.equal(poor.bounds[1], poor.bounds[0]);
    assert.deepEqual((await ask(rich, 'silent')).bounds, [4_096, 500]);
  });

  test('has under a key that is bound to one provider the maximum there', async () => {
    const bound = await holder(1_000_000);
    // Lists are read for whoever has a choice of providers, and this key has none in a moment.
    await ask(bound, 'shared');
    const { data } = (await tollkeeper.operator('/api/keys')) as {
      data: { id: string; platform: string }[];
    };
    const provider_key_id = data.find(({ platform }) => platform === 'groq')?.id;
    const path = `/api/virtual-keys/${bound.id}`;
    await tollkeeper.operator(path, { method: 'PATCH', body: { provider_key_id } });
    const { record, bounds } = await ask(bound, 'shared');
    assert.deepEqual(bounds, [undefined, 2_000]);
    assert.equal(record.provider_key_id, provider_key_id);
  });
});

test('a bound that is stated stays as it is, above the known maximum too', async () => {
  const { record, bounds } = await ask(await holder(1_000_000), 'shared', { max_tokens: 20_000 });
  assert.deepEqual(bounds, [20_000, undefined]);
  assert.ok(promptHeld(record, 20_000) > 0);
});

test('a caller without a wallet sends no bound', async () => {
  const token = await tollkeeper.issueKey();
  assert.deepEqual((await ask({ id: '', token }, 'shared')).bounds, [undefined, undefined]);
});
