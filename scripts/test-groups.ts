/**
 * Test files that run in one process. Half of the time of most files went into loading the server, warming it up and
 * collecting its coverage, which a process does once for all files in it. Each file stays a suite of its own: its
 * hooks are for its own tests, and its name stands above them.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The written files stay, so that what fails only in company can be run again, by the whole path: under a relative one
 * with packages in it the runner finds nothing.
 */
const FOLDER = join(import.meta.dirname, '../node_modules/.cache/test-groups');

/** What one process takes at most: with more, the last one would run on alone beside an idle core. */
const FILES_MOST = 12;

/**
 * Processes that take long begin first, so that no core is idle at the end. These have processes of their own, or
 * watch memory and the event loop of the one that they run in: each is by itself.
 */
const ALONE = ['test/web/', 'test/faults/', 'test/commands.test.ts', 'server/demo/'];

/** Files of one folder go together; small folders with their neighbours. */
function grouped(files: readonly string[]): string[][] {
  const sorted = files.map((file) => file.replaceAll(sep, '/')).sort();
  const isAlone = (file: string): boolean => ALONE.some((start) => file.startsWith(start));
  const alone = ALONE.flatMap((start) => sorted.filter((file) => file.startsWith(start)));
  const rest = sorted.filter((file) => !isAlone(file));
  const groups = alone.map((file) => [file]);
  for (let at = 0; at < rest.length; at += FILES_MOST) groups.push(rest.slice(at, at + FILES_MOST));
  return groups;
}

/** @returns one file for each process, in the order of their names, which is the order that the runner takes */
export function writeGroups(files: readonly string[]): string[] {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  return grouped(files).map((group, index) => {
    const number = String(index + 1).padStart(3, '0');
    const [first = ''] = group;
    const name = first.replace(/\.test\.ts$/, '').replaceAll('/', '-');
    const path = join(FOLDER, `${number}-${name}.mjs`);
    const suites = group.map((file) => {
      const url = pathToFileURL(file).href;
      return `describe(${JSON.stringify(file)}, () => import(${JSON.stringify(url)}));`;
    });
    writeFileSync(path, ["import { describe } from 'node:test';", ...suites, ''].join('\n'));
    return path;
  });
}
