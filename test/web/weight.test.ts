/** What has to be loaded before a page is seen, measured from the build as it is sent to a browser that takes gzip. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { buildWeb } from '../../scripts/web-build.ts';

const DIST = join(import.meta.dirname, '../../web/dist');

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
}

let manifest: Readonly<Record<string, Chunk>>;

before(async () => {
  await buildWeb({ isForced: false });
  manifest = JSON.parse(readFileSync(join(DIST, 'manifest.json'), 'utf8'));
});

function filesOf(name: string, found = new Set<string>()): Set<string> {
  const chunk = manifest[name];
  assert.ok(chunk !== undefined, `${name} is in the build`);
  if (found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const needed of chunk.imports ?? []) filesOf(needed, found);
  return found;
}

/** Kilobytes of compressed script of the given modules, with all that they need. */
function weightOf(...modules: readonly string[]): number {
  const files = new Set(modules.flatMap((name) => [...filesOf(name)]));
  const scripts = [...files].filter((file) => file.endsWith('.js'));
  return scripts.reduce((sum, file) => sum + statSync(join(DIST, `${file}.gz`)).size, 0) / 1000;
}

const WORDS = 'src/language/en';
const START = ['index.html', `${WORDS}/shell.ts`];

test('the first load of /login has at most 200 kB of script', () => {
  const weight = weightOf(...START, 'src/login/login-page.tsx');
  assert.ok(weight <= 200, `${weight} kB`);
});

test('the first load of a page inside has at most 260 kB of script, without charts and palette', () => {
  const words = [`${WORDS}/parts.ts`, `${WORDS}/figures.ts`];
  const page = 'src/dashboard/dashboard-page.tsx';
  const weight = weightOf(...START, ...words, 'src/shell/signed.tsx', page);
  assert.ok(weight <= 260, `${weight} kB`);
  for (const lazy of ['src/shell/palette.tsx']) {
    const [file] = [...filesOf(lazy)];
    assert.ok(file !== undefined && !filesOf('src/shell/signed.tsx').has(file), lazy);
  }
});
