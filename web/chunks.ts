/** Which modules of the app go into one file: a browser pays for each file, however small. */
import { globSync } from 'node:fs';
import { join } from 'node:path';

/** What the bundler knows of a module. */
interface ModuleGraph {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

/**
 * Files that are shared, in the order of need: none needs one that stands below it.
 *
 * - `start`: what runs before any page;
 * - `common`: what doors (sign-in and the like) and the frame of those inside share;
 * - `door`: what doors share besides;
 * - `frame`: what the frame needs besides;
 * - `figures`: what the first page inside needs besides;
 * - `tools`: what any two other pages share.
 */
const NAMES = ['start', 'common', 'door', 'frame', 'figures', 'tools'] as const;
type ChunkName = (typeof NAMES)[number];

/** For the bundler, which gives what is named nowhere to the one page that needs it. */
export function chunkGroups(sources: string) {
  const nameOf = createNameOf(sources);
  // What a module needs is taken along into its file, unless a file of a higher priority has it already.
  return NAMES.map((name, index) => ({
    name: (id: string, graph: ModuleGraph) => (nameOf(id, graph) === name ? name : null),
    priority: NAMES.length - index,
  }));
}

function createNameOf(sources: string): (id: string, graph: ModuleGraph) => ChunkName | null {
  const at = (path: string): string => join(sources, path);
  const [main, frame, first] = [
    at('main.tsx'),
    at('shell/signed.tsx'),
    at('dashboard/dashboard-page.tsx'),
  ];
  const pages = globSync(at('*/*-page.tsx'));
  const doors = [at('login/login-page.tsx'), at('login/register-page.tsx')];
  const closures = new Map<string, ReadonlySet<string>>();
  return (id: string, graph: ModuleGraph): ChunkName | null => {
    const isNeededBy = (entry: string): boolean => {
      const closure = closures.get(entry) ?? closureOf(entry, graph);
      closures.set(entry, closure);
      return closure.has(id);
    };
    if (id === main || id.endsWith('.html')) return null;
    if (isNeededBy(main)) return 'start';
    const users = pages.filter(isNeededBy);
    const isForDoors = users.some((page) => doors.includes(page));
    if (isNeededBy(frame)) return isForDoors ? 'common' : 'frame';
    if (users.includes(first) && id !== first) return isForDoors ? 'door' : 'figures';
    if (users.length < 2) return null;
    return isForDoors ? 'door' : 'tools';
  };
}

function closureOf(entry: string, graph: ModuleGraph): ReadonlySet<string> {
  const found = new Set<string>([entry]);
  for (const id of found) {
    for (const needed of graph.getModuleInfo(id)?.importedIds ?? []) found.add(needed);
  }
  return found;
}
