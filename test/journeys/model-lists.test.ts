/** The lists of models, when a provider does not answer for one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, systemClock } from '../../server/clock.ts';
import { startFakeUpstream } from '../fake-upstream.ts';
import { startTollkeeper } from '../harness.ts';
import { call, openaiSettings, post } from './stage.ts';

/** What may be waited for when somebody looks at a page. */
const PATIENCE_MS = 10_000;
/** Lists are out of date by then. */
const HOUR_MS = 3_600_000;

/** Runs as time does, but for what is due in just that long: that waits to be told. */
class PatientClock implements Clock {
  readonly waiting = new Set<() => void>();
  readonly now = systemClock.now;
  readonly every = systemClock.every;
  skippedMs = 0;

  elapsed(): number {
    return systemClock.elapsed() + this.skippedMs;
  }

  after(delayMs: number, run: () => void): () => void {
    if (delayMs !== PATIENCE_MS) return systemClock.after(delayMs, run);
    this.waiting.add(run);
    return () => this.waiting.delete(run);
  }
}

test('a provider that never answers keeps nobody waiting, and its last list stays', async (t) => {
  const upstream = await startFakeUpstream();
  t.after(() => upstream.close());
  const clock = new PatientClock();
  await using tollkeeper = await startTollkeeper({ settings: openaiSettings(upstream), clock });
  const models = () => call(`${tollkeeper.url}/models/simple`);
  const before = await models();
  assert.ok((before.body['models'] as unknown[]).length > 0);
  assert.equal(clock.waiting.size, 0);

  const asked = Promise.withResolvers<void>();
  upstream.script({
    match: ({ route }) => route === 'models',
    behave: () => {
      asked.resolve();
      return { fault: 'never-answers' };
    },
  });
  clock.skippedMs = HOUR_MS;
  const waiting = models();
  await asked.promise;
  assert.equal(clock.waiting.size, 1);
  for (const run of clock.waiting) run();
  assert.deepEqual((await waiting).body, before.body);
  // It is not asked again with every call.
  assert.deepEqual((await models()).body, before.body);
});

test('a model is found by its name and by the one that its vendor lists, and the whole list is read', async (t) => {
  const upstreams = await Promise.all([1, 2].map(() => startFakeUpstream()));
  t.after(() => Promise.all(upstreams.map((upstream) => upstream.close())));
  const [google, anthropic] = upstreams;
  assert.ok(google !== undefined && anthropic !== undefined);
  for (const [upstream, id] of [
    [google, 'models/gemini-2.5-flash'],
    [anthropic, 'claude-haiku-4-5'],
  ] as const) {
    const behave = { body: JSON.stringify({ object: 'list', data: [{ id, object: 'model' }] }) };
    upstream.script({ match: ({ route }) => route === 'models', behave });
  }
  // The default route comes first, so that what is not found would go there.
  const settings = {
    ANTHROPIC_API_KEY: 'sk-ant-of-the-lists',
    ANTHROPIC_API_URL: anthropic.url,
    GEMINI_API_KEY: 'sk-gem-of-the-lists',
    GEMINI_API_URL: google.url,
  };
  await using tollkeeper = await startTollkeeper({ settings });
  const token = await tollkeeper.issueKey();
  const headers = { authorization: `Bearer ${token}` };
  for (const model of ['gemini-2.5-flash', 'models/gemini-2.5-flash']) {
    const body = { model, messages: [{ role: 'user', content: 'Say hello.' }] };
    assert.equal((await post(`${tollkeeper.url}/v1/chat/completions`, body, headers)).status, 200);
  }
  const asked = (upstream: typeof google, route: string) =>
    upstream.requests().filter((request) => request.route === route);
  assert.deepEqual(
    asked(google, 'chat').map(({ model }) => model),
    ['gemini-2.5-flash', 'models/gemini-2.5-flash'],
  );
  const { body } = await call(`${tollkeeper.url}/v1/models`, { headers });
  const listed = (body['data'] as { id: string }[]).map(({ id }) => id);
  assert.deepEqual(listed.sort(), ['claude-haiku-4-5', 'gemini-2.5-flash']);
  assert.match(asked(anthropic, 'models')[0]?.url ?? '', /limit=1000/);
});
