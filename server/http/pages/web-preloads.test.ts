import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createPreloads } from './web-preloads.ts';

const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-preloads-'));
after(() => rmSync(folder, { recursive: true }));

writeFileSync(
  join(folder, 'manifest.json'),
  JSON.stringify({
    'index.html': { file: 'a/index.js', imports: ['_start.js'], css: ['a/start.css'] },
    '_start.js': { file: 'a/start.js' },
    '_inputs.js': { file: 'a/inputs.js', imports: ['_start.js'], css: ['a/inputs.css'] },
    '_table.js': { file: 'a/table.js', imports: ['_inputs.js', '_start.js'] },
    'src/shell/signed.tsx': { file: 'a/signed.js', imports: ['_inputs.js'] },
    'src/login/login-page.tsx': { file: 'a/login.js', imports: ['_inputs.js'] },
    'src/dashboard/dashboard-page.tsx': { file: 'a/dashboard.js', imports: ['_start.js'] },
    'src/virtual-keys/virtual-keys-page.tsx': { file: 'a/keys.js', imports: ['_table.js'] },
    'src/keys/key-panel.tsx': { file: 'a/panel.js' },
  }),
);
const preloadsOf = createPreloads(folder);

const filesFor = (path: string): string[] =>
  [...preloadsOf(path).matchAll(/<link rel="(\w+)"[^>]* href="([^"]+)">/g)]
    .map(([, kind, file]) => `${kind} ${file}`)
    .sort();

test('a page inside names the frame, itself and all that both need, each file once, and who is here', () => {
  assert.deepEqual(filesFor('/virtual-keys'), [
    'modulepreload /a/inputs.js',
    'modulepreload /a/keys.js',
    'modulepreload /a/signed.js',
    'modulepreload /a/table.js',
    'preload /api/session',
    'stylesheet /a/inputs.css',
  ]);
});

test('a door does without the frame', () => {
  assert.deepEqual(filesFor('/login'), [
    'modulepreload /a/inputs.js',
    'modulepreload /a/login.js',
    'preload /api/session',
    'stylesheet /a/inputs.css',
  ]);
});

test('the bare address is that of the dashboard', () => {
  assert.ok(preloadsOf('/').includes('/a/dashboard.js'));
  assert.equal(preloadsOf('/'), preloadsOf('/dashboard'));
});

test('what is no page names nothing, and neither does an app that was not built', () => {
  for (const path of ['/panel', '/nowhere', '/constructor', '']) assert.equal(preloadsOf(path), '');
  assert.equal(createPreloads(join(folder, 'missing'))('/login'), '');
});
