import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { timeDashboard } from './browser.ts';
import { startProduct, startUpstream } from './systems.ts';

rmSync('/tmp/yb', { recursive: true, force: true });
mkdirSync('/tmp/yb');
cpSync('/tmp/y1/tollkeeper.db', '/tmp/yb/tollkeeper.db');
const up = await startUpstream(null, { upstreamLatencyMs: 100, chunkIntervalMs: 0 });
const p = await startProduct({
  name: 't',
  data: '/tmp/yb',
  upstream: up.url,
  core: null,
  settings: {
    RATE_LIMIT_RPM: '1000000',
    RATE_LIMIT_BURST: '1000000',
    RATE_LIMIT_REQUESTS: '1000000',
  },
});
for (let i = 0; i < 3; i++)
  try {
    console.log(await timeDashboard(p, 8));
  } catch (e) {
    console.log(String(e));
    break;
  }
await p.stop();
await up.stop();
