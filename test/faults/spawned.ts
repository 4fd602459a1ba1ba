/** The product as a process of its own that can be killed, filled up or asked to end, with a caller who has credit. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts';
import { auditOf, type Process, type Settings, spawnTollkeeper } from '../harness.ts';
import { createCaller, type Got } from './caller.ts';

export interface Spawned {
  readonly upstream: FakeUpstream;
  readonly gateway: Process;
  /** Sends a chat request with the caller's key. */
  ask(body: object): Promise<Got>;
  /** Every invariant that the books break; to be called with the process alive or gone. */
  breaches(): Promise<readonly object[]>;
}

/** Everything goes with the test. */
export async function openSpawned(
  t: TestContext,
  credits: number,
  more: Settings = {},
): Promise<Spawned> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-spawned-'));
  const upstream = await startFakeUpstream();
  const settings = { UPSTREAM_API_KEY: 'key-of-the-test', UPSTREAM_BASE: upstream.url, ...more };
  const gateway = await spawnTollkeeper({ dataDir, settings });
  const caller = createCaller();
  t.after(async () => {
    await caller.close();
    await gateway.kill();
    await upstream.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const order = { label: 'ann', credits };
  const { token } = (await gateway.operator('/admin/keys', { body: order })) as { token: string };
  const url = `${gateway.url}/v1/chat/completions`;
  return {
    upstream,
    gateway,
    ask: (body) => caller.ask({ url, token, body }),
    async breaches() {
      const findings = await auditOf(join(dataDir, 'tollkeeper.db'));
      return findings.filter(({ ok }) => !ok);
    },
  };
}
