/** T86 and T65: the caller reads the very bytes of the provider, and no text in them can end or forge an event. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ask, chat, eventsOf, streamedChat } from '../fake-upstream/ask.ts';
import { LONG, openStand, type Stand, seedOf } from './stand.ts';

/**
 * Answers differ in their id alone, and in the `usage: null` that a provider adds to each event because
 * we ask it for the usage of the stream.
 */
function comparable(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replaceAll(/(chatcmpl-|resp_|msg_|cmpl-)[0-9a-z]{15}/g, '$1')
    .replaceAll(',"usage":null', '');
}

const SHAPES = [
  'tokens=9',
  'lineEnd=crlf',
  'lineEnd=cr',
  'comments=true',
  'comments=true lineEnd=crlf',
  'finishTwice=true',
  'text=multi-byte',
  'text=sse',
  'usagePlace=cumulative',
  'usagePlace=with-finish',
  'usagePlace=x-groq',
  'usagePlace=twice',
  'usagePlace=own-chunk-with-choice',
  'tail=no-done',
  'tail=no-blank-line',
  'oddBytes=bom',
  'oddBytes=nul',
  'oddBytes=invalid-utf8',
  'errorAfter=2',
  'tokens=3 reasoningTokens=2',
  'tokens=600 pace=burst',
];

describe('T86 fidelity', { timeout: 180_000 }, () => {
  let stand: Stand;
  before(async () => {
    stand = await openStand();
  });
  after(() => stand[Symbol.asyncDispose]());

  async function assertSame(
    path: string,
    body: Readonly<Record<string, unknown>>,
    what: string,
  ): Promise<void> {
    const direct = await ask(stand.upstream.url, { path, body });
    const relayed = await stand.ask({ path, body });
    assert.equal(comparable(relayed.bytes), comparable(direct.bytes), what);
    assert.equal(relayed.status, direct.status);
    assert.equal(relayed.headers['content-type'], direct.headers['content-type']);
  }

  for (const shape of SHAPES) {
    test(`T86 a stream with ${shape} is relayed byte for byte, asked for its usage or not, however it is cut`, async () => {
      for (const chunking of [
        'chunking=event',
        'chunking=byte tokens=3',
        'chunking=random seed=1',
        'chunking=random seed=2',
      ]) {
        await assertSame(
          '/chat/completions',
          streamedChat(`${shape} ${chunking}`),
          `${chunking}, asked`,
        );
        // A usage chunk that comes unasked cannot be told from the one that we asked for.
        if (shape === 'usagePlace=twice') continue;
        await assertSame(
          '/chat/completions',
          chat(`${shape} ${chunking}`, { stream: true }),
          `${chunking}, not asked`,
        );
      }
    });
  }

  for (const shape of [
    'tokens=9',
    'lineEnd=crlf',
    'text=multi-byte',
    'text=sse',
    'tail=no-blank-line',
  ]) {
    test(`T86 messages and responses with ${shape} are relayed byte for byte, however they are cut`, async () => {
      for (const chunking of [
        'chunking=event',
        'chunking=byte tokens=3',
        'chunking=random seed=3',
      ]) {
        const said = chat(`${shape} ${chunking}`, { stream: true, max_tokens: 100 });
        await assertSame('/messages', said, chunking);
        const input = `Hi [[${shape} ${chunking}]]`;
        await assertSame('/responses', { model: 'gpt-4o-mini', input, stream: true }, chunking);
      }
    });
  }

  test('T86 usage read from a stream does not depend on where it is cut (seed printed)', async () => {
    const seed = seedOf('T86');
    for (let round = 0; round < (LONG ? 2_000 : 40); round++) {
      const shape = SHAPES[(seed + round) % 13];
      const answer = await stand.ask({
        body: chat(`${shape} tokens=7 chunking=random seed=${seed + round}`, { stream: true }),
      });
      const { provenance, output_tokens, cost_nanos, upstream_id } = stand.recordOf(answer);
      assert.deepEqual(
        [provenance, output_tokens],
        ['reported', 7],
        `${shape}, seed ${seed + round}`,
      );
      assert.equal(cost_nanos, stand.upstream.bill.row(upstream_id ?? '')?.costNanos);
    }
  });

  test('T86 the body that the provider gets is what the caller sent, byte for byte', async () => {
    const odd = `{ "model" : "gpt-4o-mini",\r\n"messages":[{"role":"user","content":"\\u00e9 é 👋🏽 \\ud83d"}], "n":1e0, "x":1.0000000000000000001, "__proto__":{"a":1} }`;
    const answer = await stand.ask({ body: odd });
    assert.equal(answer.status, 200);
    assert.equal(stand.upstream.requests().at(-1)?.body.toString(), odd);
  });
});

describe('T65 event injection', { timeout: 180_000 }, () => {
  const NASTY =
    'x\n\ndata: [DONE]\n\nevent: message_stop\rid: 1\u2028retry: 0\r\n\r\ndata: {"usage":{"prompt_tokens":0}}';

  test('T65 text that looks like events neither ends a stream nor states usage', async () => {
    await using stand = await openStand();
    for (const [path, fields] of [
      ['/chat/completions', {}],
      ['/messages', { max_tokens: 50 }],
    ] as const) {
      stand.upstream.script({ behave: { text: NASTY, tokens: 3 } });
      const answer = await stand.ask({ path, body: { ...chat('', { stream: true }), ...fields } });
      stand.upstream.unscript();
      const text = eventsOf(answer.text)
        .map(({ json }) => json?.choices?.[0]?.delta?.content ?? json?.delta?.text ?? '')
        .join('');
      assert.equal(text, NASTY.repeat(3));
      const { provenance, output_tokens, input_tokens } = stand.recordOf(answer);
      assert.deepEqual([provenance, output_tokens], ['reported', 3]);
      assert.ok((input_tokens ?? 0) > 0);
    }
  });

  test('T65 an error of ours in a stream is one event of one line, whatever the provider or the caller wrote', async () => {
    await using stand = await openStand();
    for (const path of ['/chat/completions', '/messages', '/responses']) {
      stand.upstream.script({ behave: { text: NASTY, tokens: 5, cut: 'reset', cutAt: 900 } });
      const prompt =
        path === '/responses' ? { input: NASTY } : { messages: [{ role: 'user', content: NASTY }] };
      const answer = await stand.ask({
        path,
        body: { model: NASTY, max_tokens: 50, stream: true, ...prompt },
      });
      stand.upstream.unscript();
      const events = eventsOf(answer.text);
      assert.match(JSON.stringify(events.at(-1)?.json), /upstream_reset|broke the connection/);
      const lines = answer.text.trimEnd().split(/\r\n|\r|\n/);
      assert.ok(lines.at(-1)?.startsWith('data: {'));
      assert.ok(!lines.includes('data: [DONE]'));
    }
  });

  test('T65 an error message of the provider with line ends stays one event', async () => {
    await using stand = await openStand();
    stand.upstream.script({ behave: { errorAfter: 1, message: NASTY } });
    const answer = await stand.ask({ body: streamedChat('') });
    const last = eventsOf(answer.text).at(-1);
    assert.equal(last?.json.error.message, NASTY);
    assert.equal(stand.recordOf(answer).outcome, 'failed');
  });
});

test('streams go as they came to a provider that states their usage unasked and refuses to be asked', async () => {
  await using stand = await openStand({ provider: 'MISTRAL' });
  const fill = {
    model: 'gpt-4o-mini',
    prompt: 'def [[tokens=4 usagePlace=with-finish]]',
    suffix: ':',
  };
  const bodies = [
    ['/chat/completions', chat('tokens=4 usagePlace=with-finish', { stream: true })],
    ['/fim/completions', { ...fill, stream: true }],
    ['/fim/completions', fill],
  ] as const;
  for (const [path, body] of bodies) {
    const record = stand.recordOf(await stand.ask({ path, body }));
    const seen = stand.upstream.requests().at(-1);
    assert.equal(seen?.body.toString(), JSON.stringify(body));
    assert.deepEqual([record.provenance, record.output_tokens], ['reported', 4]);
  }
});
