/**
 * Builds the web app, at once or only when it is missing or older than its sources. What a build was made from is
 * kept beside it as a digest: times of files mean nothing after a checkout.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const DIGEST = join(ROOT, 'web/dist/built-from');
const SOURCES = ['web/**/*.*', 'contract/**/*.ts', 'package-lock.json'];

/** The sources of the app in one digest. Tests and what a build writes do not count. */
function digestOfSources(): string {
  const paths = globSync(SOURCES, {
    cwd: ROOT,
    exclude: ['web/dist/**', '**/node_modules/**', '**/*.test.ts'],
    withFileTypes: true,
  })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const path of paths) {
    hash
      .update(`${path.slice(ROOT.length)}\0`)
      .update(readFileSync(path))
      .update('\0');
  }
  return hash.digest('hex');
}

function builtFrom(): string | null {
  return existsSync(DIGEST) ? readFileSync(DIGEST, 'utf8') : null;
}

/** The build tool, or null where only the runtime packages are installed. */
function buildTool(): string | null {
  try {
    const require = createRequire(import.meta.url);
    return join(dirname(require.resolve('vite/package.json')), 'bin/vite.js');
  } catch {
    // Not installed, which is an answer.
    return null;
  }
}

async function runBuild(tool: string): Promise<boolean> {
  // Named by the surroundings, another kind would be built: a third heavier, with the checks of development in it.
  const env = { ...process.env, NODE_ENV: 'production' };
  const child = spawn(process.execPath, [tool, 'build', '--config', 'web/vite.config.ts'], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise<number>((done) => {
    child.once('error', () => done(1));
    child.once('exit', (exit) => done(exit ?? 1));
  });
  return code === 0;
}

/**
 * Builds and says so in one line on standard output.
 *
 * @param isForced builds also what is up to date
 * @returns whether an app of these sources is there now
 */
export async function buildWeb({ isForced }: { readonly isForced: boolean }): Promise<boolean> {
  const digest = digestOfSources();
  const before = builtFrom();
  if (before === digest && !isForced) return true;
  const tool = buildTool();
  if (tool === null) {
    const what = before === null ? 'is missing' : 'is older than its sources';
    process.stdout.write(
      `The web app ${what}, and the build tools are not installed: run npm ci.\n`,
    );
    return false;
  }
  const startedAt = performance.now();
  if (!(await runBuild(tool))) {
    process.stdout.write('The web app could not be built; the API is served all the same.\n');
    return false;
  }
  writeFileSync(DIGEST, digest);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`The web app was built in ${seconds} s.\n`);
  return true;
}
