/**
 * The contract as the app needs it when it runs: addresses and plain values. Its schemas give the app its types, and
 * the server checks what is sent. To carry them, and the library that reads them, would be some 30 kB more for a first
 * visit.
 */
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'vite';
import { z } from 'zod';

const API = /\/contract\/api\/[\w-]+\.ts$/;

export function bareContract(): Plugin {
  return {
    name: 'tollkeeper-bare-contract',
    enforce: 'pre',
    async load(id) {
      if (!API.test(id)) return null;
      const exported = (await import(pathToFileURL(id).href)) as Readonly<Record<string, unknown>>;
      // A name that is left out and yet imported ends the build.
      return Object.entries(exported)
        .map(([name, value]) => [name, JSON.stringify(bare(value))] as const)
        .filter(([, text]) => text !== undefined)
        .map(([name, text]) => `export const ${name} = ${text};`)
        .join('\n');
    },
  };
}

/** What is left of a value; undefined: nothing, because it is or holds what only runs on the server. */
function bare(value: unknown): unknown {
  if (typeof value === 'function' || value instanceof z.ZodType) return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value;
  if ('method' in value && 'path' in value) return { method: value.method, path: value.path };
  const kept = Object.entries(value).map(([name, part]) => [name, bare(part)] as const);
  return kept.some(([, part]) => part === undefined) ? undefined : Object.fromEntries(kept);
}
