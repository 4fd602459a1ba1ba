import {
  DIALECT_PHRASES,
  FORBIDDEN_NAMES,
  VENDOR_EXCEPTIONS,
  VENDORS,
  VENDORS_BY_CASE,
} from './house.ts';
import type { Rule } from './house-rules.ts';
import { functionsIn, type Token } from './scan.ts';
import { placeOf, type Tree } from './tree.ts';

const FUNCTION_LINES_MAX = 70;
const FILE_LINES_MAX = 400;
/** A group of tests is a heading, not a function; each test in it is measured on its own. */
const GROUP_OF_TESTS = /^\s*(?:describe|group|suite)\(/;
const PRODUCT = ['contract', 'server'];

export const noDrawersForTheHomeless: Rule = (tree) =>
  tree.code([], { tests: true }).flatMap((path) =>
    path
      .split('/')
      .map((part) => part.replace(/\..*$/, '').toLowerCase())
      .filter((part) => FORBIDDEN_NAMES.has(part))
      .map((part) => `${path}: "${part}" says nothing about what is inside`),
  );

export const functionsAreShort: Rule = (tree) =>
  tree.code([], { tests: true }).flatMap((path) =>
    functionsIn(tree.tokens(path))
      .filter(({ lines }) => lines > FUNCTION_LINES_MAX)
      .filter(({ line }) => !GROUP_OF_TESTS.test(tree.text(path).split('\n')[line - 1] ?? ''))
      .map(({ name, line, lines }) => `${path}:${line}: ${name} has ${lines} lines`),
  );

export const longFilesSayWhy: Rule = (tree) =>
  tree.code([], { tests: true }).flatMap((path) => {
    const lines = tree.text(path).split('\n');
    const isLong = lines.length - 1 > FILE_LINES_MAX;
    const saysWhy = /over 400 lines/i.test(lines.slice(0, 10).join('\n'));
    return isLong && !saysWhy
      ? [
          `${path} has ${lines.length - 1} lines; split it or say "Over 400 lines because …" at its top`,
        ]
      : [];
  });

/** Runs `find` at every token of code and names the place of what it finds. */
function findings(
  tree: Tree,
  paths: readonly string[],
  find: (code: readonly Token[], index: number) => string | undefined,
): string[] {
  return paths.flatMap((path) => {
    const code = tree.words(path);
    return code.flatMap((token, index) => {
      const found = token.kind === 'word' ? find(code, index) : undefined;
      return found === undefined ? [] : [`${path}:${token.line}: ${found}`];
    });
  });
}

/** Do the tokens from here on read like this? */
function reads(code: readonly Token[], index: number, ...texts: readonly string[]): boolean {
  return texts.every((text, offset) => code[index + offset]?.text === text);
}

export const settingsAreReadInConfig: Rule = (tree) => {
  const paths = tree.code([...PRODUCT, 'web']).filter((path) => path !== 'server/config.ts');
  const reading = findings(tree, paths, (code, index) =>
    reads(code, index, 'process', '.', 'env') || reads(code, index, 'process', '[', 'env')
      ? 'process.env belongs in server/config.ts'
      : undefined,
  );
  const importing = paths
    .flatMap((path) => tree.links(path))
    .filter(({ to, names }) => to === 'node:process' && names.includes('env'))
    .map(({ from, line }) => `${from}:${line}: env of node:process belongs in server/config.ts`);
  return [...reading, ...importing];
};

const TIMERS = new Set(['setTimeout', 'setInterval']);
const READINGS: readonly (readonly string[])[] = [
  ['Date', '.', 'now'],
  ['new', 'Date', '(', ')'],
  ['new', 'Date', ';'],
  ['performance', '.', 'now'],
  ['process', '.', 'hrtime'],
  ['AbortSignal', '.', 'timeout'],
  ['Temporal', '.', 'Now'],
];

export const timeIsAskedOfTheClock: Rule = (tree) => {
  const paths = tree.code(PRODUCT).filter((path) => path !== 'server/clock.ts');
  const reading = findings(tree, paths, (code, index) => {
    const word = code[index]?.text ?? '';
    const isTimer = TIMERS.has(word) && code[index - 1]?.text !== '.';
    const found = READINGS.find((texts) => reads(code, index, ...texts));
    if (!isTimer && found === undefined) return undefined;
    return `${found?.join('') ?? word} belongs in server/clock.ts`;
  });
  const importing = paths
    .flatMap((path) => tree.links(path))
    .filter(({ to }) => /^node:(timers|perf_hooks)/.test(to))
    .map(({ from, to, line }) => `${from}:${line}: ${to} belongs in server/clock.ts`);
  return [...reading, ...importing];
};

const NETWORK = /^(undici|node:(http|https|http2|net|tls|dgram|dns|dns\/promises))$/;
/** Parts of `node:net` that open nothing. */
const PURE_NET = new Set(['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'AddressInfo']);
/** Places that answer requests: the edge, and the demo's scripted provider, which listens on the loopback. */
const SERVERS = new Set(['http', 'demo']);
const CLIENT_PARTS = new Set(['request', 'get', 'Agent', 'globalAgent', 'ClientRequest']);

export const otherMachinesAreReachedByTheOutboundDoor: Rule = (tree) => {
  const paths = tree.code(['server']).filter((path) => path !== 'server/outbound.ts');
  const importing = paths
    .flatMap((path) => tree.links(path))
    .filter(({ from, to, names, isType }) => {
      if (isType || !NETWORK.test(to)) return false;
      const isNamed = names.length > 0;
      if (to === 'node:net') return !isNamed || names.some((name) => !PURE_NET.has(name));
      const isServerSide = isNamed && !names.some((name) => CLIENT_PARTS.has(name));
      return !(to === 'node:http' && SERVERS.has(placeOf(from)) && isServerSide);
    })
    .map(({ from, to, line }) => `${from}:${line}: ${to} belongs in server/outbound.ts`);
  const calling = findings(tree, paths, (code, index) => {
    const isCall = reads(code, index, 'fetch', '(') && code[index - 1]?.text !== '.';
    const isGlobal = reads(code, index, 'globalThis', '.', 'fetch');
    const opens = ['WebSocket', 'EventSource', 'XMLHttpRequest'].some((name) =>
      reads(code, index, 'new', name, '('),
    );
    return isCall || isGlobal || opens
      ? 'calls out; that belongs in server/outbound.ts'
      : undefined;
  });
  return [...importing, ...calling];
};

export const sqliteIsOpenedInStorage: Rule = (tree) =>
  tree
    .code(PRODUCT)
    .flatMap((path) => tree.links(path))
    .filter(({ from, to }) => to === 'node:sqlite' && placeOf(from) !== 'storage')
    .map(({ from, line }) => `${from}:${line}: node:sqlite belongs in server/storage`);

export const textIsNeverRun: Rule = (tree) => {
  const paths = tree.code([], { tests: true });
  const calling = findings(tree, paths, (code, index) => {
    const before = code[index - 1]?.text;
    const isEval = reads(code, index, 'eval', '(') && before !== '.';
    const isMaker = reads(code, index, 'Function', '(') || reads(code, index, 'new', 'Function');
    return isEval || isMaker ? 'runs text as code' : undefined;
  });
  const importing = paths
    .flatMap((path) => tree.links(path))
    .filter(({ to }) => to === 'node:vm')
    .map(({ from, line }) => `${from}:${line}: node:vm runs text as code`);
  return [...calling, ...importing];
};

const MAY_NAME_VENDORS = /^server\/(providers|metering)\//;

/** In names of files, identifiers and strings; comments may say whatever explains best. */
export const vendorsAreNamedInProviders: Rule = (tree) => {
  const paths = tree.code([...PRODUCT, 'web']).filter((path) => !MAY_NAME_VENDORS.test(path));
  return paths.flatMap((path) => {
    const allowed = VENDOR_EXCEPTIONS.find(({ file }) => file === path)?.allowed ?? [];
    if (allowed === 'any') return [];
    const dialectLines = new Set(
      tree
        .words(path)
        .filter(({ text }) => /dialect/i.test(text))
        .map(({ line }) => line),
    );
    const inCode = tree.words(path).filter((token) => {
      if (!namesVendor(token.text) || allowed.includes(token.text)) return false;
      if (token.text.endsWith('/openai-api.ts')) return false;
      // `dialect === 'openai'` speaks of the API that a caller speaks, not of who serves it.
      const isDialect = token.kind === 'string' && /^(openai|anthropic)$/.test(token.text);
      return !(isDialect && dialectLines.has(token.line));
    });
    const inName = namesVendor(path) ? [`${path} is named after a vendor`] : [];
    return [
      ...inName,
      ...inCode.map(({ line, text }) => `${path}:${line} names a vendor: ${text}`),
    ];
  });
};

function namesVendor(text: string): boolean {
  const rest = text.replace(DIALECT_PHRASES, '');
  return VENDORS.test(rest) || VENDORS_BY_CASE.test(rest);
}
