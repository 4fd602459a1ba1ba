import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { effectiveSettings, loadConfig } from '../server/config.ts';
import { providers } from '../server/providers/providers.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const providerIds = providers.map(({ id }) => id);

/** The settings of a folder that holds one example under its working name. */
function settingsFrom(example: string, name: string) {
  const cwd = mkdtempSync(join(tmpdir(), 'tollkeeper-documents-'));
  try {
    cpSync(join(ROOT, example), join(cwd, name));
    const settings = effectiveSettings(loadConfig({ cwd, env: {}, providerIds }).config);
    return settings.map(({ name, value }) => `${name}=${value?.replaceAll(cwd, '.')}`).join('\n');
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

test('the example of .env names every setting and no other', () => {
  const settings = settingsFrom('.env.example', '.env').matchAll(/^([A-Z_]+)=/gm);
  const keys = providerIds.map((id) => `${id.toUpperCase()}_API_KEY`);
  const named = [...read('.env.example').matchAll(/^#([A-Z_]+)=/gm)].map(([, name = '']) => name);
  const expected = [...[...settings].map(([, name = '']) => name), ...keys];
  assert.deepEqual(named.filter((name) => !name.endsWith('_API_URL')).sort(), expected.sort());
});

test('the examples are accepted as they are and say what holds without them', () => {
  const defaults = settingsFrom('LICENSE', 'unused');
  assert.equal(settingsFrom('config.example.yaml', 'config.yaml'), defaults);
  assert.equal(settingsFrom('.env.example', '.env'), defaults);
});

test('every runtime dependency has its reason on record', () => {
  const { dependencies } = JSON.parse(read('package.json'));
  const listed = [...read('docs/decisions/dependencies.md').matchAll(/^\| `([^`]+)`/gm)];
  assert.deepEqual(listed.map(([, name]) => name).sort(), Object.keys(dependencies).sort());
});
