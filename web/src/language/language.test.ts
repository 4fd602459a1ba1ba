import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { compileMessageOrThrow } from '@lingui/message-utils/compileMessage';
import { ALL_CALLS } from '../../../contract/api/api.ts';
import { areas } from './en.ts';

type Messages = Readonly<Record<string, string>>;

/** Every message by the area that it stands in. */
const areaOf = new Map<string, string>();
for (const [area, messages] of Object.entries(areas))
  for (const id of Object.keys(messages)) areaOf.set(id, area);

const load = createRequire(import.meta.url);
const catalogs: [language: string, area: string, messages: Messages][] = [];
for (const path of globSync('{en,it,zh}/*.ts', { cwd: import.meta.dirname })) {
  const { messages } = load(`./${path}`) as { messages: Messages };
  catalogs.push([dirname(path), basename(path, '.ts'), messages]);
}

/** What a message is filled with: the names in braces, of plurals and of plain values. */
function gapsOf(message: string): readonly string[] {
  const found = [...message.matchAll(/\{(\w+)[,}]/g)].map(([, name = '']) => name);
  return [...new Set(found)].sort();
}

test('every language has the areas that English has, and no message is in two of them', () => {
  const names = Object.keys(areas).sort();
  for (const language of ['en', 'it', 'zh']) {
    const own = catalogs.filter(([of]) => of === language).map(([, area]) => area);
    assert.deepEqual(own.sort(), names, language);
  }
  const all = Object.values(areas).flatMap((messages) => Object.keys(messages));
  assert.equal(areaOf.size, all.length);
});

for (const [language, area, messages] of catalogs) {
  const english: Messages = areas[area as keyof typeof areas];

  test(`no message of ${area} is missing in ${language}, and none is there that English has not`, () => {
    assert.deepEqual(Object.keys(messages).sort(), Object.keys(english).sort());
  });

  test(`every message of ${area} in ${language} says something, compiles and has the gaps of the English one`, () => {
    for (const [id, text] of Object.entries(messages)) {
      assert.notEqual(text.trim(), '', id);
      assert.doesNotThrow(() => compileMessageOrThrow(text), id);
      assert.deepEqual(gapsOf(text), gapsOf(english[id] ?? ''), id);
    }
  });
}

test('the audit log has words for each call that is kept there, those of the documentation in English', () => {
  const kept = ALL_CALLS.filter(({ method, path }) => method !== 'GET' && !path.startsWith('/v1/'));
  const documented = kept.map(({ method, path, summary }) => [
    `audit.did.${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
    summary,
  ]);
  const words = Object.entries(areas.audit).filter(([id]) => id.startsWith('audit.did.'));
  assert.deepEqual(Object.fromEntries(words), Object.fromEntries(documented));
});

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
  const unused = [...areaOf.keys()].filter(
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

/** What a module is made of: what it imports, and what it fetches later, itself and transitively. */
function partsOf(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path) || path.includes('/language/') || !existsSync(path)) return found;
  found.add(path);
  // The frame fetches all pages, and they are not parts of each other.
  const how = path.includes('/shell/') ? /from '(\.[^']+)'/g : /(?:from |import\()'(\.[^']+)'/g;
  for (const [, to = ''] of readFileSync(path, 'utf8').matchAll(how))
    partsOf(join(path, '..', to), found);
  return found;
}

/** The areas of all messages that these modules name. */
function areasOf(paths: Iterable<string>): Set<string> {
  const text = [...paths].map((path) => readFileSync(path, 'utf8')).join('\n');
  const named = [...text.matchAll(/'([a-z][\w-]*\.[\w.-]+)'/g)].map(([, id = '']) =>
    areaOf.get(id),
  );
  return new Set(named.filter((area) => area !== undefined));
}

test('every page names the areas that its words are in', () => {
  const pages = readFileSync(join(SOURCE, 'shell/pages.ts'), 'utf8');
  const [inside = '', doors = ''] = pages.split('export const DOORS');
  for (const [entries, shared] of [
    [inside, ['shell', 'parts']],
    [doors, ['shell']],
  ] as const) {
    const found = [...entries.matchAll(/words: \[([^\]]*)\],\s+load:[^']*'\.\.\/([^']+)'/g)];
    assert.ok(found.length > 3, 'pages are read');
    for (const [, words = '', module = ''] of found) {
      const loaded = [...shared, ...words.replaceAll(/[' ]/g, '').split(',')];
      const missing = [...areasOf(partsOf(join(SOURCE, module)))].filter(
        (area) => !loaded.includes(area),
      );
      assert.deepEqual(missing, [], module);
    }
  }
  const frame = areasOf(partsOf(join(SOURCE, 'shell/signed.tsx')));
  assert.ok(frame.isSubsetOf(new Set(['shell', 'parts'])), [...frame].join());
});
