/**
 * Where an address that a user gave may lead: to the public internet, and to those private hosts that the operator
 * named. Without it, whoever may name a server could have this one knock at doors behind the firewall.
 */
import { BlockList, isIP } from 'node:net';

/** `host`, or `host:port` where one port alone is meant, in the spelling of URLs. */
export type AllowedHosts = ReadonlySet<string>;

/** IPv4 networks that are no public hosts (IANA's registry of special addresses, and one metadata server). */
const SPECIAL_V4 = blockList('ipv4', [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]);

/**
 * IPv6 is the other way round: only this network is public, so forms that carry an IPv4 address (mapped, NAT64) are
 * outside without being known by name; 6to4 and the like lie inside and are taken out below.
 */
const PUBLIC_V6 = blockList('ipv6', [['2000::', 3]]);
const SPECIAL_V6 = blockList('ipv6', [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]);

/** Below 1024 only these answer model calls; above it, these are known to be something else. */
const WEB_PORTS: ReadonlySet<string> = new Set(['80', '443']);
const OTHER_SERVICES: ReadonlySet<string> = new Set(
  (
    '1433 1434 1521 1719 1720 1723 2049 2181 2375 2376 2379 2380 3306 3389 3659 4045 4190 5060 5061 5432 5433 5672 ' +
    '5900 5984 6000 6379 6380 6443 6566 6665 6666 6667 6668 6669 6679 6697 7001 9042 9092 9200 9300 10080 10250 ' +
    '11211 15672 26379 27017 27018 50000'
  ).split(' '),
);

/** Names that mean this machine or its network, whatever they resolve to. */
const LOCAL_NAME = /^[^.]+$|\.(localhost|local|internal|home\.arpa|lan|intranet)$/;

/** Is this a host that anybody could reach? */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !SPECIAL_V4.check(address);
  return family === 6 && PUBLIC_V6.check(address, 'ipv6') && !SPECIAL_V6.check(address, 'ipv6');
}

/**
 * Why a user may not name this address, as a sentence; null if they may. What a name resolves to is looked at when it is
 * called, see {@link isAllowedHost}.
 */
export function refusalOfUrl(url: URL, allowed: AllowedHosts): string | null {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return 'The address must begin with http:// or https://.';
  }
  if (url.username !== '' || url.password !== '') return 'The address holds credentials.';
  const host = hostOf(url);
  if (allowed.has(`${host}:${portOf(url)}`)) return null;
  if (!isWebPort(portOf(url))) return 'No model server answers on the port of this address.';
  if (allowed.has(host)) return null;
  const isLocal = isIP(host) === 0 ? LOCAL_NAME.test(host) : !isPublicAddress(host);
  return isLocal
    ? 'The address is a private one; the operator can allow its host (ALLOW_PRIVATE_HOSTS).'
    : null;
}

/** May a name lead to a private address? */
export function isAllowedHost(url: URL, allowed: AllowedHosts): boolean {
  const host = hostOf(url);
  return allowed.has(host) || allowed.has(`${host}:${portOf(url)}`);
}

/** A host as operators write it, with or without a port, as URLs spell it; undefined for what is none. */
export function parseAllowedHost(text: string): string | undefined {
  const bare = isIP(text) === 6 ? `[${text}]` : text;
  const url = URL.parse(`http://${bare}`);
  if (url === null || /[/?#@\s]/.test(bare)) return undefined;
  const port = /:(\d+)$/.exec(bare)?.[1];
  return port === undefined ? hostOf(url) : `${hostOf(url)}:${Number(port)}`;
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

function portOf({ port, protocol }: URL): string {
  return port === '' ? ({ 'https:': '443' }[protocol] ?? '80') : port;
}

function isWebPort(port: string): boolean {
  return WEB_PORTS.has(port) || (Number(port) >= 1024 && !OTHER_SERVICES.has(port));
}

function blockList(family: 'ipv4' | 'ipv6', networks: readonly (readonly [string, number])[]) {
  const list = new BlockList();
  for (const [address, prefix] of networks) list.addSubnet(address, prefix, family);
  return list;
}
