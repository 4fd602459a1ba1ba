import { posix } from 'node:path';
import { FORBIDDEN_NAMES, MADE_LATER } from './house.ts';
import type { Rule } from './house-rules.ts';
import type { Tree } from './tree.ts';

const TOP = new Set('contract server web test bench scripts docs .ci'.split(' '));
const FILE_LIKE = /\.(ts|tsx|mjs|md|json|ya?ml)$/;

/**
 * Paths in links and in backticks. Not taken for a path: addresses (a leading slash), patterns (`*`, `<id>`, `{a,b}`),
 * and words with a slash that neither begin with a folder of ours nor end like a file (`chat/completions`).
 */
export const documentsNameWhatExists: Rule = (tree) =>
  tree.paths
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) => {
      const prose = tree.text(path).replace(/^( *)(```|~~~)[\s\S]*?^\1\2/gm, '');
      const quoted = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text);
      const linked = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, text = '']) => text);
      const lost = [
        ...quoted.filter((text) => !quotedPathExists(tree, path, text)),
        ...linked.filter((text) => !linkExists(tree, path, text)),
      ];
      return lost.map((text) => `${path} names ${text}, which does not exist`);
    });

function quotedPathExists(tree: Tree, document: string, text: string): boolean {
  const path = text.replace(/(#.*|:\d+)$/, '');
  if (!/^[\w.@-]+(\/[\w.@-]+)*\/?$/.test(path) || MADE_LATER.test(path)) return true;
  const [first = '', ...rest] = path.split('/');
  const isFile = FILE_LIKE.test(path);
  if (rest.length > 0 && (TOP.has(first) || first === '.' || first === '..')) {
    return tree.has(posix.normalize(path)) || tree.has(besides(document, path));
  }
  // A bare ending is not a name, and a name that no file may have is named to forbid it.
  if (!isFile || /^\./.test(path) || FORBIDDEN_NAMES.has(first.replace(FILE_LIKE, ''))) return true;
  const isAnywhere = tree.paths.some((known) => known === path || known.endsWith(`/${path}`));
  return isAnywhere || tree.has(besides(document, path));
}

function linkExists(tree: Tree, document: string, target: string): boolean {
  if (/^([a-z][a-z0-9+.-]*:|#)/i.test(target)) return true;
  return tree.has(besides(document, target.replace(/#.*$/, '')));
}

function besides(document: string, path: string): string {
  return posix.join(posix.dirname(document), path);
}

/** An address in the lock would tie every installation to one registry. */
export const theLockNamesNoAddresses: Rule = (tree) =>
  tree.paths
    .filter((path) => posix.basename(path) === 'package-lock.json')
    .flatMap((path) =>
      tree
        .text(path)
        .split('\n')
        .flatMap((line, index) =>
          /"resolved":\s*"[a-z+]+:/.test(line) ? [`${path}:${index + 1} holds an address`] : [],
        ),
    );
