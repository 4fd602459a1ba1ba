/**
 * Imports from the lists of big packages, written anew as imports from the files themselves. Reading the list of all
 * six thousand icons is most of the time of a build, and what a page needs of a list cannot be told from outside it.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';

/** The file of a name of a package; undefined: only its list has it, or it is a type. */
type FileOf = (name: string) => string | undefined;

const ICONS = '@tabler/icons-react';

export function directImports(modules: string): Plugin {
  const packages: Readonly<Record<string, FileOf>> = {
    [ICONS]: (name) => `${ICONS}/dist/esm/icons/${name}.mjs`,
    '@mantine/core': filesOfList(join(modules, '@mantine/core/esm/index.mjs')),
    '@mantine/hooks': filesOfList(join(modules, '@mantine/hooks/esm/index.mjs')),
  };
  const imports = new RegExp(
    `import \\{([^}]*)\\} from ['"](${Object.keys(packages).join('|')})['"];`,
    'g',
  );
  return {
    name: 'tollkeeper-direct-imports',
    enforce: 'pre',
    transform: {
      filter: { id: /\.(tsx?|mjs)$/, code: imports },
      handler: (code) =>
        code.replaceAll(imports, (_, names: string, from: string) =>
          names
            .split(',')
            .map((name) => name.trim())
            .filter((name) => name !== '' && !name.startsWith('type '))
            .map((name) => directly(name, from, packages[from] as FileOf))
            .join(' '),
        ),
    },
  };
}

/** One name of an import, with its own file. An icon is all that its file exports. */
function directly(said: string, from: string, fileOf: FileOf): string {
  const [name = '', alias = name] = said.split(' as ');
  const file = fileOf(name);
  if (file === undefined) return `import { ${said} } from '${from}';`;
  if (from === ICONS) return `import ${alias} from '${file}';`;
  return `import { ${name} as ${alias} } from '${file}';`;
}

/** A list imports each name from its file and exports all of them at its end. */
function filesOfList(list: string): FileOf {
  const files = new Map<string, string>();
  const lines = readFileSync(list, 'utf8').matchAll(/import \{([^}]*)\} from "([^"]+)"/g);
  for (const [, names = '', file = ''] of lines) {
    // What it hands on from another package keeps the name of that.
    const path = file.startsWith('.') ? join(dirname(list), file) : file;
    for (const name of names.split(',')) files.set(name.trim(), path);
  }
  return (name) => files.get(name);
}
