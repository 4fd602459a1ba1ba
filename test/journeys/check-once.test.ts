/** `npm run check -- --once`: one pass over the provider keys from the command line, beside a server and without one. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkOnce } from '../../server/check.ts';
import { loadConfig } from '../../server/config.ts';
import { createLog } from '../../server/log.ts';
import { startFakeProvider } from '../fake-provider.ts';
import { runTollkeeper, startTollkeeper } from '../harness.ts';

const SECRETS = ['sk-good-0123456789abcdef01234567', 'sk-gone-0123456789abcdef01234567'] as const;

test('one pass asks each provider key once and prints what it found', {
  timeout: 300_000,
}, async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-check-'));
  const fake = await startFakeProvider();
  t.after(async () => {
    await fake.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const [good, gone] = SECRETS;
  fake.accounts.open(good, { balance: 12_500_000_000 });
  const settings = { DEEPSEEK_API_URL: fake.base('deepseek') };
  const product = await startTollkeeper({ dataDir, settings });
  for (const key of SECRETS) {
    const body = { platform: 'deepseek', name: `key ${key.slice(3, 7)}`, key };
    await product.operator('/api/keys', { body });
  }
  const asked = (secret: string): number =>
    [...fake.callsOf(secret).values()].reduce((sum, calls) => sum + calls, 0);

  async function check(env: Readonly<Record<string, string>>): Promise<void> {
    const before = SECRETS.map(asked);
    const { stdout } = await runTollkeeper(['check', '--once'], { dataDir, settings: env });
    const lines = stdout.split('\n');
    assert.match(lines[0] ?? '', /^key +platform +status +balance +runway +last check$/);
    assert.match(lines[1] ?? '', /^key good +deepseek +healthy +12\.5 USD reported +- /);
    assert.match(
      lines[2] ?? '',
      /^key gone +deepseek +invalid +- +- +The provider does not accept/,
    );
    assert.match(stdout, /\n\n2 keys checked in \d+\.\d s, 0 could not be\.\n$/);
    for (const secret of SECRETS) assert.ok(!stdout.includes(secret.slice(8)));
    assert.ok(SECRETS.every((secret, index) => asked(secret) > (before[index] ?? 0)));
  }

  const { port } = new URL(product.url);
  await check({ PORT: port });
  const env = { DATA_DIR: dataDir, PORT: port };
  const { config } = loadConfig({ cwd: dataDir, providerIds: [], env });
  await assert.rejects(checkOnce(config, createLog({ level: 'silent', secrets: [] })), {
    problems: [
      `A server works on the database, and its admin token is not in ${join(dataDir, 'admin-token')}: set ADMIN_TOKEN as it is set there.`,
    ],
  });
  await product.close();
  await check(settings);
  assert.ok(asked(gone) > 0);
});
