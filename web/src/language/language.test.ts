import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { compileMessageOrThrow } from '@lingui/message-utils/compileMessage';
import { messages as english } from './en.ts';
import { messages as italian } from './it.ts';
import { messages as chinese } from './zh.ts';

const CATALOGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  en: english,
  it: italian,
  zh: chinese,
};

/** What a message is filled with: the names in braces, of plurals and of plain values. */
function gapsOf(message: string): readonly string[] {
  const found = [...message.matchAll(/\{(\w+)[,}]/g)].map(([, name = '']) => name);
  return [...new Set(found)].sort();
}

for (const [language, catalog] of Object.entries(CATALOGS)) {
  test(`no message is missing in ${language}, and none is there that English has not`, () => {
    assert.deepEqual(Object.keys(catalog).sort(), Object.keys(english).sort());
  });

  test(`every message in ${language} says something, compiles and has the gaps of the English one`, () => {
    for (const [id, text] of Object.entries(catalog)) {
      assert.notEqual(text.trim(), '', id);
      assert.doesNotThrow(() => compileMessageOrThrow(text), id);
      assert.deepEqual(gapsOf(text), gapsOf(english[id as keyof typeof english] ?? ''), id);
    }
  });
}

const SOURCE = join(import.meta.dirname, '..');
const sources = globSync('**/*.{ts,tsx}', {
  cwd: SOURCE,
  exclude: ['language/**', '**/*.test.ts'],
}).map((path) => readFileSync(join(SOURCE, path), 'utf8'));

test('every message is used', () => {
  const text = sources.join('\n');
  // A name may be put together from a beginning and a value: `role.${role}`.
  const beginnings = [...text.matchAll(/`([a-z][\w.-]*\.)\$\{/g)].map(
    ([, beginning = '']) => beginning,
  );
  const unused = Object.keys(english).filter(
    (id) => !text.includes(`'${id}'`) && !beginnings.some((beginning) => id.startsWith(beginning)),
  );
  assert.deepEqual(unused, []);
});

test('no page says anything that is in no catalog', () => {
  // Letters between the end of an element and the next one: text that somebody wrote into the page itself.
  const loose = sources.flatMap((text) => [...text.matchAll(/>\s*([A-Z][a-z]+[^<>{}();=]*)<\//g)]);
  assert.deepEqual(
    loose.map(([found]) => found),
    [],
  );
});
