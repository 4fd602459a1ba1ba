import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPublicAddress, parseAllowedHost, refusalOfUrl } from './address-guard.ts';

const NOBODY = new Set<string>();
const refusal = (address: string, allowed: ReadonlySet<string> = NOBODY) =>
  refusalOfUrl(new URL(address), allowed);

/** T49: every way to write an address that is not a public one. */
const PRIVATE = [
  'http://127.0.0.1',
  'http://2130706433',
  'http://0x7f.1',
  'http://017700000001',
  'http://127.1',
  'http://0',
  'http://127.0.0.1.',
  'http://127。0。0。1',
  'http://１２７.0.0.1',
  'http://[::]',
  'http://[::1]',
  'http://[::ffff:7f00:1]',
  'http://[::ffff:127.0.0.1]',
  'http://[::127.0.0.1]',
  'http://[64:ff9b::7f00:1]',
  'http://[64:ff9b:1::1]',
  'http://[2002:7f00:1::]',
  'http://[2001:0:7f00:1::]',
  'http://[fe80::1]',
  'http://[fc00::1]',
  'http://[fd00:ec2::254]',
  'http://[ff02::1]',
  'http://[2001:db8::1]',
  'http://10.0.0.1',
  'http://100.100.100.200',
  'http://168.63.129.16',
  'http://169.254.169.254/latest/meta-data',
  'http://172.31.255.255',
  'http://192.168.0.1',
  'http://198.18.0.1',
  'http://224.0.0.1',
  'http://255.255.255.255',
  'http://localhost',
  'http://LOCALHOST.',
  'http://app.localhost',
  'http://metadata',
  'http://metadata.google.internal',
  'http://printer.local',
  'http://redis:8000',
];

for (const address of PRIVATE) {
  test(`T49 ${address} is private`, () => {
    assert.match(refusal(address) ?? '', /private one; the operator can allow its host/);
  });
}

test('T49 only web addresses without credentials, at ports where models are served', () => {
  for (const address of [
    'file:///etc/passwd',
    'gopher://x.example',
    'data:,x',
    'ftp://x.example',
  ]) {
    assert.match(refusal(address) ?? '', /must begin with http/);
  }
  assert.match(refusal('https://user:secret@llm.example.com') ?? '', /credentials/);
  for (const port of [22, 25, 1023, 5432, 6379, 27017, 11211, 2375]) {
    assert.match(refusal(`http://llm.example.com:${port}`) ?? '', /port/, String(port));
  }
});

test('public addresses and names pass', () => {
  for (const address of [
    'https://llm.example.com/v1',
    'http://llm.example.com',
    'https://llm.example.com:8443',
    'http://1.1.1.1:8000',
    'https://[2606:4700::1111]',
  ]) {
    assert.equal(refusal(address), null, address);
  }
  assert.ok(isPublicAddress('8.8.8.8') && isPublicAddress('2606:4700::1111'));
  assert.ok(!isPublicAddress('no address') && !isPublicAddress('::ffff:8.8.8.8'));
});

test('what the operator allows passes: a host with any port of the web, or one port alone', () => {
  const allowed = new Set(['10.0.0.5', 'redis.lan:6379', '::1', 'llm.lan:443']);
  assert.equal(refusal('http://10.0.0.5:8000', allowed), null);
  assert.equal(refusal('http://redis.lan:6379', allowed), null);
  assert.equal(refusal('http://[::1]:8000', allowed), null);
  assert.equal(refusal('https://llm.lan', allowed), null);
  for (const other of [
    'http://10.0.0.5:6379',
    'http://10.0.0.6:8000',
    'http://redis.lan:8000',
    'http://llm.lan',
  ]) {
    assert.notEqual(refusal(other, allowed), null, other);
  }
});

test('hosts are read as operators write them', () => {
  const spellings = {
    'LLM.lan': 'llm.lan',
    'llm.lan:80': 'llm.lan:80',
    '10.0.0.5:8000': '10.0.0.5:8000',
    '::1': '::1',
    '[::1]:8000': '::1:8000',
    'http://llm.lan': undefined,
    'llm.lan/v1': undefined,
    'two hosts': undefined,
    '': undefined,
  };
  for (const [text, host] of Object.entries(spellings)) {
    assert.equal(parseAllowedHost(text), host, text);
  }
});
