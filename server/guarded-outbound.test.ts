/** T49, T51: calls to addresses that users named, with name servers that lie and servers that count their callers. */
import assert from 'node:assert/strict';
import type { lookup } from 'node:dns';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { createOutbound, type Outbound, type OutboundOptions } from './outbound.ts';

const TIMES = { connectTimeoutMs: 500, firstByteTimeoutMs: 500, idleTimeoutMs: 500 };

/** Hears whoever knocks at the loopback. */
let knocks = 0;
let port = 0;
const canary = createServer((socket) => {
  knocks += 1;
  socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}');
});
before(async () => {
  await new Promise<void>((resolve) => {
    canary.listen(0, '127.0.0.1', resolve);
  });
  port = (canary.address() as AddressInfo).port;
});
after(() => canary.close());

async function get(outbound: Outbound, origin: string, userGiven = true) {
  const request = { origin, path: '/', method: 'GET', headers: {}, body: null, userGiven };
  return await outbound.fetchJson(request, 1000);
}

/** A name server that gives these answers, one after the other. */
function resolver(
  ...answers: readonly (readonly string[])[]
): NonNullable<OutboundOptions['lookup']> {
  let asked = 0;
  const stub = (_name: string, _options: object, tell: (...of: unknown[]) => void): void => {
    const found = answers[Math.min(asked++, answers.length - 1)] ?? [];
    const addresses = found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    process.nextTick(() => tell(null, addresses));
  };
  return stub as unknown as typeof lookup;
}

const forbidden = { code: 'upstream_forbidden' };

test('T49 no connection is opened to a private address, however it is written', async () => {
  const outbound = createOutbound(TIMES);
  const hosts = ['127.0.0.1', '2130706433', '127.1', '[::ffff:127.0.0.1]', 'localhost', '0'];
  for (const host of hosts) {
    const { origin } = new URL(`http://${host}:${port}`);
    await assert.rejects(get(outbound, origin), forbidden, host);
  }
  assert.equal(knocks, 0);
  // The operator's own addresses may lie anywhere.
  assert.equal((await get(outbound, `http://127.0.0.1:${port}`, false)).status, 200);
  assert.equal(knocks, 1);
  await outbound.close();
});

test('T51 a name is judged by what it resolves to, each time that a connection is opened', async () => {
  knocks = 0;
  const lies: readonly (readonly string[])[][] = [
    [['127.0.0.1']],
    [['10.0.0.1'], ['127.0.0.1']],
    [['93.184.216.34', '127.0.0.1']],
    [['2606:4700::1111', '::1']],
    [['::ffff:127.0.0.1']],
    [['64:ff9b::7f00:1']],
  ];
  for (const answers of lies) {
    const outbound = createOutbound({ ...TIMES, lookup: resolver(...answers) });
    const origin = `http://rebinding.example.com:${port}`;
    await assert.rejects(get(outbound, origin), forbidden);
    await assert.rejects(get(outbound, origin), forbidden);
    await outbound.close();
  }
  assert.equal(knocks, 0);
});

test('T51 a name is asked for once for each connection, so what was checked is what is connected to', async () => {
  knocks = 0;
  const answer = resolver(['127.0.0.1']);
  let asked = 0;
  const counting = ((...of: Parameters<typeof answer>) => {
    asked += 1;
    answer(...of);
  }) as typeof lookup;
  const outbound = createOutbound({ ...TIMES, allowedHosts: ['llm.lan'], lookup: counting });
  for (const count of [1, 2]) {
    await get(outbound, `http://llm.lan:${port}`);
    assert.deepEqual([asked, knocks], [count, count]);
  }
  await outbound.close();
});

test('a private host that the operator allows is reached, by digits and by name', async () => {
  knocks = 0;
  const outbound = createOutbound({
    ...TIMES,
    allowedHosts: ['127.0.0.1', `llm.lan:${port}`],
    lookup: resolver(['127.0.0.1']),
  });
  assert.equal((await get(outbound, `http://127.0.0.1:${port}`)).status, 200);
  assert.equal((await get(outbound, `http://llm.lan:${port}`)).status, 200);
  await assert.rejects(get(outbound, `http://other.lan:${port}`), forbidden);
  assert.equal(knocks, 2);
  await outbound.close();
});

test('a name that does not resolve is out of reach, as anywhere', async () => {
  const outbound = createOutbound({ ...TIMES, lookup: resolver([]) });
  await assert.rejects(get(outbound, 'https://gone.example.com'), { code: 'upstream_unreachable' });
  await outbound.close();
});

test('connections to very many servers are not all kept', async () => {
  const outbound = createOutbound({
    ...TIMES,
    allowedHosts: ['127.0.0.1'],
    lookup: resolver(['127.0.0.1']),
  });
  const hosts = Array.from({ length: 250 }, (_, index) => `http://h${index}.example.com:${port}`);
  for (const origin of hosts) await assert.rejects(get(outbound, origin), forbidden);
  await assert.rejects(get(outbound, hosts[0] ?? ''), forbidden);
  await outbound.close();
});
