/**
 * Test files that run in one process. Half of the time of most files went into loading the server, warming it up and
 * collecting its coverage, which a process does once for all files in it. Each file stays a suite of its own: its
 * hooks are for its own tests, and its name stands above them.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';

/**
 * The written files stay, so that what fails only in company can be run again, by the whole path: under a relative one
 * with packages in it the runner finds nothing.
 */
const FOLDER = join(import.meta.dirname, '../node_modules/.cache/test-groups');

interface Rule {
  /** How the paths begin that it is for. */
  readonly start: string;
  /** What one process takes at most: with more, the last one would run on alone beside an idle core. */
  readonly most: number;
}

/**
 * The first rule for a file is the one that counts, and what takes longest begins first. Alone are those that kill
 * processes again and again, or watch the memory and the event loop of their own.
 */
const RULES: readonly Rule[] = [
  { start: 'test/web/', most: 6 },
  { start: 'test/faults/kill', most: 1 },
  { start: 'test/faults/crash', most: 1 },
  { start: 'test/faults/bombs', most: 1 },
  { start: 'test/faults/event-loop', most: 1 },
  { start: 'test/faults/storm', most: 1 },
  { start: 'test/faults/bill', most: 1 },
  { start: 'test/faults/', most: 10 },
  { start: 'test/commands', most: 1 },
  { start: 'test/', most: 20 },
  { start: '', most: 23 },
];

function grouped(files: readonly string[]): string[][] {
  const sorted = files.map((file) => file.replaceAll(sep, '/')).sort();
  const ruleOf = (file: string) => RULES.find(({ start }) => file.startsWith(start));
  return RULES.flatMap((rule) => {
    const ofRule = sorted.filter((file) => ruleOf(file) === rule);
    const count = Math.ceil(ofRule.length / rule.most);
    // In turns: files that take long have names that are near each other.
    return Array.from({ length: count }, (_, at) => ofRule.filter((_, i) => i % count === at));
  });
}

/**
 * A file is loaded at once, within its suite: tests and hooks of what is awaited would fall to whichever suite is next.
 * One that waits at its top level cannot be loaded so, and says so.
 */
const HEAD = [
  "import { createRequire } from 'node:module';",
  "import { describe } from 'node:test';",
  'const require = createRequire(import.meta.url);',
];

export interface TestGroup {
  /** The file that loads the others. */
  readonly path: string;
  readonly files: readonly string[];
}

/** @returns one group for each process, in the order of their names, which is the order that the runner takes */
export function writeGroups(files: readonly string[]): TestGroup[] {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  return grouped(files).map((files, index) => {
    const number = String(index + 1).padStart(3, '0');
    const [first = ''] = files;
    const name = first.replace(/\.test\.ts$/, '').replaceAll('/', '-');
    const path = join(FOLDER, `${number}-${name}.mjs`);
    const suites = files.map((file) => {
      const [name, whole] = [file, resolve(file)].map((text) => JSON.stringify(text));
      return `describe(${name}, () => void require(${whole}));`;
    });
    writeFileSync(path, [...HEAD, ...suites, ''].join('\n'));
    return { path, files };
  });
}
