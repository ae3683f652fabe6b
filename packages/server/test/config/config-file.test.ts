import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';

import fc from 'fast-check';

import { ConfigError, type Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { makeFolder } from '../make-folder.ts';
import { UPSTREAM_DEFAULTS } from './upstream-defaults.ts';
import { writeConfig } from './write-config.ts';

const KNOWN =
  'host, port, allowOrigins, data, storeUrl, store, retain, replay, logLevel, onDisconnect, finishTimeoutMs, finishMaxBytes, pingIntervalMs, workers, upstream, upstreamKeyEnv, upstreams';
const KNOWN_OF_UPSTREAM =
  'name, baseURL, keyEnv, keyFile, models, weight, headers, connectTimeoutMs, firstByteTimeoutMs, idleTimeoutMs, ' +
  'totalTimeoutMs, maxConcurrent, maxWaiting, retries, forwardStore, credentials, renames';

async function load(
  t: TestContext,
  content: string | Uint8Array,
  env: Record<string, string> = {},
): Promise<Config> {
  return loadConfig({ config: await writeConfig(t, content) }, env);
}

/** The file is refused, at this line and with this message. */
async function assertRefused(
  t: TestContext,
  content: string | Uint8Array,
  line: number,
  message: string,
  env: Record<string, string> = {},
): Promise<void> {
  const path = await writeConfig(t, content);
  assert.throws(() => loadConfig({ config: path }, env), {
    name: 'ConfigError',
    message: `${path}:${line}: ${message}`,
  });
}

describe('a configuration file', () => {
  it('is YAML', async (t) => {
    const config = await load(
      t,
      `# Our server.
host: '::1'
port: 8080
data: /var/lib/colloquy  # a disk of its own
store: always
logLevel: warn
upstreams:
  - baseURL: http://127.0.0.1:11434/v1
`,
    );
    assert.deepEqual(config, {
      host: '::1',
      port: 8080,
      allowedOrigins: [],
      dataDir: '/var/lib/colloquy',
      storeUrl: undefined,
      storePolicy: 'always',
      retain: [],
      replay: 'off',
      logLevel: 'warn',
      onDisconnect: 'finish',
      finishTimeoutMs: 300_000,
      finishMaxBytes: 16_777_216,
      pingIntervalMs: 15_000,
      workers: 1,
      upstreams: [
        {
          name: '127.0.0.1:11434',
          baseURL: 'http://127.0.0.1:11434/v1',
          keyEnv: undefined,
          apiKey: undefined,
          ...UPSTREAM_DEFAULTS,
        },
      ],
    });
  });

  it('is JSON as well', async (t) => {
    const members = { port: 8080, upstream: 'http://a/v1', store: 'never' };
    for (const text of [JSON.stringify(members), JSON.stringify(members, null, '\t')]) {
      const config = await load(t, text);
      assert.deepEqual([config.port, config.storePolicy, config.upstreams.length], [8080, 'never', 1]);
    }
  });

  it('may have a byte order mark and the line ends of Windows', async (t) => {
    assert.equal((await load(t, '\ufeffport: 1\r\nstore: never\r\n')).port, 1);
    await assertRefused(
      t,
      '\ufeffport: 1\r\nstore: no\r\n',
      2,
      'store must be one of requested, always, never; it is "no"',
    );
  });

  it('may be named by the environment, and the option stands above', async (t) => {
    const [one, two] = [await writeConfig(t, 'port: 1'), await writeConfig(t, 'port: 2')];
    assert.equal(loadConfig({}, { COLLOQUY_CONFIG: one }).port, 1);
    assert.equal(loadConfig({ config: two }, { COLLOQUY_CONFIG: one }).port, 2);
  });

  it('is refused with the line of a member that it does not know', async (t) => {
    await assertRefused(t, 'port: 1\n\nprot: 2\n', 3, `unknown member 'prot'; known are ${KNOWN}`);
    // Neither the option's name nor the variable's.
    for (const name of [
      'log-level',
      'COLLOQUY_PORT',
      'dataDir',
      'config',
      'Port',
      '__proto__',
      'null',
      '1',
    ]) {
      await assertRefused(t, `${name}: 1`, 1, `unknown member '${name}'; known are ${KNOWN}`);
    }
    await assertRefused(
      t,
      'upstreams:\n  - baseURL: http://a\n    apiKey: sk-1\n',
      3,
      `unknown member 'apiKey'; known are ${KNOWN_OF_UPSTREAM}`,
    );
  });

  it('is refused with the line of a value of the wrong type', async (t) => {
    const text = 'must be a text that is not empty';
    const cases: Array<[content: string, message: string]> = [
      ['host: 127', `host ${text}; it is 127`],
      ['host:', `host ${text}; it is null`],
      ["host: ''", `host ${text}; it is ""`],
      ['port: true', 'port must be a whole number from 0 to 65535; it is true'],
      ['port: 1.5', 'port must be a whole number from 0 to 65535; it is 1.5'],
      ['port: -1', 'port must be a whole number from 0 to 65535; it is -1'],
      ['port: .inf', 'port must be a whole number from 0 to 65535; it is Infinity'],
      ['port: 65536', 'port must be a whole number from 0 to 65535; it is 65536'],
      ['port: [80]', 'port must be a whole number from 0 to 65535; it is [ 80 ]'],
      ['data: ~', `data ${text}; it is null`],
      ['data: {path: /data}', `data ${text}; it is { path: '/data' }`],
      ['store: true', 'store must be one of requested, always, never; it is true'],
      [
        'logLevel: [info]',
        "logLevel must be one of trace, debug, info, warn, error, fatal, silent; it is [ 'info' ]",
      ],
      ['upstream: 5', `upstream ${text}; it is 5`],
      ['host: &a [*a]', `host ${text}; it is <ref *1> [ [Circular *1] ]`],
    ];
    for (const [content, message] of cases) await assertRefused(t, `# first\n${content}\n`, 2, message);
  });

  it('is refused with the line of a fault in its syntax', async (t) => {
    const cases: Array<[content: string, line: number]> = [
      ['port: 1\nhost: [', 2],
      ['port: 1\nhost: "open', 2],
      ['port: 1\nport: 2\n', 2],
      ['port: 1\n\thost: x\n', 2],
      ['{"port": 1,\n"host" "x"}', 2],
      ['port: 1\n---\nport: 2\n', 2],
      ['port: 1\ndata: !secret x\n', 2],
      ['port: 1\ndata: *nobody\n', 2],
    ];
    for (const [content, line] of cases) {
      const path = await writeConfig(t, content);
      assert.throws(
        () => loadConfig({ config: path }, {}),
        (error) => {
          assert.ok(error instanceof ConfigError, String(error));
          assert.ok(error.message.startsWith(`${path}:${line}: `), error.message);
          return true;
        },
        content,
      );
    }
  });

  it('is refused if it is no map', async (t) => {
    for (const content of ['', '\n', '# nothing\n', 'port', '- port', '[]', '"port"', '5', 'null', '---\n']) {
      await assertRefused(t, content, 1, `must be a map of ${KNOWN}`);
    }
  });

  it('may be an empty map', async (t) => {
    assert.equal((await load(t, '{}')).port, 8787);
  });

  it('is refused if it cannot be read, with what named it', async (t) => {
    const folder = await makeFolder(t);
    const binary = join(folder, 'binary.yaml');
    await writeFile(binary, Uint8Array.of(0x61, 0x3a, 0x20, 0xff, 0xfe));
    const cases: Array<[path: string, reason: RegExp]> = [
      [join(folder, 'missing.yaml'), /ENOENT/],
      [folder, /EISDIR/],
      [binary, /not valid for encoding utf-8/],
    ];
    for (const [path, reason] of cases) {
      for (const [place, given] of [
        ['--config', () => loadConfig({ config: path }, {})],
        ['COLLOQUY_CONFIG', () => loadConfig({}, { COLLOQUY_CONFIG: path })],
      ] as const) {
        assert.throws(given, (error) => {
          assert.ok(error instanceof ConfigError, String(error));
          assert.ok(error.message.startsWith(`${place}: ${path} cannot be read: `), error.message);
          assert.match(error.message, reason);
          return true;
        });
      }
    }
  });

  it('is refused if its name is empty', () => {
    assert.throws(() => loadConfig({ config: '' }, {}), {
      name: 'ConfigError',
      message: '--config must be a text that is not empty; it is ""',
    });
  });

  it('is taken or refused, never something else, whatever it holds', async (t) => {
    const path = await writeConfig(t, '');
    const member = fc.constantFrom(
      'host: ',
      'port: ',
      'upstreams:\n  - ',
      'upstreams:\n  - baseURL: http://a\n    models: ',
      '',
    );
    // oxfmt-ignore
    const token = fc.constantFrom(
      'host', 'port', 'baseURL', 'models', ': ', ':', '- ', '\n', '\n  ', '\t', '[', ']', '{', '}', ',', '"', "'",
      '#', '&a ', '*a', '!!int ', '!!binary ', '!!set ', '!!timestamp ', '| ', '> ', '? ', '---', '...', '<<', '~', '1', '.nan',
      '0o7', '1e999', 'http://a', '%', '\u0000', 'é', '\r', '\ufeff', 'true', '2001-01-01',
    );
    const content = fc.oneof(
      fc.tuple(member, fc.array(token, { maxLength: 12 })).map(([start, tokens]) => start + tokens.join('')),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(content, async (text) => {
        await writeFile(path, text);
        try {
          assert.ok(loadConfig({ config: path }, {}).dataDir);
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          assert.match(error.message.slice(path.length), /^:\d+: ./);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the upstreams of a file', () => {
  const FILE = `
upstreams:
  - name: openai
    baseURL: https://api.openai.com/v1
    keyEnv: MY_KEY
    models: [gpt-*, 'o1']
  - baseURL: http://127.0.0.1:11434/v1
`;

  it('stand in the order of the file', async (t) => {
    const { upstreams } = await load(t, FILE, { MY_KEY: 'sk-2' });
    assert.deepEqual(upstreams, [
      {
        name: 'openai',
        baseURL: 'https://api.openai.com/v1',
        keyEnv: 'MY_KEY',
        apiKey: 'sk-2',
        ...UPSTREAM_DEFAULTS,
        models: ['gpt-*', 'o1'],
      },
      {
        name: '127.0.0.1:11434',
        baseURL: 'http://127.0.0.1:11434/v1',
        keyEnv: undefined,
        apiKey: undefined,
        ...UPSTREAM_DEFAULTS,
      },
    ]);
  });

  it('get no key that they do not name', async (t) => {
    const { upstreams } = await load(t, FILE, { MY_KEY: 'sk-2', OPENAI_API_KEY: 'sk-1' });
    assert.deepEqual(
      upstreams.map(({ apiKey }) => apiKey),
      ['sk-2', undefined],
    );
  });

  it('need the keys that they name', async (t) => {
    const message = 'keyEnv: the environment variable MY_KEY is not set';
    await assertRefused(t, FILE, 5, message);
    await assertRefused(t, FILE, 5, message, { MY_KEY: '', OPENAI_API_KEY: 'sk-1' });
  });

  it('are put aside by an upstream that is given outside', async (t) => {
    const config = await writeConfig(t, FILE);
    // Nor is the key asked for that the file names.
    for (const { upstreams } of [
      loadConfig({ config, upstream: 'http://a/v1' }, {}),
      loadConfig({ config }, { COLLOQUY_UPSTREAM: 'http://a/v1' }),
    ]) {
      assert.deepEqual(
        upstreams.map(({ baseURL }) => baseURL),
        ['http://a/v1'],
      );
    }
  });

  it('must each have a name of its own', async (t) => {
    const first = '  - baseURL: http://a/v1\n';
    const message = "there is another upstream 'a': give it a name of its own";
    await assertRefused(t, `upstreams:\n${first}  - baseURL: http://a/v2\n`, 3, message);
    await assertRefused(
      t,
      `upstreams:\n${first}  - baseURL: http://b\n  - name: a\n    baseURL: http://c\n`,
      4,
      message,
    );
    const { upstreams } = await load(t, `upstreams:\n${first}  - {name: other, baseURL: http://a/v2}\n`);
    assert.deepEqual(
      upstreams.map(({ name }) => name),
      ['a', 'other'],
    );
  });

  it('must be a list that is not empty', async (t) => {
    for (const value of ['[]', '{}', 'http://a', '~', '', '5', '{baseURL: http://a}']) {
      await assertRefused(
        t,
        `port: 1\nupstreams: ${value}`,
        2,
        'upstreams must be a list of at least one upstream',
      );
    }
  });

  it('must each be a map', async (t) => {
    for (const value of ['http://a', '~', '[]', '5']) {
      await assertRefused(
        t,
        `upstreams:\n  - baseURL: http://a\n  - ${value}\n`,
        3,
        `must be a map of ${KNOWN_OF_UPSTREAM}`,
      );
    }
  });

  it('must each have a base URL that can be used', async (t) => {
    await assertRefused(
      t,
      'upstreams:\n  - baseURL: http://a\n  - name: b\n',
      3,
      'this upstream needs a baseURL',
    );
    const shape = 'must be a base URL as SDKs take it, like http://127.0.0.1:11434/v1';
    const cases: Array<[value: string, message: string]> = [
      ['localhost', `${shape}; it is "localhost"`],
      ['ftp://a', `${shape}; it is "ftp://a"`],
      ['5', 'must be a text that is not empty; it is 5'],
      ['http://a?b=1', 'must not have a query or a fragment; it is "http://a?b=1"'],
    ];
    for (const [value, message] of cases) {
      await assertRefused(t, `upstreams:\n  - name: a\n    baseURL: ${value}\n`, 3, `baseURL ${message}`);
    }
  });

  it('must have models and names that can be used', async (t) => {
    const list = "models must be a list of model names, such as ['gpt-*']";
    const text = 'must be a text that is not empty';
    const cases: Array<[member: string, message: string]> = [
      ['models: gpt-*', `${list}; it is "gpt-*"`],
      ['models: []', `${list}; it is []`],
      ['models:', `${list}; it is null`],
      ['models: {gpt: 1}', `${list}; it is { gpt: 1 }`],
      ['models: [gpt, 5]', `models ${text}; it is [ 'gpt', 5 ]`],
      ["models: ['']", `models ${text}; it is [ '' ]`],
      ['name: 5', `name ${text}; it is 5`],
      ["name: ''", `name ${text}; it is ""`],
      ['keyEnv: [A]', `keyEnv ${text}; it is [ 'A' ]`],
    ];
    for (const [member, message] of cases) {
      await assertRefused(t, `upstreams:\n  - baseURL: http://a\n    ${member}\n`, 3, message);
    }
  });

  it('may say how they are to be treated', async (t) => {
    const { upstreams } = await load(
      t,
      `upstreams:
  - baseURL: http://a/v1
    weight: 3
    headers: {X-Title: Our house, x-plan: 'blue; 2'}
    connectTimeoutMs: 500
    firstByteTimeoutMs: 60000
    idleTimeoutMs: false
    totalTimeoutMs: 86400000
    maxConcurrent: 4
    maxWaiting: 0
    retries: 0
    forwardStore: true
    credentials: caller
    renames:
      max_completion_tokens: max_tokens
`,
    );
    assert.deepEqual(upstreams, [
      {
        name: 'a',
        baseURL: 'http://a/v1',
        keyEnv: undefined,
        apiKey: undefined,
        models: ['*'],
        weight: 3,
        headers: { 'x-title': 'Our house', 'x-plan': 'blue; 2' },
        connectTimeoutMs: 500,
        firstByteTimeoutMs: 60_000,
        idleTimeoutMs: false,
        totalTimeoutMs: 86_400_000,
        maxConcurrent: 4,
        maxWaiting: 0,
        retries: 0,
        forwardStore: true,
        credentials: 'caller',
        renames: { max_completion_tokens: 'max_tokens' },
      },
    ]);
  });

  it('are refused with the member that cannot be used, and what it may be', async (t) => {
    const timeout = 'must be a whole number from 1 to 86400000, or false for no limit';
    const map = "headers must be a map of headers, such as {X-Title: 'Our house'}";
    const line = (name: string) => `headers must have a text of ASCII characters on one line for '${name}'`;
    const cases: Array<[member: string, message: string]> = [
      ['weight: 0', 'weight must be a whole number from 1 to 1000; it is 0'],
      ['weight: 0.5', 'weight must be a whole number from 1 to 1000; it is 0.5'],
      ["weight: '2'", 'weight must be a whole number from 1 to 1000; it is "2"'],
      ['connectTimeoutMs: false', 'connectTimeoutMs must be a whole number from 1 to 86400000; it is false'],
      ['firstByteTimeoutMs: 0', `firstByteTimeoutMs ${timeout}; it is 0`],
      ['firstByteTimeoutMs:', `firstByteTimeoutMs ${timeout}; it is null`],
      ['idleTimeoutMs: 1e9', `idleTimeoutMs ${timeout}; it is 1000000000`],
      ['totalTimeoutMs: true', `totalTimeoutMs ${timeout}; it is true`],
      [
        'maxConcurrent: 0',
        'maxConcurrent must be a whole number from 1 to 100000, or false for no limit; it is 0',
      ],
      ['maxWaiting: -1', 'maxWaiting must be a whole number from 0 to 100000; it is -1'],
      ['retries: 11', 'retries must be a whole number from 0 to 10; it is 11'],
      ['forwardStore: yes', 'forwardStore must be true or false; it is "yes"'],
      ['credentials: both', 'credentials must be one of config, caller; it is "both"'],
      // What is in a header may be a secret.
      ['headers: [a]', map],
      ['headers:', map],
      ['headers: {a b: c}', "headers must have names of headers: 'a b' is none"],
      ["headers: {'': c}", "headers must have names of headers: '' is none"],
      ['headers: {X-A: secret, x-a: secret}', "headers must not have 'x-a' twice"],
      ['headers: {X-A: 5}', line('X-A')],
      ["headers: {X-A: ''}", line('X-A')],
      ['headers: {X-A: "a\\nb"}', line('X-A')],
      ['headers: {X-A: naïve}', line('X-A')],
      ...['Authorization', 'host', 'content-length', 'Connection', 'x-request-id'].map(
        (name): [string, string] => [
          `headers: {${name}: secret}`,
          `headers must not have '${name}': it is set by the server; a key goes into keyEnv, or comes with credentials: caller`,
        ],
      ),
      [
        'renames: [max_tokens]',
        "renames must be a map of names, such as {max_completion_tokens: max_tokens}; it is [ 'max_tokens' ]",
      ],
      [
        'renames: {a: 5}',
        "renames must have a name that is not empty for 'a', as the upstream spells it; it is { a: 5 }",
      ],
      [
        'renames: {a: c, b: c}',
        "renames must not give the name 'c' to two members; it is { a: 'c', b: 'c' }",
      ],
      [
        'renames: {a: store}',
        "renames must leave 'store' alone: the server itself reads it; it is { a: 'store' }",
      ],
      [
        'renames: {model: name}',
        "renames must leave 'model' alone: the server itself reads it; it is { model: 'name' }",
      ],
      [
        'name: bücher',
        'name must be up to 100 characters of ASCII, without spaces at its ends: it is sent in the header x-colloquy-upstream; it is "bücher"',
      ],
    ];
    for (const [member, message] of cases) {
      await assertRefused(t, `upstreams:\n  - baseURL: http://a\n    ${member}\n`, 3, message);
    }
  });

  it('have a key from a file, without the space around it', async (t) => {
    const keyFile = await writeConfig(t, '\n sk-3\r\n');
    const { upstreams } = await load(t, `upstreams:\n  - baseURL: http://a\n    keyFile: ${keyFile}\n`);
    assert.deepEqual([upstreams[0]?.keyFile, upstreams[0]?.apiKey], [keyFile, 'sk-3']);
  });

  it('have no key from a file that is not there, or holds something else', async (t) => {
    const refuse = async (keyFile: string, message: string): Promise<void> =>
      assertRefused(t, `upstreams:\n  - baseURL: http://a\n    keyFile: ${keyFile}\n`, 3, message);
    await refuse(
      '/nowhere',
      "keyFile: the file cannot be read: ENOENT: no such file or directory, open '/nowhere'",
    );
    for (const content of ['', '\n', 'sk-1\nsk-2', 'sk-é', 'sk 1', new Uint8Array([0xff, 0xfe])]) {
      const keyFile = await writeConfig(t, content);
      await refuse(keyFile, `keyFile: ${keyFile} must hold the key alone, in one line of ASCII`);
    }
  });

  it('have one key: their own, or that of the caller', async (t) => {
    await assertRefused(
      t,
      'upstreams:\n  - baseURL: http://a\n    keyEnv: KEY\n    keyFile: key\n',
      3,
      'keyEnv stands beside keyFile: one key can be sent, so keep one of the two',
      { KEY: 'sk-1' },
    );
    await assertRefused(
      t,
      'upstreams:\n  - baseURL: http://a\n    keyEnv: KEY\n    credentials: caller\n',
      3,
      'keyEnv stands beside credentials: caller: one key can be sent, so keep one of the two',
      { KEY: 'sk-1' },
    );
  });
});
