/**
 * `npm run check` looks at the code: types and lint. With arguments it is the server's command of that name, which
 * looks at the provider keys: `npm run check -- --once`.
 */
import { spawnSync } from 'node:child_process';

const given = process.argv.slice(2);

function run(command: string, args: readonly string[]): number {
  return spawnSync(command, args, { stdio: 'inherit' }).status ?? 1;
}

if (given.length > 0) {
  process.exitCode = run(process.execPath, ['scripts/start.mjs', 'check', ...given]);
} else {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  process.exitCode = run(npm, ['run', 'check:types']) || run(npm, ['run', 'check:lint']);
}
