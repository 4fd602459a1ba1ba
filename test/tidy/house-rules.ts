import { posix } from 'node:path';
import { ARROWS, ENTRIES, PARTS } from './house.ts';
import { type Link, placeOf, type Tree } from './tree.ts';

/** A rule lists what is wrong with a tree, one sentence each. */
export type Rule = (tree: Tree) => string[];

const at = ({ from, line }: Link) => `${from}:${line}`;

/** Imports of product code; tests may set up whatever they need. */
function productLinks(tree: Tree): Link[] {
  return tree.code(['contract', 'server', 'web']).flatMap((path) => tree.links(path));
}

export const everyArrowIsDrawn: Rule = (tree) =>
  productLinks(tree).flatMap((link) => {
    if (!link.isRelative) return packageProblem(link);
    const [from, to] = [placeOf(link.from), placeOf(link.to)];
    if (from === to) return [];
    const isServer = link.from.startsWith('server/');
    const allowed = from === 'web' ? ['contract'] : ARROWS[from];
    if (allowed === undefined)
      return [`${at(link)} stands in ${from}, which is not in the drawing`];
    const isInside = to === 'contract' || link.to.startsWith('server/');
    const isAllowed = allowed === 'everything' ? isServer && isInside : allowed.includes(to);
    return isAllowed ? [] : [`${at(link)}: ${from} may not import ${to}`];
  });

function packageProblem(link: Link): string[] {
  const from = placeOf(link.from);
  if (from === 'contract' && link.to !== 'zod') {
    return [`${at(link)}: the contract imports nothing but zod, not ${link.to}`];
  }
  return link.from.startsWith('web/src/') && link.to.startsWith('node:')
    ? [`${at(link)}: a browser has no ${link.to}`]
    : [];
}

export const roomsAreEnteredByTheDoor: Rule = (tree) =>
  productLinks(tree).flatMap((link) => {
    const [from, room] = [placeOf(link.from), placeOf(link.to)];
    const isRoom = /^server\/[^/]+\//.test(link.to);
    const isOwnTable = link.to === `server/storage/tables/${from}-tables.ts`;
    if (!link.isRelative || !isRoom || from === room || isOwnTable) return [];
    const door = `server/${room}/${room}.ts`;
    return link.to === door ? [] : [`${at(link)} imports ${link.to} past its door ${door}`];
  });

const IN_PART = /^(server|web\/src)\/([^/]+)\/([^/]+)\//;

/** Within a room, as between rooms: a part that is not in the drawing has no place there. */
export const partsImportDownwards: Rule = (tree) =>
  tree.code(['server', 'web/src']).flatMap((path) => {
    const [, side = '', room = '', part = ''] = IN_PART.exec(path) ?? [];
    if (part === '') return [];
    const floor = PARTS[room]?.indexOf(part) ?? -1;
    if (floor < 0) return [`${path} stands in a part of ${room} that is not in the drawing`];
    const above = (PARTS[room] ?? []).slice(floor + 1);
    return tree
      .links(path)
      .filter(({ to }) => above.some((other) => to.startsWith(`${side}/${room}/${other}/`)))
      .map((link) => `${at(link)}: ${part} may not import ${link.to}`);
  });

/** Types may refer to each other, as a door and what stands behind it do; what runs may not. */
export const noCircles: Rule = (tree) => {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path);
    if (start >= 0) circles.push(`a circle: ${[...trail.slice(start), path].join(' → ')}`);
    if (start >= 0 || done.has(path)) return;
    for (const link of tree.links(path)) {
      if (link.isRelative && !link.isType) visit(link.to, [...trail, path]);
    }
    done.add(path);
  };
  for (const path of tree.code(['contract', 'server', 'web'])) visit(path, []);
  return circles;
};

/** Holds as soon as there is an entry: before that nothing can be reached. */
export const everyFileIsReached: Rule = (tree) => {
  const entries = ENTRIES.filter((path) => tree.has(path));
  if (!entries.includes('server/main.ts')) return [];
  const reached = new Set<string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    for (const { isRelative, to } of tree.links(path)) if (isRelative) waiting.push(to);
  }
  return tree
    .code(['contract', 'server'])
    .filter((path) => posix.extname(path) === '.ts' && !reached.has(path))
    .map((path) => `${path} is imported by nothing that an entry reaches`);
};
