/**
 * The entry of `npm start`, in plain JavaScript that an old Node can still read: it says what to do where
 * Node would only complain about an unknown file extension. Otherwise it builds the web app where that is missing or
 * stale, and hands over to the server.
 */
import { join } from 'node:path';

const NODE_MAJOR_MIN = 26;

if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR_MIN) {
  console.error(
    [
      `Tollkeeper needs Node ${NODE_MAJOR_MIN} or newer; this is Node ${process.versions.node}.`,
      'Node comes with the project as a package:',
      '  1. run "npm ci" (not with --omit=optional, which leaves it out);',
      '  2. start through npm: "npm start", "npm run demo", "npm test".',
    ].join('\n'),
  );
  process.exit(1);
}

// The sources are TypeScript: with what was compiled before kept beside the packages, a start takes half the time. Threads
// read the variable, and this thread began before it was set.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '../node_modules/.cache/compiled');
const { enableCompileCache } = await import('node:module');
enableCompileCache();

const command = process.argv[2];
if (command === 'build') {
  const { buildWeb } = await import('./web-build.ts');
  process.exitCode = (await buildWeb({ isForced: true })) ? 0 : 1;
} else {
  if (command === 'serve' || command === 'demo') {
    const { buildWeb } = await import('./web-build.ts');
    await buildWeb({ isForced: false });
  }
  await import('../server/main.ts');
}
