import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ReportedUsage, UNKNOWN_USAGE } from '../../contract/usage.ts';
import { createMetering, overlay } from './metering.ts';

const AT = Date.parse('2026-11-21T12:00:00Z');

test('from the events of a stream to the cost of the request', async (t) => {
  const metering = createMetering();
  t.after(() => metering.close());
  const event = (tokens: Partial<ReportedUsage['tokens']>): ReportedUsage => ({
    tokens: { ...UNKNOWN_USAGE, ...tokens },
    cost: null,
    units: {},
    flawed: false,
  });
  const usage = overlay(event({ input: 1_000, output: 1 }), event({ output: 100 }));
  const price = metering.price({
    catalogue: 'openai',
    model: 'gpt-4o-mini',
    at: AT,
    inputTokens: 1_000,
  });
  assert.deepEqual(metering.rate({ usage, price, local: false }), {
    cost: 210_000,
    source: 'catalogue',
    priceId: 'genai-prices@0.1.8/openai/gpt-4o-mini',
  });
});

test('a stored price, read back from JSON, gives the same bill again', () => {
  const metering = createMetering({ modelPricingJson: '{"m":{"input":0.0033,"output":0.0077}}' });
  const price = metering.price({ catalogue: null, model: 'm', at: AT, inputTokens: 1 });
  const usage = {
    tokens: { ...UNKNOWN_USAGE, input: 333, output: 77 },
    cost: null,
    units: {},
    flawed: false,
  };
  const stored = JSON.parse(JSON.stringify(price));
  assert.deepEqual(
    metering.rate({ usage, price: stored, local: false }),
    metering.rate({ usage, price, local: false }),
  );
});

test('an exact count of a chat is what the vendor would report for it', async (t) => {
  const metering = createMetering();
  t.after(() => metering.close());
  const body = { messages: [{ role: 'user', content: 'hello' }] };
  assert.equal(await metering.countPrompt(body), 8);
  assert.equal(await metering.countText('hello'), 1);
  assert.ok(metering.estimatePrompt(body).usual >= 8);
});

test('an invalid price setting is refused at once', () => {
  assert.throws(
    () => createMetering({ modelPricingJson: '{"m":{"input":"cheap"}}' }),
    /model "m", field "input"/,
  );
});
