/**
 * What every provider must keep, and the answers in its fixture folder that it must read.
 *
 * The folder `test/fixtures/<id>/` holds recorded-looking answers (`.json`) and streams (`.sse`).
 * Its `reads.json` says for each of them which usage they state; `usage-odd.json` lists bodies that
 * are wrong or unusual, each with the usage that is to be read from it.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { ReportedUsage, TokenUsage } from '../../contract/usage.ts';
import { UNKNOWN_USAGE } from '../../contract/usage.ts';
import { accountContract } from './account.contract.ts';
import type { Dialect, JsonObject, Provider, Wire } from './provider.ts';

const FIXTURES = new URL('../../test/fixtures/', import.meta.url);
const REQUIRED = ['chat.json', 'chat-stream.sse', 'error.json', 'reads.json', 'usage-odd.json'];
const CREDENTIAL_HEADERS = ['authorization', 'x-api-key', 'api-key'];
const WIRES = Object.keys({
  chat: 0,
  completions: 0,
  responses: 0,
  messages: 0,
  embeddings: 0,
  images: 0,
  audio: 0,
  rerank: 0,
  moderations: 0,
} satisfies Record<Wire, 0>) as Wire[];

/** The usage that an answer states; what is left out is not stated. */
interface ExpectedUsage {
  readonly tokens: Partial<TokenUsage>;
  readonly cost?: number;
  readonly units?: Record<string, number>;
  readonly flawed?: boolean;
}

interface Expected {
  readonly wire: Wire;
  readonly usage: ExpectedUsage | null;
}

interface OddCase extends Expected {
  readonly why: string;
  readonly body: JsonObject;
}

/** Runs the whole suite over one provider and its fixture folder. */
export function providerContract(provider: Provider): void {
  describe(`provider ${provider.id}`, () => {
    testIdentity(provider);
    testCredentials(provider);
    testFixtures(provider);
    testAnyJson(provider);
    testSplitUsage(provider);
    accountContract(provider);
  });
}

function testIdentity({ id, name, base, dialects }: Provider): void {
  test('its id can name an environment variable', () => {
    assert.match(id, /^[a-z][a-z0-9]*$/);
    assert.notEqual(name, '');
    assert.ok(dialects.length > 0);
  });

  test('its base is an absolute http address without a slash, query or credential at the end', () => {
    const url = new URL(base);
    assert.match(url.protocol, /^https?:$/);
    assert.equal(base, `${url.origin}${url.pathname}`);
    assert.ok(!base.endsWith('/'));
  });
}

function testCredentials({ routing, dialects }: Provider): void {
  const secret = 'sk-canary-0123456789';
  for (const dialect of ['openai', 'anthropic'] satisfies Dialect[]) {
    if (!dialects.includes(dialect)) continue;

    test(`the secret stands in credential headers only (${dialect})`, () => {
      const headers = routing.authorize(secret, dialect);
      assert.ok(Object.keys(headers).length > 0);
      for (const [header, value] of Object.entries(headers)) {
        assert.ok(CREDENTIAL_HEADERS.includes(header), header);
        assert.ok(value === secret || value === `Bearer ${secret}`);
      }
      assert.ok(!JSON.stringify(routing.defaultHeaders ?? {}).includes(secret));
    });

    test(`an empty secret gives no headers (${dialect})`, () => {
      assert.deepEqual(routing.authorize('', dialect), {});
    });
  }
}

function testFixtures({ id, routing }: Provider): void {
  const folder = new URL(`${id}/`, FIXTURES);
  const files = readdirSync(folder);
  const reads = readJson(folder, 'reads.json') as Record<string, Expected>;

  test('its fixture folder is complete, and every answer in it has its reading', () => {
    for (const file of REQUIRED) assert.ok(files.includes(file), file);
    const others = ['reads.json', 'usage-odd.json', 'account'];
    const answers = files.filter((file) => !others.includes(file));
    assert.deepEqual(answers.sort(), Object.keys(reads).sort());
  });

  for (const [file, { wire, usage }] of Object.entries(reads)) {
    test(`${file} states exactly its usage`, () => {
      const events = file.endsWith('.sse') ? readEvents(folder, file) : [readJson(folder, file)];
      assert.ok(events.length > 0);
      let stated: ReportedUsage | null = null;
      for (const event of events) {
        stated = laidOver(stated, routing.readUsage(wire, event as JsonObject, stated));
      }
      assert.deepEqual(stated, whole(usage));
    });
  }

  for (const { why, wire, body, usage } of readJson(folder, 'usage-odd.json') as OddCase[]) {
    test(`T24: ${why}`, () => {
      assert.deepEqual(routing.readUsage(wire, body), whole(usage));
    });
  }
}

function testAnyJson({ routing }: Provider): void {
  const wire = fc.constantFrom(...WIRES);

  test('T24, T60: no JSON makes it throw or give a number that cannot be true', () => {
    const body = fc.oneof(fc.jsonValue(), usageLikeBody());
    const property = fc.property(wire, body, body, (on, first, second) => {
      const before = routing.readUsage(on, first as JsonObject);
      assertSound(before);
      assertSound(routing.readUsage(on, second as JsonObject, before));
    });
    fc.assert(property, { numRuns: 500 });
  });

  test('an error in the shape of the dialect states no usage', () => {
    for (const on of WIRES) {
      assert.equal(routing.readUsage(on, { error: { message: 'no', type: 'x' } }), null);
    }
  });
}

function testSplitUsage({ routing }: Provider): void {
  const counts = fc.record({
    fresh: fc.nat(100_000),
    cached: fc.nat(100_000),
    written5m: fc.nat(1000),
    written1h: fc.nat(1000),
    visible: fc.nat(10_000),
    thought: fc.nat(10_000),
  });

  test('usage split over two events, laid over each other, is the usage of the whole', () => {
    const property = fc.property(counts, ({ fresh, cached, visible, thought }) => {
      const input = {
        prompt_tokens: fresh + cached,
        prompt_tokens_details: { cached_tokens: cached },
      };
      const output = {
        completion_tokens: visible + thought,
        completion_tokens_details: { reasoning_tokens: thought },
      };
      const first = routing.readUsage('chat', { usage: input });
      const second = routing.readUsage('chat', { usage: output }, first);
      const once = routing.readUsage('chat', { usage: { ...input, ...output } });
      assert.deepEqual(laidOver(first, second), once);
    });
    fc.assert(property);
  });

  test('the start and the delta of a message, laid over each other, are the usage of the whole', () => {
    const property = fc.property(counts, ({ fresh, cached, written5m, written1h, visible }) => {
      const restated = {
        input_tokens: fresh,
        cache_read_input_tokens: cached,
        cache_creation_input_tokens: written5m + written1h,
      };
      const cache_creation = {
        ephemeral_5m_input_tokens: written5m,
        ephemeral_1h_input_tokens: written1h,
      };
      const output = { output_tokens: visible };
      const once = routing.readUsage('messages', {
        usage: { ...restated, cache_creation, ...output },
      });
      const start = routing.readUsage('messages', {
        type: 'message_start',
        message: { usage: { ...restated, cache_creation, output_tokens: 1 } },
      });
      for (const usage of [
        output,
        { input_tokens: fresh, ...output },
        { ...restated, ...output },
      ]) {
        for (const before of [start, null]) {
          const delta = routing.readUsage('messages', { type: 'message_delta', usage }, before);
          assert.deepEqual(laidOver(start, delta), once);
        }
      }
    });
    fc.assert(property);
  });
}

/** Bodies that have the right fields in the right places, with anything at all in them. */
function usageLikeBody(): fc.Arbitrary<unknown> {
  const number = fc.oneof(fc.nat(), fc.integer(), fc.double(), fc.string(), fc.jsonValue());
  const fields = (...names: string[]) =>
    fc.record(Object.fromEntries(names.map((name) => [name, number])), { requiredKeys: [] });
  const details = fields('cached_tokens', 'cache_write_tokens', 'reasoning_tokens');
  const condensing = fields('input_tokens', 'output_tokens', 'cache_read_input_tokens').map(
    (counts) => ({ type: 'compaction', ...counts }),
  );
  const usage = fc
    .tuple(
      fields('prompt_tokens', 'completion_tokens', 'total_tokens', 'prompt_cache_hit_tokens'),
      fields('input_tokens', 'output_tokens', 'cost', 'cost_in_usd_ticks', 'seconds'),
      fields('cache_read_input_tokens', 'cache_creation_input_tokens', 'cached_tokens'),
      fc.record({
        prompt_tokens_details: details,
        output_tokens_details: details,
        cache_creation: fields('ephemeral_5m_input_tokens', 'ephemeral_1h_input_tokens'),
        server_tool_use: fields('web_search_requests'),
        is_byok: fc.boolean(),
        iterations: fc.array(condensing, { maxLength: 2 }),
        cost_details: fields('upstream_inference_cost'),
      }),
    )
    .map((parts) => Object.fromEntries(parts.flatMap((part) => Object.entries(part))));
  return fc.oneof(
    fc.record({ usage, type: fc.constantFrom('message', 'message_delta') }),
    usage.map((stated) => ({ message: { usage: stated } })),
    usage.map((stated) => ({ response: { usage: stated } })),
    usage.map((stated) => ({ choices: [{ usage: stated }], x_groq: { usage: stated } })),
  );
}

function assertSound(report: ReportedUsage | null): void {
  if (report === null) return;
  const { tokens, cost, units } = report;
  for (const number of [...Object.values(tokens), ...Object.values(units), cost]) {
    if (number === null) continue;
    assert.ok(Number.isSafeInteger(number) && number >= 0 && !Object.is(number, -0), `${number}`);
  }
  const { input, cachedInput, cacheWrite5m, cacheWrite1h, output, reasoning } = tokens;
  const classes = (cachedInput ?? 0) + (cacheWrite5m ?? 0) + (cacheWrite1h ?? 0);
  if (input !== null) assert.ok(classes <= input);
  if (output !== null) assert.ok((reasoning ?? 0) <= output);
}

/** The later report over the earlier one: the last known value wins. */
function laidOver(
  earlier: ReportedUsage | null,
  later: ReportedUsage | null,
): ReportedUsage | null {
  if (earlier === null || later === null) return later ?? earlier;
  const known = Object.entries(later.tokens).filter(([, count]) => count !== null);
  return {
    tokens: { ...earlier.tokens, ...Object.fromEntries(known) },
    cost: later.cost ?? earlier.cost,
    units: { ...earlier.units, ...later.units },
    flawed: earlier.flawed || later.flawed,
  };
}

function whole(expected: ExpectedUsage | null): unknown {
  if (expected === null) return null;
  return {
    tokens: { ...UNKNOWN_USAGE, ...expected.tokens },
    cost: expected.cost ?? null,
    units: expected.units ?? {},
    flawed: expected.flawed ?? false,
  };
}

function readJson(folder: URL, file: string): unknown {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
}

/** The JSON of each complete event; comments, `[DONE]` and an event that was cut off are left out. */
function readEvents(folder: URL, file: string): unknown[] {
  const blocks = readFileSync(new URL(file, folder), 'utf8').split(/\r?\n\r?\n/);
  return blocks
    .slice(0, -1)
    .map((block) => /^data: (.*)$/m.exec(block)?.[1])
    .filter((data) => data !== undefined && data !== '[DONE]')
    .map((data) => JSON.parse(data ?? ''));
}
