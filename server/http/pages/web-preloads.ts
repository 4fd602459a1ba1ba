/**
 * What a page of the web app needs, named in its head: a browser then fetches all of it at once, and not each part
 * after it has run the one before.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One file of the build, as its manifest describes it. */
interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

type Manifest = Readonly<Record<string, Chunk>>;

const HOME = '/dashboard';
const FRAME = 'src/shell/signed.tsx';
/** Folders of pages that are shown without the frame around those of people who are signed in. */
const DOORS = /^src\/(login|setup)\//;

/** Every page asks who is here; the browser hands this answer to the first who asks. */
const SESSION = '<link rel="preload" as="fetch" crossorigin href="/api/session">';

/**
 * @param folder where the build is
 * @returns for the path of a page, links for the head of the document; nothing for a path that is no page
 */
export function createPreloads(folder: string): (path: string) => string {
  const file = join(folder, 'manifest.json');
  if (!existsSync(file)) return () => '';
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  const start = closureOf(manifest, ['index.html']);
  const pages = new Map<string, string>();
  for (const name of Object.keys(manifest)) {
    const path = /\/([\w-]+)-page\.tsx$/.exec(name)?.[1];
    if (path === undefined) continue;
    const needed = closureOf(manifest, DOORS.test(name) ? [name] : [FRAME, name]);
    pages.set(`/${path}`, linksTo([...needed].filter((chunk) => !start.has(chunk))));
  }
  return (path) => pages.get(path === '/' ? HOME : path) ?? '';
}

function closureOf(manifest: Manifest, names: readonly string[]): ReadonlySet<Chunk> {
  const found = new Set(names.flatMap((name) => manifest[name] ?? []));
  for (const { imports = [] } of found) {
    for (const name of imports) {
      const chunk = manifest[name];
      if (chunk !== undefined) found.add(chunk);
    }
  }
  return found;
}

function linksTo(chunks: readonly Chunk[]): string {
  const styles = new Set(chunks.flatMap(({ css = [] }) => css));
  return [
    SESSION,
    ...chunks.map(({ file }) => `<link rel="modulepreload" crossorigin href="/${file}">`),
    ...[...styles].map((file) => `<link rel="stylesheet" crossorigin href="/${file}">`),
  ].join('');
}
