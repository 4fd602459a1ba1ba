import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { ConfigError, effectiveSettings, loadConfig, secretsOf } from './config.ts';
import type { ConfigSources } from './setting-layers.ts';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function folderWith(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-config-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

type Given = Partial<ConfigSources> & { readonly files?: Readonly<Record<string, string>> };

function load({ files, ...sources }: Given = {}) {
  const cwd = folderWith(files);
  return { cwd, ...loadConfig({ env: {}, cwd, providerIds: ['deepseek', 'openai'], ...sources }) };
}

/** The problems that loading ends with. */
function problemsOf(given: Given): readonly string[] {
  try {
    load(given);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  }
  return assert.fail('the settings were accepted');
}

function problemOf(given: Given): string {
  const problems = problemsOf(given);
  assert.equal(problems.length, 1, problems.join('\n'));
  return problems[0] ?? '';
}

suite('defaults', () => {
  test('nothing set gives a server on loopback with its data beside it', () => {
    const { cwd, config, notices } = load();
    assert.deepEqual(config.server, {
      host: '127.0.0.1',
      port: 8000,
      env: 'development',
      trustProxy: [],
      allowedOrigins: [],
      maxBodyBytes: 67_108_864,
      shutdownTimeoutMs: 30_000,
    });
    assert.deepEqual(config.storage, {
      dataDir: join(cwd, 'data'),
      databaseFile: join(cwd, 'data', 'tollkeeper.db'),
      backupIntervalHours: 24,
      backupsKept: 7,
    });
    assert.equal(config.upstream.base, 'https://api.openai.com/v1');
    assert.equal(config.access.adminToken, undefined);
    assert.deepEqual(config.providerKeys, []);
    assert.deepEqual(notices, []);
  });

  test('an empty value counts as unset in every layer', () => {
    const { config } = load({
      env: { PORT: '', UPSTREAM_API_KEY: '  ' },
      files: { '.env': 'HOST=\nPORT=81\n', 'config.yaml': 'log_level:\nadmin_token: ""\n' },
    });
    assert.equal(config.server.port, 81);
    assert.equal(config.server.host, '127.0.0.1');
    assert.equal(config.upstream.apiKey, undefined);
    assert.equal(config.access.adminToken, undefined);
  });

  test('the configuration cannot be changed after it is read', () => {
    const { config } = load({ env: { ALLOWED_ORIGINS: 'https://a.example', OPENAI_API_KEY: 'k' } });
    const parts = [config, config.server, config.server.allowedOrigins, config.providerKeys];
    for (const part of [...parts, config.providerKeys[0]]) assert.ok(Object.isFrozen(part));
  });
});

suite('precedence', () => {
  test('flags win over config.yaml, environment, .env.local, .env and defaults, in this order', () => {
    const layers = {
      flags: { port: '1' },
      env: { PORT: '3' },
      files: { 'config.yaml': 'port: 2', '.env.local': 'PORT=4', '.env': 'PORT=5' },
    };
    const { flags, env, files } = layers;
    const without = (gone: readonly string[]) =>
      Object.fromEntries(Object.entries(files).filter(([name]) => !gone.includes(name)));
    const portOf = (given: Given) => load(given).config.server.port;
    assert.equal(portOf(layers), 1);
    assert.equal(portOf({ env, files }), 2);
    assert.equal(portOf({ env, files: without(['config.yaml']) }), 3);
    assert.equal(portOf({ files: without(['config.yaml']) }), 4);
    assert.equal(portOf({ files: without(['config.yaml', '.env.local']) }), 5);
    assert.equal(portOf({ flags, env }), 1);
    assert.equal(portOf({}), 8000);
  });

  test('a flag and a line of config.yaml may be spelled in any of the usual ways', () => {
    assert.equal(load({ flags: { dataDir: '/srv/a' } }).config.storage.dataDir, '/srv/a');
    assert.equal(load({ flags: { 'data-dir': '/srv/b' } }).config.storage.dataDir, '/srv/b');
    const files = { 'config.yaml': 'DATA_DIR: /srv/c' };
    assert.equal(load({ files }).config.storage.dataDir, '/srv/c');
  });

  test('a flag names another settings file, which then must exist', () => {
    const files = { 'mine.yaml': 'port: 9', 'config.yaml': 'port: 10' };
    assert.equal(load({ files, flags: { config: 'mine.yaml' } }).config.server.port, 9);
    assert.match(problemOf({ flags: { config: 'gone.yaml' } }), /cannot be read \(ENOENT\)/);
  });
});

test('what is set and has no effect is told, without its value', () => {
  const env = { REDIS_URL: 'redis://canary', SMTP_PASSWORD: 'canary' };
  const { notices } = load({ env, files: { '.env': 'SMTP_SERVER=mail.example.org' } });
  assert.deepEqual(notices, [
    'REDIS_URL (environment) without effect: this version runs as one process.',
    'SMTP_PASSWORD (environment), SMTP_SERVER (.env) without effect: this version sends no mail.',
  ]);
});

suite('several names for one thing', () => {
  test('the first name wins within a layer, with a notice that holds no value', () => {
    const env = { API_KEY: 'canary-two', ADMIN_TOKEN: 'canary-one' };
    const { config, notices } = load({ env });
    assert.equal(config.access.adminToken, 'canary-one');
    assert.deepEqual(notices, [
      'API_KEY (environment) is passed over, because ADMIN_TOKEN (environment) is set.',
    ]);
  });

  test('a later name alone works and gives no notice', () => {
    const { config, notices } = load({ env: { API_KEY: 'only' } });
    assert.equal(config.access.adminToken, 'only');
    assert.deepEqual(notices, []);
  });

  test('a higher layer wins whatever name it uses', () => {
    const { config, notices } = load({
      env: { API_KEY: 'shell' },
      files: { '.env': 'ADMIN_TOKEN=file' },
    });
    assert.equal(config.access.adminToken, 'shell');
    assert.equal(notices.length, 1);
  });
});

suite('config.yaml', () => {
  test('an unknown key is an error that suggests the nearest name', () => {
    const sentence = problemOf({ files: { 'config.yaml': 'prot: 80' } });
    assert.equal(sentence, '"prot" (config.yaml) is not a setting. Did you mean port?');
    assert.match(
      problemOf({ files: { 'config.yaml': 'deepseek_api_kye: x' } }),
      /deepseek_api_key\?/,
    );
    assert.doesNotMatch(
      problemOf({ files: { 'config.yaml': 'zebra_crossing: 1' } }),
      /Did you mean/,
    );
  });

  test('a flag that is no setting is an error too, a variable of the environment is not', () => {
    assert.match(problemOf({ flags: { prot: '80' } }), /command line/);
    assert.equal(load({ env: { PROT: '80' } }).config.server.port, 8000);
  });

  test('values keep the text in which they were written', () => {
    const files = { 'config.yaml': 'admin_token: 0123\nself_service_keys: yes\nport: 8_1' };
    assert.match(problemOf({ files }), /PORT \(config.yaml\) must be a whole number/);
    const good = { 'config.yaml': 'admin_token: 0123\nself_service_keys: yes' };
    assert.equal(load({ files: good }).config.access.adminToken, '0123');
    assert.equal(load({ files: good }).config.access.selfServiceKeys, true);
  });

  test('a list and a mapping may be written as YAML', () => {
    const text = [
      'allowed_origins: [https://a.example, "http://b.example:3000"]',
      'model_pricing_json:',
      '  small: { input: 0.00015, output: 6e-4 }',
    ];
    const { config } = load({ files: { 'config.yaml': text.join('\n') } });
    assert.deepEqual(config.server.allowedOrigins, ['https://a.example', 'http://b.example:3000']);
    assert.deepEqual(JSON.parse(config.pricing.modelPricingJson ?? ''), {
      small: { input: '0.00015', output: '6e-4' },
    });
  });

  test('one setting written twice, broken YAML and a list at the top are refused', () => {
    assert.match(
      problemOf({ files: { 'config.yaml': 'dataDir: a\ndata_dir: b' } }),
      /are the same/,
    );
    assert.match(problemOf({ files: { 'config.yaml': '- port' } }), /"name: value" lines/);
    const broken = problemOf({ files: { 'config.yaml': 'port: 1\nadmin_token: "canary' } });
    assert.match(broken, /not valid YAML at line 2/);
    assert.doesNotMatch(broken, /canary/);
  });

  test('an empty file is no settings', () => {
    assert.equal(load({ files: { 'config.yaml': '# nothing yet\n' } }).config.server.port, 8000);
  });
});

suite('values', () => {
  const refused: readonly (readonly [name: string, text: string])[] = [
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80a'],
    ['PORT', '99999999999999999999'],
    ['HOST', 'http://localhost'],
    ['LOG_LEVEL', 'loud'],
    ['ENV', 'staging'],
    ['SELF_SERVICE_KEYS', 'maybe'],
    ['MAX_BODY_BYTES', '0'],
    ['IDLE_TIMEOUT_MS', '0'],
    ['SELF_SERVICE_BUDGET_USD', '10000000'],
    ['UPSTREAM_PRICES', 'somebody'],
    ['UPSTREAM_BASE', 'ftp://host/v1'],
    ['UPSTREAM_BASE', 'host/v1'],
    ['UPSTREAM_BASE', 'https://user:canary@host/v1'],
    ['UPSTREAM_BASE', 'https://host/v1?key=canary'],
    ['UPSTREAM_BASE', 'https://host/v1#part'],
    ['DEEPSEEK_API_URL', 'file:///etc/passwd'],
    ['ALLOWED_ORIGINS', '*'],
    ['ALLOWED_ORIGINS', 'https://a.example/path'],
    ['ADMIN_TOKEN', 'canary token'],
    ['UPSTREAM_API_KEY', 'canary\u00e9'],
    ['OPENROUTER_SITE_NAME', 'two\nlines'],
  ];
  for (const [name, text] of refused) {
    test(`${name} refuses ${JSON.stringify(text)}, naming itself and its source`, () => {
      const sentence = problemOf({ env: { [name]: text } });
      assert.ok(sentence.startsWith(`${name} (environment) `), sentence);
      assert.doesNotMatch(sentence, /canary/);
    });
  }

  test('every fault is reported at once', () => {
    const problems = problemsOf({ env: { PORT: 'x', LOG_LEVEL: 'y', ADMIN_TOKEN: 'a b' } });
    assert.equal(problems.length, 3);
  });

  test('booleans and words are read in any case', () => {
    for (const text of ['true', '1', 'YES']) {
      assert.equal(load({ env: { SELF_SERVICE_KEYS: text } }).config.access.selfServiceKeys, true);
    }
    for (const text of ['False', '0', 'no']) {
      assert.equal(load({ env: { SELF_SERVICE_KEYS: text } }).config.access.selfServiceKeys, false);
    }
    assert.equal(load({ env: { LOG_LEVEL: 'WARN' } }).config.log.level, 'warn');
    assert.equal(load({ env: { UPSTREAM_PRICES: 'deepseek' } }).config.upstream.prices, 'deepseek');
    assert.equal(load({ env: { PORT: '0' } }).config.server.port, 0);
  });

  test('an address loses its trailing slashes', () => {
    const { config } = load({ env: { UPSTREAM_BASE: 'http://127.0.0.1:11434/v1//' } });
    assert.equal(config.upstream.base, 'http://127.0.0.1:11434/v1');
  });
});

suite('the database', () => {
  const fileFor = (name: string, text: string) => {
    const { cwd, config } = load({ env: { [name]: text } });
    return config.storage.databaseFile.replace(cwd, 'CWD');
  };

  test('a path or sqlite: names the file', () => {
    assert.equal(fileFor('DATABASE_PATH', 'books.db'), 'CWD/books.db');
    assert.equal(fileFor('DATABASE_PATH', '/srv/books.db'), '/srv/books.db');
    assert.equal(fileFor('DATABASE_URL', 'sqlite:books.db'), 'CWD/books.db');
    assert.equal(fileFor('DATABASE_URL', 'sqlite:///srv/books.db'), '/srv/books.db');
    assert.equal(fileFor('DATABASE_URL', 'sqlite:////srv/books.db'), '/srv/books.db');
    assert.equal(fileFor('DATABASE_URL', 'sqlite:///./books.db'), 'CWD/books.db');
    assert.equal(fileFor('DATA_DIR', '/srv/tk'), '/srv/tk/tollkeeper.db');
  });

  test('a PostgreSQL address is refused in words that do not repeat it', () => {
    for (const text of [
      'postgres://u:canary@h/db',
      'postgresql://h/db',
      'postgresql+asyncpg://h/d',
    ]) {
      const sentence = problemOf({ env: { DATABASE_URL: text } });
      assert.match(sentence, /^DATABASE_URL \(environment\) .*stores in SQLite only/);
      assert.doesNotMatch(sentence, /canary/);
    }
  });

  test('another scheme, a database in memory and a bare sqlite: are refused', () => {
    for (const text of [
      'mysql://h/db',
      'sqlite::memory:',
      ':memory:',
      'sqlite:',
      'sqlite://host/x',
    ]) {
      assert.match(problemOf({ env: { DATABASE_URL: text } }), /must be the path of a/, text);
    }
  });
});

suite('secrets', () => {
  test('a secret may stand in a file, whose last newline is not part of it', () => {
    const files = { token: 'canary\n', key: 'sk-1\r\n' };
    const env = { ADMIN_TOKEN_FILE: 'token', DEEPSEEK_API_KEY_FILE: 'key' };
    const { config } = load({ files, env });
    assert.equal(config.access.adminToken, 'canary');
    assert.equal(config.providerKeys[0]?.secret, 'sk-1');
  });

  test('a secret file that is missing or empty is an error', () => {
    assert.match(problemOf({ env: { ADMIN_TOKEN_FILE: 'gone' } }), /ADMIN_TOKEN_FILE.*ENOENT/);
    const files = { empty: '\n' };
    assert.match(problemOf({ files, env: { ADMIN_TOKEN_FILE: 'empty' } }), /empty file/);
  });

  test('only a secret has a _FILE form', () => {
    assert.match(problemOf({ files: { 'config.yaml': 'port_file: x' } }), /not a setting/);
  });

  test('each provider of the registry reads its own key and address, in the order of the registry', () => {
    const env = {
      OPENAI_API_KEY: 'sk-o',
      DEEPSEEK_API_KEY: 'sk-d',
      DEEPSEEK_API_URL: 'http://10.0.0.1/v1/',
    };
    const { config } = load({ env });
    assert.deepEqual(config.providerKeys, [
      { providerId: 'deepseek', secret: 'sk-d' },
      { providerId: 'openai', secret: 'sk-o' },
    ]);
    assert.deepEqual(config.providerBases, { deepseek: 'http://10.0.0.1/v1' });
  });

  test('an address without a key holds for the keys that are stored', () => {
    const { config, notices } = load({ env: { DEEPSEEK_API_URL: 'http://10.0.0.1' } });
    assert.deepEqual(config.providerKeys, []);
    assert.deepEqual(config.providerBases, { deepseek: 'http://10.0.0.1' });
    assert.deepEqual(notices, []);
  });

  test('the settings in force show every setting and no secret', () => {
    const { config } = load({
      env: {
        ADMIN_TOKEN: 'canary-admin',
        UPSTREAM_API_KEY: 'canary-upstream',
        OPENAI_API_KEY: 'canary-provider',
        OPENAI_API_URL: 'http://10.0.0.2',
        ALLOWED_ORIGINS: 'https://a.example',
      },
    });
    const settings = effectiveSettings(config);
    assert.doesNotMatch(JSON.stringify(settings), /canary/);
    const shown = (name: string) => {
      const found = settings.filter((setting) => setting.name === name);
      assert.equal(found.length, 1, name);
      return [found[0]?.isSet, found[0]?.isSecret, found[0]?.value];
    };
    assert.deepEqual(shown('PORT'), [true, false, '8000']);
    assert.deepEqual(shown('ADMIN_TOKEN'), [true, true, null]);
    assert.deepEqual(shown('PROXY_LOG_PATH'), [false, false, null]);
    assert.deepEqual(shown('ALLOWED_ORIGINS'), [true, false, '["https://a.example"]']);
    assert.deepEqual(shown('OPENAI_API_KEY'), [true, true, null]);
    assert.deepEqual(shown('OPENAI_API_URL'), [true, false, 'http://10.0.0.2']);
    assert.deepEqual(secretsOf(config), ['canary-admin', 'canary-upstream', 'canary-provider']);
  });
});
