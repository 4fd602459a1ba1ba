// The least a gateway can do: parse the body, pass it on, pipe the answer back. The yardstick of the benchmark.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

const upstream = new Pool(process.env['UPSTREAM'] ?? '');
const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', async () => {
    const body = Buffer.concat(parts);
    JSON.parse(body.toString());
    const headers = { 'content-type': 'application/json', authorization: 'Bearer upstream' };
    const sent = { path: request.url ?? '/', method: 'POST' as const, headers, body };
    const answer = await upstream.request(sent);
    const { connection, 'transfer-encoding': encoding, ...kept } = answer.headers;
    response.writeHead(answer.statusCode, kept);
    answer.body.pipe(response);
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
