import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { compileMessageOrThrow } from '@lingui/message-utils/compileMessage';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { bareContract } from './bare-contract.ts';
import { chunkGroups } from './chunks.ts';
import { directImports } from './direct-imports.ts';

const ROOT = import.meta.dirname;
const CATALOG = /\/web\/src\/language\/(en|zh|it)\/[\w-]+\.ts$/;

/** Messages are compiled here, so that the browser needs no parser; one that cannot be read ends the build. */
function catalogs(): Plugin {
  return {
    name: 'tollkeeper-catalogs',
    enforce: 'pre',
    async load(id) {
      if (!CATALOG.test(id)) return null;
      const { messages } = (await import(pathToFileURL(id).href)) as {
        messages: Readonly<Record<string, string>>;
      };
      const compiled = Object.entries(messages).map(([key, text]) => [
        key,
        compileMessageOrThrow(text),
      ]);
      return `export const messages = JSON.parse(${JSON.stringify(JSON.stringify(Object.fromEntries(compiled)))});`;
    },
  };
}

const asGzip = promisify(gzip);
const asBrotli = promisify(brotliCompress);
const COMPRESSIBLE = /\.(js|css|svg|webmanifest)$/;

/** Compressed once, here, and not for every visitor; level 9 is a third of the time of 11 for 3 % more bytes. */
function compressed(): Plugin {
  return {
    name: 'tollkeeper-compressed',
    apply: 'build',
    async writeBundle({ dir = '' }, bundle) {
      const names = Object.keys(bundle).filter((name) => COMPRESSIBLE.test(name));
      await Promise.all(
        names.map(async (name) => {
          const path = join(dir, name);
          const bytes = await readFile(path);
          const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
          await writeFile(`${path}.gz`, await asGzip(bytes, { level: 9 }));
          await writeFile(`${path}.br`, await asBrotli(bytes, { params }));
        }),
      );
    },
  };
}

export default defineConfig({
  root: ROOT,
  plugins: [
    catalogs(),
    bareContract(),
    directImports(join(ROOT, '../node_modules')),
    react(),
    compressed(),
  ],
  html: { cspNonce: '__CSP_NONCE__' },
  logLevel: 'warn',
  build: {
    outDir: join(ROOT, 'dist'),
    emptyOutDir: true,
    manifest: 'manifest.json',
    modulePreload: { polyfill: false },
    // An inlined asset would be a data: address, which the policy does not allow for scripts and fonts.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      // Advice to plugin writers, which a first start would print to whoever only wanted to see the product.
      checks: { bundlerTimings: false },
      output: {
        chunkFileNames: ({ name }) => `assets/${basename(name)}-[hash].js`,
        codeSplitting: { groups: chunkGroups(join(ROOT, 'src')) },
      },
    },
  },
});
