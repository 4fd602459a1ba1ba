/**
 * Products from which secrets get out, or do not: what `secret-watch.test.ts` runs in a process of its own, as this run
 * must not fail because of them. The arguments say how.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnTollkeeper, startTollkeeper, type Tollkeeper } from '../harness.ts';

const SECRET = 'sk-planted-0f1e2d3c4b5a69788796';
const settings = { OPENAI_API_KEY: SECRET, OPENAI_API_URL: 'http://127.0.0.1:1/v1' };

const PLANTS: Readonly<Record<string, (product: Tollkeeper) => Promise<unknown>>> = {
  nothing: (product) => product.issueKey('a label'),
  label: (product) => product.issueKey(SECRET),
  encoded: (product) => product.issueKey(`- ${Buffer.from(SECRET).toString('base64')}`),
  token: async (product) => product.issueKey(`a label with ${await product.issueKey()}`),
  password: async ({ url, issueKey }) => {
    const account = { email: 'ann@example.com', password: 'planted horse battery' };
    await fetch(`${url}/api/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(account),
    });
    await issueKey(account.password);
  },
  log: async ({ logged }) => logged.push(`{"msg":"${SECRET}"}`),
};

async function plant(ways: readonly string[]): Promise<void> {
  await using product = await startTollkeeper({ settings });
  for (const way of ways) {
    const act = PLANTS[way];
    if (act === undefined) throw new Error(`nothing is planted as ${way}`);
    await act(product);
  }
}

/** One that is killed, and one whose end nobody waits for. */
async function plantElsewhere(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-planted-'));
  const killed = await spawnTollkeeper({ dataDir, settings });
  await killed.issueKey(SECRET);
  await killed.kill();
  rmSync(dataDir, { recursive: true, force: true });
  const left = await startTollkeeper({ settings });
  left.logged.push(SECRET);
  process.exit();
}

const ways = process.argv.slice(2);
if (ways[0] === 'elsewhere') await plantElsewhere();
else await plant(ways);
