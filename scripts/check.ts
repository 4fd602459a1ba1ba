/**
 * `npm run check` looks at the code: types and lint. With arguments it is the server's command of that name, which
 * looks at the provider keys: `npm run check -- --once`.
 */
import { spawnSync } from 'node:child_process';

const given = process.argv.slice(2);

if (given.length > 0) {
  const command = ['scripts/start.mjs', 'check', ...given];
  process.exitCode = spawnSync(process.execPath, command, { stdio: 'inherit' }).status ?? 1;
} else {
  // By way of the shell: on Windows npm is a script of it, which Node itself starts no more.
  const run = (script: string) =>
    spawnSync(`npm run ${script}`, { stdio: 'inherit', shell: true }).status ?? 1;
  process.exitCode = run('check:types') || run('check:lint');
}
