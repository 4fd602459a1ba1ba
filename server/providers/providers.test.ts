import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findProvider as findPriceList } from '@pydantic/genai-prices';
import { custom } from './custom.ts';
import { providerContract } from './provider.contract.ts';
import { findProvider, providerForBase, providers } from './providers.ts';

for (const provider of [...providers, custom]) providerContract(provider);

describe('the registry', () => {
  test('lists every vendor once: the default route first, the others by id, no custom server', () => {
    const [first, ...others] = providers.map(({ id }) => id);
    assert.equal(first, 'openrouter');
    assert.deepEqual(others, [...new Set(others)].sort());
    assert.ok(!others.includes(custom.id) && !others.includes('openrouter'));
  });

  test('finds a provider by id, the custom server too, and nothing else', () => {
    for (const provider of [...providers, custom]) {
      assert.equal(findProvider(provider.id), provider);
    }
    for (const id of ['', 'OpenAI', 'nobody', '__proto__', 'constructor']) {
      assert.equal(findProvider(id), undefined);
    }
  });

  test('knows a vendor by the host of a base address', () => {
    for (const provider of providers) {
      for (const base of [provider.base, ...(provider.otherBases ?? [])]) {
        assert.equal(providerForBase(base), provider);
      }
    }
    assert.equal(providerForBase('https://API.OPENAI.COM/v1/').id, 'openai');
    assert.equal(providerForBase('https://openrouter.ai').id, 'openrouter');
    assert.equal(providerForBase('https://codestral.mistral.ai/v1').id, 'mistral');
  });

  test('takes every other address for a custom server, also one that looks alike', () => {
    const others = [
      'http://127.0.0.1:8000/v1',
      'https://me.openai.azure.com/openai/v1',
      'https://api.openai.com.evil.example/v1',
      'https://evil.example/api.openai.com/v1',
      'https://api.openai.com@evil.example/v1',
      'https://api.openai.com:8443/v1',
      'not an address',
      '',
    ];
    for (const base of others) assert.equal(providerForBase(base), custom, base);
  });

  test('names only price lists that exist', () => {
    for (const { routing } of [...providers, custom]) {
      if (routing.priceCatalogue === null) continue;
      assert.equal(
        findPriceList({ providerId: routing.priceCatalogue })?.id,
        routing.priceCatalogue,
      );
    }
  });
});

describe('what routing knows of the vendors', () => {
  const routing = (id: string) => findProvider(id)?.routing;

  test('an aborted answer is read to its end where the vendor goes on billing', () => {
    const stops = ['openai', 'anthropic', 'deepseek', 'xai', 'custom'];
    const goesOn = [
      ...['openrouter', 'groq', 'gemini', 'mistral', 'moonshot', 'novita', 'siliconflow', 'venice'],
    ];
    for (const id of stops) assert.equal(routing(id)?.afterAbort, 'billing stops', id);
    for (const id of goesOn) assert.equal(routing(id)?.afterAbort, 'billing goes on', id);
  });

  test('a stream is asked for its usage wherever it does not come by itself', () => {
    const asked = [
      'openai',
      'anthropic',
      'deepseek',
      'groq',
      'gemini',
      'moonshot',
      'xai',
      'custom',
    ];
    for (const id of asked) assert.equal(routing(id)?.streamUsage, 'when asked', id);
    for (const id of ['openrouter', 'mistral']) {
      assert.equal(routing(id)?.streamUsage, 'always', id);
    }
  });

  test('the Anthropic dialect goes to those that speak it, each with its own credential header', () => {
    for (const id of ['anthropic', 'openrouter']) {
      assert.ok(findProvider(id)?.dialects.includes('anthropic'), id);
    }
    assert.deepEqual(findProvider('openai')?.dialects, ['openai']);
    assert.deepEqual(custom.dialects, ['openai', 'anthropic']);
    assert.deepEqual(routing('anthropic')?.authorize('s', 'anthropic'), { 'x-api-key': 's' });
    assert.deepEqual(routing('anthropic')?.authorize('s', 'openai'), { authorization: 'Bearer s' });
    assert.deepEqual(routing('openrouter')?.authorize('s', 'anthropic'), {
      authorization: 'Bearer s',
    });
    assert.deepEqual(routing('anthropic')?.defaultHeaders, { 'anthropic-version': '2023-06-01' });
  });

  test('a custom server gets the key in all headers that such servers read', () => {
    assert.deepEqual(routing('custom')?.authorize('s', 'openai'), {
      authorization: 'Bearer s',
      'api-key': 's',
      'x-api-key': 's',
    });
  });
});
