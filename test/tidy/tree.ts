import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { type ImportedModule, importsIn, scan, type Token } from './scan.ts';

const NOT_OURS = /(^|\/)(\.git|node_modules|dist)$|^(data|demo-data|coverage|shots)$/;
const READ = /\.(ts|tsx|mjs|md)$|(^|\/)package-lock\.json$/;
const CODE = /\.(ts|tsx|mjs)$/;
/** Tests, the suites that several tests share, and what only tests are set up with. */
const TEST = /(\.(test|contract)|-for-tests)\.tsx?$/;

export interface Link {
  readonly from: string;
  /** A path of the tree, or the name of a package or module. */
  readonly to: string;
  readonly isRelative: boolean;
  readonly line: number;
  readonly names: readonly string[];
  /** Nothing of it is left when the program runs. */
  readonly isType: boolean;
}

/** The files of the project by path, or a few made up to try a rule on. */
export class Tree {
  readonly #texts: ReadonlyMap<string, string>;
  readonly #tokens = new Map<string, readonly Token[]>();

  constructor(texts: ReadonlyMap<string, string>) {
    this.#texts = texts;
  }

  static of(files: Readonly<Record<string, string>>): Tree {
    return new Tree(new Map(Object.entries(files)));
  }

  static at(root: string): Tree {
    const texts = new Map<string, string>();
    const walk = (folder: string) => {
      for (const entry of readdirSync(posix.join(root, folder), { withFileTypes: true })) {
        const path = posix.join(folder, entry.name);
        if (entry.isDirectory() && !NOT_OURS.test(path)) walk(path);
        if (!entry.isFile()) continue;
        texts.set(path, READ.test(path) ? readFileSync(posix.join(root, path), 'utf8') : '');
      }
    };
    walk('');
    return new Tree(texts);
  }

  get paths(): string[] {
    return [...this.#texts.keys()];
  }

  /** Source files in the given top folders (all of them without any), tests included only where asked for. */
  code(folders: readonly string[] = [], { tests = false } = {}): string[] {
    const isIn = (path: string) =>
      folders.length === 0 || folders.some((folder) => path.startsWith(`${folder}/`));
    return this.paths.filter(
      (path) =>
        CODE.test(path) &&
        !path.includes('/fixtures/') &&
        isIn(path) &&
        (tests || !TEST.test(path)),
    );
  }

  has(path: string): boolean {
    const clean = path.replace(/\/$/, '');
    return this.#texts.has(clean) || this.paths.some((known) => known.startsWith(`${clean}/`));
  }

  text(path: string): string {
    return this.#texts.get(path) ?? '';
  }

  tokens(path: string): readonly Token[] {
    const known = this.#tokens.get(path);
    if (known !== undefined) return known;
    const tokens = scan(this.text(path));
    this.#tokens.set(path, tokens);
    return tokens;
  }

  /** The same without comments. */
  words(path: string): readonly Token[] {
    return this.tokens(path).filter(({ kind }) => kind !== 'comment');
  }

  links(path: string): Link[] {
    return importsIn(this.tokens(path)).map((found) => linkFrom(path, found));
  }
}

function linkFrom(from: string, { specifier, ...found }: ImportedModule): Link {
  const isRelative = specifier.startsWith('.');
  const to = isRelative ? posix.join(posix.dirname(from), specifier) : specifier;
  return { ...found, from, to, isRelative };
}

/** The room of a path, the file's own name for a file directly in `server/`, else the top folder. */
export function placeOf(path: string): string {
  const [top = '', second = '', ...deeper] = path.split('/');
  if (top !== 'server') return top;
  return deeper.length === 0 ? second.replace(/\..*$/, '') : second;
}
