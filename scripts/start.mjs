/**
 * The entry of `npm start`, in plain JavaScript that an old Node can still read: it says what to do where
 * Node would only complain about an unknown file extension, and otherwise hands over to the server.
 */
const NODE_MAJOR_LEAST = 26;

if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR_LEAST) {
  console.error(
    [
      `Tollkeeper needs Node ${NODE_MAJOR_LEAST} or newer; this is Node ${process.versions.node}.`,
      'Node comes with the project as a package:',
      '  1. run "npm ci" (not with --omit=optional, which leaves it out);',
      '  2. start through npm: "npm start", "npm run demo", "npm test".',
    ].join('\n'),
  );
  process.exit(1);
}

await import('../server/main.ts');
