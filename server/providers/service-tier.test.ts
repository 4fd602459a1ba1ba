import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tierAsked, tierServed } from './service-tier.ts';

test('the tier that served is read wherever the dialects state it', () => {
  assert.deepEqual(tierServed('chat', { service_tier: 'priority' }), { tier: 'priority' });
  assert.deepEqual(tierServed('chat', { usage: { service_tier: 'flex' } }), { tier: 'flex' });
  const completed = { type: 'response.completed', response: { service_tier: 'flex' } };
  assert.deepEqual(tierServed('responses', completed), { tier: 'flex' });
  const usage = { service_tier: 'priority', speed: 'fast', inference_geo: 'us' };
  const all = { tier: 'priority', speed: 'fast', region: 'us' };
  assert.deepEqual(tierServed('messages', { usage }), all);
  assert.deepEqual(tierServed('messages', { type: 'message_start', message: { usage } }), all);
});

test('the usual words are the empty one, so that what is stated last can take back what was stated first', () => {
  assert.deepEqual(tierServed('responses', { service_tier: 'default' }), { tier: '' });
  const usage = { service_tier: 'standard', speed: 'standard', inference_geo: 'not_available' };
  assert.deepEqual(tierServed('messages', { usage }), { tier: '', speed: '', region: '' });
});

test('what is left to the provider, or is no word at all, says nothing', () => {
  for (const service_tier of ['auto', null, undefined, '', 7, {}]) {
    assert.equal(tierServed('chat', { service_tier }), null);
    assert.equal(tierAsked({ service_tier }), null);
  }
  assert.equal(tierServed('messages', { usage: { speed: null } }), null);
  assert.equal(tierServed('messages', { type: 'message_delta', usage: null }), null);
  // The pace of a spoken text is a number.
  assert.equal(tierAsked({ speed: 1.25 }), null);
});

test('a request says in either dialect how it is to be served', () => {
  assert.deepEqual(tierAsked({ service_tier: 'priority' }), { tier: 'priority' });
  const body = { speed: 'fast', inference_geo: 'us', service_tier: 'standard_only' };
  assert.deepEqual(tierAsked(body), { tier: '', speed: 'fast', region: 'us' });
});

test('a word without an end is cut', () => {
  assert.equal(tierServed('chat', { service_tier: 'x'.repeat(5_000) })?.tier?.length, 40);
});
