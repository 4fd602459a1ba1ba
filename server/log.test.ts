import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from './failure.ts';
import { createLog, createScrubber, type LogOptions } from './log.ts';

function memoryLog(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const log = createLog({ level: 'trace', ...options, destination: { write } });
  return { log, text: () => lines.join(''), last: () => JSON.parse(lines.at(-1) ?? '') };
}

/** One of each known kind; every one holds the word that must never be printed. */
const CANARIES = [
  'sk-CANARY0123456789',
  'sk-or-v1-CANARY0123456789',
  'sk-ant-api03-CANARY_0123456789',
  'sk-proj-CANARY-0123456789',
  'gsk_CANARY0123456789',
  'xai-CANARY0123456789',
  'AIzaSyCANARY0123456789',
  'tk_CANARY0123456789',
];

test('a credential of a known kind is masked in messages, fields, nested values, errors and stacks', () => {
  for (const canary of CANARIES) {
    const { log, text } = memoryLog();
    log.info(`key ${canary} was refused`);
    log.info({ note: canary, deep: { list: [`<${canary}>`] } }, 'a field');
    log.child({ bound: canary }).warn('a child');
    const error = new Error(`upstream said: bad key "${canary}"`);
    log.error({ err: new Error('outer', { cause: error }) }, 'an error');
    log.error(error);
    assert.doesNotMatch(text(), /CANARY/, canary);
    assert.match(text(), /\[masked\]/);
  }
});

test('what follows Bearer or Basic is masked, whatever it looks like', () => {
  const { log, text } = memoryLog();
  log.info('authorization was Bearer CANARY.abc/def== and basic CANARY2');
  log.info({ line: 'Bearer   CANARY3' });
  assert.doesNotMatch(text(), /CANARY/);
});

test('a field that is called like a secret is masked, also inside JSON that was logged as text', () => {
  const { log, text, last } = memoryLog();
  log.info({ headers: { 'x-api-key': 'CANARY1', Cookie: 'a=CANARY2', accept: 'text/html' } });
  log.info({ password: 'CANARY"3\\', apiKey: 'CANARY4', kept: 'yes' });
  assert.equal(last().kept, 'yes');
  log.info({ body: JSON.stringify({ token: 'CANARY5', model: 'm' }) });
  assert.match(last().body, /"model":"m"/);
  assert.doesNotMatch(text(), /CANARY/);
});

test('credentials in an address are masked', () => {
  const { log, last } = memoryLog();
  log.info('connecting to https://user:CANARY@host.example/v1');
  assert.equal(last().msg, 'connecting to https://[masked]@host.example/v1');
});

test('a secret that is given is masked wherever it stands, without looking like one', () => {
  const secret = 'plain"words\\0123';
  const { log, text, last } = memoryLog({
    secrets: [secret, 'short', 'plain"words\\0123-and-more'],
  });
  log.info({ note: `${secret}-and-more` }, `it was ${secret}.`);
  assert.doesNotMatch(text(), /plain/);
  assert.equal(last().note, '[masked]');
  log.info('short words stay');
  assert.equal(last().msg, 'short words stay');
});

test('ordinary text is left as it is', () => {
  const scrub = createScrubber();
  const plain =
    '{"msg":"task-force, risk-free, req_0190abcdef, https://host.example/a?b=c@d, 12 tokens"}';
  assert.equal(scrub(plain), plain);
});

test('an error shows its listed fields and no others', () => {
  const { log, last } = memoryLog();
  const error = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', request: 'CANARY' });
  const failure = new Failure('upstream_unreachable', { detail: 'no route', cause: error });
  log.error({ err: failure });
  const { err } = last();
  assert.deepEqual(Object.keys(err), ['type', 'message', 'code', 'detail', 'stack', 'cause']);
  assert.equal(err.code, 'upstream_unreachable');
  assert.equal(err.detail, 'no route');
  assert.equal(err.cause.code, 'ECONNREFUSED');
  assert.equal('request' in err.cause, false);
});

test('an error that causes itself, and a thrown value that is no error, are written', () => {
  const { log, last } = memoryLog();
  const error = new Error('round');
  error.cause = error;
  log.error({ err: error });
  assert.equal(last().err.cause.cause.cause.cause.cause, undefined);
  log.error({ err: 'just text' });
  assert.deepEqual(last().err, { type: 'string', message: 'just text' });
});

test('a line carries its level by name and the time of the clock, and nothing of the machine', () => {
  const clock = { now: () => 0, elapsed: () => 0, after: () => () => 0, every: () => () => 0 };
  const { log, last } = memoryLog({ clock });
  log.warn('hello');
  assert.deepEqual(last(), { level: 'warn', time: '1970-01-01T00:00:00.000Z', msg: 'hello' });
});

test('lines under the level are not written', () => {
  const { log, text } = memoryLog({ level: 'warn' });
  log.info('quiet');
  assert.equal(text(), '');
});

test('without a destination lines go to standard error, and to the file as well, before the process ends', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-log-'));
  try {
    const file = join(folder, 'new', 'proxy.log');
    const script = `
      const { createLog } = await import(${JSON.stringify(new URL('./log.ts', import.meta.url).href)});
      createLog({ level: 'info', file: ${JSON.stringify(file)} }).info('key sk-CANARY0123456789');
      process.exit(0);`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    assert.equal(child.stdout, '');
    assert.match(child.stderr, /"msg":"key sk-\[masked\]"/);
    assert.equal(readFileSync(file, 'utf8'), child.stderr);
    if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a file that cannot be opened stops the start', () => {
  assert.throws(() => memoryLog({ file: join('/dev/null', 'proxy.log') }), /ENOTDIR|EEXIST|ENOENT/);
});

test('a disk that is full is reported once on the first copy and loses nothing there', {
  skip: existsSync('/dev/full') ? false : 'this system has no /dev/full',
}, async () => {
  const lines: string[] = [];
  const reported = Promise.withResolvers<void>();
  const write = (line: string) => {
    lines.push(line);
    if (line.includes('ENOSPC')) reported.resolve();
  };
  const log = createLog({ level: 'info', file: '/dev/full', destination: { write } });
  log.info('one');
  await reported.promise;
  log.info('two');
  const words = lines.map((line) => JSON.parse(line).msg);
  assert.deepEqual(words, ['one', 'the log file cannot be written and gets no more lines', 'two']);
});
