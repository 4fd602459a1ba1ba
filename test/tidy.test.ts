import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import * as code from './tidy/code-rules.ts';
import * as house from './tidy/house-rules.ts';
import * as prose from './tidy/text-rules.ts';
import { Tree } from './tidy/tree.ts';

interface Law {
  readonly title: string;
  readonly rule: house.Rule;
  /** Trees that break the rule, each in one way. */
  readonly breaks: readonly Readonly<Record<string, string>>[];
  /** A tree that comes close and keeps it. */
  readonly keeps: Readonly<Record<string, string>>;
}

const lines = (count: number, line: string) => `${line}\n`.repeat(count);

const LAWS: readonly Law[] = [
  {
    title: 'imports follow the arrows of the drawing',
    rule: house.everyArrowIsDrawn,
    breaks: [
      { 'server/ledger/ledger.ts': "import { records } from '../records/records.ts';" },
      { 'server/http/http.ts': "import type { Db } from '../storage/storage.ts';" },
      { 'server/storage/storage.ts': "import '../gateway/gateway.ts';" },
      { 'server/clock.ts': "import { log } from './log.ts';" },
      { 'server/reports/reports.ts': "const late = await import('../vault/vault.ts');" },
      { 'server/cellar/cellar.ts': "import '../config.ts';" },
      { 'server/app.ts': "import '../test/harness.ts';" },
      { 'web/src/client.ts': "import '../../server/config.ts';" },
      { 'web/src/client.ts': "import 'node:fs';" },
      { 'contract/money.ts': "import '../server/config.ts';" },
      { 'contract/money.ts': "import 'yaml';" },
    ],
    keeps: {
      'server/gateway/gateway.ts': "import '../ledger/ledger.ts'; import '../config.ts';",
      'server/http/http.ts': "import '../administration/administration.ts'; import 'fastify';",
      'server/provider-keys/provider-keys.ts': "import '../vault/vault.ts';",
      'server/main.ts': "import './app.ts'; import './storage/storage.ts';",
      'server/ledger/ledger.test.ts': "import '../records/records.ts';",
      'server/http/edge-for-tests.ts': "import '../storage/storage.ts';",
      'web/src/client.ts': "import { money } from '../../contract/money.ts';",
      'contract/api/keys.ts': "import { z } from 'zod'; import '../money.ts';",
    },
  },
  {
    title: 'a room is entered by its door',
    rule: house.roomsAreEnteredByTheDoor,
    breaks: [
      { 'server/gateway/gateway.ts': "import '../ledger/holds.ts';" },
      { 'server/app.ts': "import './storage/sqlite.ts';" },
      { 'server/ledger/ledger.ts': "import '../storage/tables/records-tables.ts';" },
    ],
    keeps: {
      'server/gateway/gateway.ts': "import '../ledger/ledger.ts'; import './plan.ts';",
      'server/ledger/ledger.ts':
        "import '../storage/tables/ledger-tables.ts'; import './holds.ts';",
    },
  },
  {
    title: 'the parts of a room import downwards',
    rule: house.partsImportDownwards,
    breaks: [
      { 'server/gateway/request/plan.ts': "import '../answer/relay.ts';" },
      { 'server/gateway/cellar/plan.ts': '' },
      { 'server/ledger/books/entries.ts': '' },
      { 'web/src/ui/forms/fold.tsx': "import '../charts/chart.tsx';" },
    ],
    keeps: {
      'server/gateway/charge/settlement.ts': "import '../answer/relay.ts'; import '../turn.ts';",
      'server/gateway/gateway.ts': "import './charge/settlement.ts';",
    },
  },
  {
    title: 'no imports run in a circle',
    rule: house.noCircles,
    breaks: [
      {
        'server/a.ts': "import { type B, b } from './b.ts';",
        'server/b.ts': "export * from './c.ts';",
        'server/c.ts': "import './a.ts';",
      },
    ],
    keeps: {
      'server/a.ts': "import './b.ts'; import './c.ts';",
      'server/b.ts': "import './c.ts';",
      'server/c.ts': "import type { A } from './a.ts';",
    },
  },
  {
    title: 'every source file is reached from an entry',
    rule: house.everyFileIsReached,
    breaks: [
      { 'server/main.ts': "import './app.ts';", 'server/app.ts': '', 'server/old.ts': '' },
      {
        'server/main.ts': '',
        'server/one.ts': "import './two.ts';",
        'server/one.test.ts': "import './one.ts';",
        'server/two.ts': "import './one.ts';",
      },
    ],
    keeps: {
      'server/main.ts': "import './app.ts';",
      'server/app.ts': "const entry = './writer.ts'; new Worker(new URL(entry, import.meta.url));",
      'server/writer.ts': "import '../contract/money.ts';",
      'server/app.test.ts': '',
      'contract/money.ts': '',
    },
  },
  {
    title: 'no file or folder is named as a drawer for the homeless',
    rule: code.noDrawersForTheHomeless,
    breaks: [
      { 'server/utils/money.ts': '' },
      { 'web/src/index.tsx': '' },
      { 'test/helpers.test.ts': '' },
    ],
    keeps: { 'server/common-sense/indexes.ts': '' },
  },
  {
    title: 'a function has at most 70 lines',
    rule: code.functionsAreShort,
    breaks: [
      { 'server/a.ts': `export function long(): void {\n${lines(69, '  step();')}}` },
      { 'test/a.test.ts': `test('x', async () => {\n${lines(69, '  step();')}});` },
      { 'server/a.ts': `class K {\n  run<T>(a: T): { b: T } {\n${lines(69, '  a;')}  }\n}` },
    ],
    keeps: {
      'server/a.ts': `export function full(): void {\n${lines(68, '  step();')}}`,
      'server/a.test.ts': `describe('room', () => {\n${lines(90, '  test();')}});`,
      'server/b.ts': `const table = {\n${lines(90, '  a: 1,')}};`,
    },
  },
  {
    title: 'a file over 400 lines says why at its top',
    rule: code.longFilesSayWhy,
    breaks: [{ 'server/a.ts': lines(401, 'step();') }],
    keeps: {
      'server/a.ts': lines(400, 'step();'),
      'server/b.ts': `// Over 400 lines because it is one table.\n${lines(400, 'row();')}`,
    },
  },
  {
    title: 'the environment is read in the configuration only',
    rule: code.settingsAreReadInConfig,
    breaks: [
      { 'server/app.ts': "const level = process.env['LEVEL'];" },
      { 'web/src/a.ts': 'const { env } = process; process.env.X;' },
      { 'server/app.ts': "import { env } from 'node:process';" },
    ],
    keeps: {
      'server/config.ts': 'const all = process.env;',
      'server/app.ts': "// process.env\nconst text = 'process.env';",
      'server/app.test.ts': "process.env['LONG'];",
      'scripts/test.ts': 'process.env;',
    },
  },
  {
    title: 'time is asked of the clock',
    rule: code.timeIsAskedOfTheClock,
    breaks: [
      { 'server/app.ts': 'const now = Date.now();' },
      { 'server/app.ts': 'const now = new Date();' },
      { 'server/app.ts': 'setTimeout(run, 5);' },
      { 'server/app.ts': 'performance.now();' },
      { 'server/app.ts': 'AbortSignal.timeout(5);' },
      { 'server/app.ts': "import { setTimeout as sleep } from 'node:timers/promises';" },
    ],
    keeps: {
      'server/clock.ts': 'Date.now(); setInterval(run, 5);',
      'server/app.ts': "new Date(0); Date.parse(text); socket.setTimeout(5); 'Date.now()';",
      'server/app.test.ts': 'Date.now();',
      'bench/gateway.ts': 'performance.now();',
    },
  },
  {
    title: 'T52: other machines are reached by the outbound door',
    rule: code.otherMachinesAreReachedByTheOutboundDoor,
    breaks: [
      { 'server/app.ts': 'await fetch(address);' },
      { 'server/app.ts': 'const call = globalThis.fetch;' },
      { 'server/app.ts': "import { Pool } from 'undici';" },
      { 'server/http/http.ts': "import { request } from 'node:http';" },
      { 'server/http/http.ts': "import * as http from 'node:http';" },
      { 'server/demo/demo.ts': "import { request } from 'node:http';" },
      { 'server/app.ts': "import { createServer } from 'node:http';" },
      { 'server/app.ts': "import { connect } from 'node:net';" },
      { 'server/app.ts': "new WebSocket('wss://host');" },
    ],
    keeps: {
      'server/outbound.ts': "import { Pool } from 'undici'; fetch(address);",
      'server/http/http.ts': "import { createServer, type IncomingMessage } from 'node:http';",
      'server/demo/demo.ts': "import { createServer } from 'node:http';",
      'server/plan.ts': "import type { IncomingHttpHeaders } from 'node:http';",
      'server/app.ts': "import { isIP } from 'node:net'; cache.fetch(name); // fetch(",
      'web/src/client.ts': 'fetch(address);',
      'test/harness.ts': "import { request } from 'node:http';",
    },
  },
  {
    title: 'the database is opened in its room',
    rule: code.sqliteIsOpenedInStorage,
    breaks: [{ 'server/ledger/ledger.ts': "import { DatabaseSync } from 'node:sqlite';" }],
    keeps: { 'server/storage/sqlite.ts': "import { DatabaseSync } from 'node:sqlite';" },
  },
  {
    title: 'text is never run as code',
    rule: code.textIsNeverRun,
    breaks: [
      { 'server/app.ts': 'eval(text);' },
      { 'test/a.test.ts': 'const run = new Function(text);' },
      { 'scripts/a.mjs': "import vm from 'node:vm';" },
    ],
    keeps: { 'server/app.ts': "redis.eval(script); const retrieval = f; 'eval(x)';" },
  },
  {
    title: 'vendors are named by providers, prices and fixtures only',
    rule: code.vendorsAreNamedInProviders,
    breaks: [
      { 'server/gateway/gateway.ts': "if (provider.id === 'openai') run();" },
      { 'server/gateway/gateway.ts': 'const groqLimit = 3;' },
      { 'web/src/logo.tsx': 'export const Logo = () => <p>DeepSeek</p>;' },
      { 'server/gateway/gateway.ts': 'const xaiKey = 1;' },
      { 'server/accounts/mistral.ts': '' },
      { 'server/config.ts': "const base = 'https://api.mistral.ai/v1';" },
    ],
    keeps: {
      'server/providers/groq.ts': "export const groq = { id: 'groq' };",
      'server/metering/price-book.ts': "const corrected = ['gemini-3-pro'];",
      'server/gateway/gateway.ts':
        "// as OpenAI does\nif (dialect === 'anthropic') run(); const maxAir = 'OpenAI-compatible';",
      'server/config.ts': "const base = 'https://api.openai.com/v1';",
      'server/http/http.ts': "import { chat } from '../../contract/openai-api.ts';",
      'test/journeys/sdk.test.ts': "import OpenAI from 'openai';",
    },
  },
  {
    title: 'documents name only paths that exist',
    rule: prose.documentsNameWhatExists,
    breaks: [
      { 'README.md': 'See `server/gone.ts`.' },
      { 'README.md': 'See [the guide](docs/guide.md).' },
      { 'docs/a.md': 'See `gone.yaml`.' },
      { 'server/app.ts': '', 'docs/a.md': 'See [the app](../server/apps.ts#start).' },
      { 'README.md': 'Fixtures are in `test/fixtures/`.' },
    ],
    keeps: {
      'README.md': [
        '`server/app.ts`, `app.ts`, `./server/`, `server/app.ts:12`, [app](server/app.ts#start),',
        '`/v1/chat`, `chat/completions`, `server/*.ts`, `docs/<name>.md`, `config.yaml`, `data/x.db`, `index.ts`, `.ts`,',
        '[site](https://host.example/gone.md), [below](#below)',
        '```sh',
        'cat `server/gone.ts`',
        '```',
      ].join('\n'),
      'server/app.ts': '',
      'docs/a.md': '[up](../README.md)',
    },
  },
  {
    title: 'the lock file names no addresses',
    rule: prose.theLockNamesNoAddresses,
    breaks: [
      { 'package-lock.json': '{\n "resolved": "https://registry.example/zod.tgz"\n}' },
      { 'bench/portkey/package-lock.json': '{ "resolved": "git+ssh://host/x" }' },
    ],
    keeps: {
      'package-lock.json': '{ "resolved": "web", "link": true, "url": "https://fund.example" }',
    },
  },
];

const project = Tree.at(join(import.meta.dirname, '..'));

test('the project is read with its code, tests, documents and lock file', () => {
  for (const path of ['server/config.ts', 'test/tidy.test.ts', 'package-lock.json', '.ci/run']) {
    assert.ok(project.has(path), path);
  }
  assert.ok(project.paths.every((path) => !path.includes('node_modules')));
});

for (const { title, rule, breaks, keeps } of LAWS) {
  test(title, () => assert.deepEqual(rule(project), []));

  test(`a breach is seen, and only a breach: ${title}`, () => {
    for (const files of breaks)
      assert.notDeepEqual(rule(Tree.of(files)), [], JSON.stringify(files));
    assert.deepEqual(rule(Tree.of(keeps)), []);
  });
}
