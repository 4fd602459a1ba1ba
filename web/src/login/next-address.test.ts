import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextAddress } from './next-address.ts';

const ORIGIN = 'https://tolls.example';

test('a page of ours is gone on to, with its query and fragment', () => {
  for (const next of ['/keys', '/requests?status=refused&row=req_1', '/reports#by-user']) {
    assert.equal(nextAddress(next, ORIGIN), next);
  }
});

test('T68 an address that leads elsewhere, or nowhere, is not followed', () => {
  const elsewhere = [
    ...['//evil.example', '/\\evil.example', '\\evil.example', '\\\\evil.example'],
    ...['/\t/evil.example', '/\n/evil.example', '\t//evil.example', '/.//evil.example'],
    ...['/a/..//evil.example', 'https://evil.example/', 'https:evil.example', 'evil.example'],
    ...['javascript:alert(1)', ' javascript:alert(1)', 'data:text/html,hello', ''],
  ];
  for (const next of elsewhere) {
    const target = new URL(nextAddress(next, ORIGIN), ORIGIN);
    assert.equal(target.origin, ORIGIN, JSON.stringify(next));
    assert.equal(target.pathname, '/', JSON.stringify(next));
  }
  assert.equal(nextAddress(undefined, ORIGIN), '/');
});

test('T68 a line break that was escaped stays escaped', () => {
  assert.equal(nextAddress('/keys%0d%0aset-cookie:a', ORIGIN), '/keys%0d%0aset-cookie:a');
});
