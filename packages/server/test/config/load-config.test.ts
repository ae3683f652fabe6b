import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { ConfigError, type Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { SETTINGS, toMember, toVariable } from '../../src/config/settings.ts';
import { UPSTREAM_DEFAULTS } from './upstream-defaults.ts';
import { writeConfig } from './write-config.ts';

const NO_ENV = {};

/** Three good values of each setting, what comes of none, and how to read it. */
const CASES: ReadonlyArray<{
  readonly option: string;
  readonly values: readonly [option: string, variable: string, file: string];
  readonly fallback: string | undefined;
  readonly read: (config: Config) => unknown;
}> = [
  {
    option: 'host',
    values: ['127.0.0.2', '::1', '127.0.0.3'],
    fallback: '127.0.0.1',
    read: ({ host }) => host,
  },
  { option: 'port', values: ['1', '2', '3'], fallback: '8787', read: ({ port }) => String(port) },
  {
    option: 'allow-origin',
    values: ['https://a.example', 'https://b.example', 'https://c.example'],
    fallback: '',
    read: ({ allowedOrigins }) => allowedOrigins.join(),
  },
  {
    option: 'data',
    values: ['/tmp/a', '/tmp/b', '/tmp/c'],
    fallback: '/home/me/data/colloquy',
    read: ({ dataDir }) => dataDir,
  },
  {
    option: 'store-url',
    values: ['postgres://a', 'postgresql://me:secret@b:5433/c?sslmode=disable', 'postgres:///d?host=/tmp'],
    fallback: undefined,
    read: ({ storeUrl }) => storeUrl,
  },
  {
    option: 'store',
    values: ['always', 'never', 'always'],
    fallback: 'requested',
    read: ({ storePolicy }) => storePolicy,
  },
  {
    option: 'retain',
    values: ['1h', '2h', '3h'],
    fallback: undefined,
    read: ({ retain: [rule] }) => rule && `${rule.keepMs / 3_600_000}h`,
  },
  {
    option: 'replay',
    values: ['prefer', 'only', 'prefer'],
    fallback: 'off',
    read: ({ replay }) => replay,
  },
  {
    option: 'log-level',
    values: ['trace', 'debug', 'warn'],
    fallback: 'info',
    read: ({ logLevel }) => logLevel,
  },
  {
    option: 'on-disconnect',
    values: ['abort', 'finish', 'abort'],
    fallback: 'finish',
    read: ({ onDisconnect }) => onDisconnect,
  },
  {
    option: 'finish-timeout-ms',
    values: ['10', '5000', '86400000'],
    fallback: '300000',
    read: ({ finishTimeoutMs }) => String(finishTimeoutMs),
  },
  {
    option: 'finish-max-bytes',
    values: ['0', '1000', '2'],
    fallback: '16777216',
    read: ({ finishMaxBytes }) => String(finishMaxBytes),
  },
  {
    option: 'ping-interval-ms',
    values: ['off', '10', '30000'],
    fallback: '15000',
    read: ({ pingIntervalMs }) => (pingIntervalMs === false ? 'off' : String(pingIntervalMs)),
  },
  {
    option: 'workers',
    values: ['2', '3', '128'],
    fallback: '1',
    read: ({ workers }) => String(workers),
  },
  {
    option: 'upstream',
    values: ['http://a/v1', 'http://b/v1', 'http://c/v1'],
    fallback: undefined,
    read: ({ upstreams }) => upstreams[0]?.baseURL,
  },
  {
    option: 'upstream-key-env',
    values: ['KEY_A', 'KEY_B', 'KEY_C'],
    fallback: 'OPENAI_API_KEY',
    read: ({ upstreams }) => upstreams[0]?.keyEnv,
  },
];

function memberOf(option: string): string {
  return toMember(Object.values(SETTINGS).find((setting) => setting.option === option)!);
}

/** Whatever `upstream-key-env` names is set, and there is an upstream that it is for. */
const KEYS = { KEY_A: 'a', KEY_B: 'b', KEY_C: 'c', OPENAI_API_KEY: 'o' };

describe('a setting', () => {
  it('is in the table of these tests', () => {
    assert.deepEqual(
      CASES.map(({ option }) => option),
      Object.values(SETTINGS).map(({ option }) => option),
    );
  });

  for (const { option, values, fallback, read } of CASES) {
    it(`is taken from the option, then the variable, then the file: ${option}`, async (t) => {
      const [fromOption, fromVariable, fromFile] = values;
      const upstream = option === 'upstream-key-env' ? { upstream: 'http://a' } : {};
      const file = await writeConfig(t, JSON.stringify({ ...upstream, [memberOf(option)]: fromFile }));
      const empty = await writeConfig(t, JSON.stringify({ ...upstream, logLevel: 'silent' }));
      const env = { ...KEYS, XDG_DATA_HOME: '/home/me/data' };
      const variable = { [toVariable(option)]: fromVariable };

      assert.equal(
        read(loadConfig({ config: file, [option]: fromOption }, { ...env, ...variable })),
        fromOption,
      );
      assert.equal(read(loadConfig({ config: empty, [option]: fromOption }, env)), fromOption);
      assert.equal(read(loadConfig({ config: file }, { ...env, ...variable })), fromVariable);
      assert.equal(read(loadConfig({ config: empty }, { ...env, ...variable })), fromVariable);
      assert.equal(read(loadConfig({ config: file }, env)), fromFile);
      if (option !== 'log-level') assert.equal(read(loadConfig({ config: empty }, env)), fallback);
      assert.equal(read(loadConfig(upstream, env)), fallback);
    });
  }

  it('counts as not given if its variable is empty, or its option undefined', () => {
    assert.equal(loadConfig({ port: undefined }, { COLLOQUY_PORT: '' }).port, 8787);
    assert.equal(loadConfig({ port: undefined }, { COLLOQUY_PORT: '5' }).port, 5);
  });

  it('has the defaults that its help promises', () => {
    const { dataDir, ...rest } = loadConfig({}, NO_ENV);
    assert.deepEqual(rest, {
      host: SETTINGS.host.defaultText,
      port: Number(SETTINGS.port.defaultText),
      allowedOrigins: [],
      storeUrl: undefined,
      storePolicy: SETTINGS.storePolicy.defaultText,
      retain: [],
      replay: SETTINGS.replay.defaultText,
      logLevel: SETTINGS.logLevel.defaultText,
      onDisconnect: SETTINGS.onDisconnect.defaultText,
      finishTimeoutMs: Number(SETTINGS.finishTimeoutMs.defaultText),
      finishMaxBytes: Number(SETTINGS.finishMaxBytes.defaultText),
      pingIntervalMs: Number(SETTINGS.pingIntervalMs.defaultText),
      workers: Number(SETTINGS.workers.defaultText),
      upstreams: [],
    });
    assert.equal(dataDir, SETTINGS.dataDir.defaultText.replace('~', homedir()));
  });

  it('that is bad names where it was given, and what it was', async (t) => {
    const bad: Array<[option: string, value: string, reason: string]> = [
      ['host', '0.0.0.0', 'must be a loopback address'],
      ['port', '65536', 'must be a whole number from 0 to 65535'],
      ['workers', '0', 'must be a whole number from 1 to 128'],
      ['allow-origin', 'app.example', 'must be origins, such as https://app.example'],
      ['data', ' ', 'must be a text that is not empty'],
      ['store', 'sometimes', 'must be one of requested, always, never'],
      ['retain', '30', 'must be for a number of hours or days, like 12h or 30d, or forever'],
      ['log-level', 'loud', 'must be one of trace, debug, info, warn, error, fatal, silent'],
      ['on-disconnect', 'wait', 'must be one of finish, abort'],
      ['finish-timeout-ms', '5m', 'must be a whole number of milliseconds from 10 to 86400000'],
      ['finish-timeout-ms', '86400001', 'must be a whole number of milliseconds from 10 to 86400000'],
      ['finish-max-bytes', '16MB', 'must be a whole number of bytes'],
      ['finish-max-bytes', '-1', 'must be a whole number of bytes'],
      ['ping-interval-ms', '0', 'must be off, or a whole number of milliseconds from 10 to 86400000'],
      ['upstream', 'localhost', 'must be a base URL as SDKs take it'],
      ['upstream-key-env', ' ', 'must be a text that is not empty'],
    ];
    for (const [option, value, reason] of bad) {
      const upstream = option === 'upstream-key-env' ? { upstream: 'http://a' } : {};
      const quoted = JSON.stringify(value);
      const path = await writeConfig(t, JSON.stringify({ [memberOf(option)]: value, ...upstream }));
      const sources: Array<[place: string, load: () => Config]> = [
        [`--${option}`, () => loadConfig({ ...upstream, [option]: value }, NO_ENV)],
        [toVariable(option), () => loadConfig(upstream, { [toVariable(option)]: value })],
        [`${path}:1: ${memberOf(option)}`, () => loadConfig({ config: path }, NO_ENV)],
      ];
      for (const [place, load] of sources) {
        assert.throws(load, (error) => {
          assert.ok(error instanceof ConfigError);
          assert.ok(error.message.startsWith(`${place} ${reason}`), error.message);
          assert.ok(error.message.endsWith(`; it is ${quoted}`), error.message);
          return true;
        });
      }
    }
  });

  it('is not looked at in the environment under the names of others', () => {
    const env = { PORT: '1', HOST: '0.0.0.0', LOG_LEVEL: 'loud', COLLOQUY_LOGLEVEL: 'loud' };
    assert.deepEqual(loadConfig({}, env), loadConfig({}, NO_ENV));
  });
});

describe('host', () => {
  it('is an address that only this machine reaches', () => {
    for (const host of ['127.0.0.1', '127.0.0.2', '127.255.255.255', '::1']) {
      assert.equal(loadConfig({ host }, NO_ENV).host, host);
    }
  });

  it('may be localhost, of which one address is taken', () => {
    assert.equal(loadConfig({ host: 'localhost' }, NO_ENV).host, '127.0.0.1');
  });

  it('is refused if others could reach it, with the reason', () => {
    // oxfmt-ignore
    const open = [
      '0.0.0.0', '::', '192.168.0.1', '10.0.0.1', '128.0.0.1', '1.127.0.0', '8.8.8.8', 'fe80::1', '::2', 'example.com',
      '127.example.com', '127.0.0.1.example.com', 'localhost.example.com', '127.0.0.256', '127.1', '127', '2130706433',
      '0x7f000001', '[::1]', '127.0.0.1:80', '127.0.0.1 ', ' localhost', '*', '0',
    ];
    for (const host of open) {
      assert.throws(
        () => loadConfig({ host }, NO_ENV),
        {
          name: 'ConfigError',
          message: /^--host must be a loopback address .* no keys yet, .*could read and delete/,
        },
        host,
      );
    }
  });

  it('is refused if it is empty', () => {
    for (const host of ['', ' ']) {
      assert.throws(
        () => loadConfig({ host }, NO_ENV),
        /^ConfigError: --host must be a text that is not empty/,
      );
    }
  });
});

describe('port', () => {
  it('is a whole number from 0 to 65535', () => {
    for (const port of [0, 1, 80, 8787, 65_535])
      assert.equal(loadConfig({ port: `${port}` }, NO_ENV).port, port);
  });

  it('is refused if it is anything else', () => {
    for (const port of [
      '',
      ' ',
      '-1',
      '65536',
      '99999',
      '100000',
      '1.5',
      '1e3',
      '0x10',
      '80 ',
      '+80',
      'http',
      '٣',
      'NaN',
    ]) {
      assert.throws(() => loadConfig({ port }, NO_ENV), /^ConfigError: --port must be a whole number/, port);
    }
  });
});

describe('allow-origin', () => {
  const read = (given: string | readonly string[]) =>
    loadConfig({ 'allow-origin': given }, NO_ENV).allowedOrigins;

  it('may be given several times, and twice is as good as once', async (t) => {
    const both = ['https://a.example', 'http://192.168.1.5:3000'];
    assert.deepEqual(read([...both, 'https://a.example']), both);
    for (const text of [both.join(), both.join(' '), ` ${both.join(' ,\n')}, `]) {
      assert.deepEqual(loadConfig({}, { COLLOQUY_ALLOW_ORIGIN: text }).allowedOrigins, both);
    }
    const config = await writeConfig(t, `allowOrigins:\n  - ${both.join('\n  - ')}\n`);
    assert.deepEqual(loadConfig({ config }, NO_ENV).allowedOrigins, both);
    const one = await writeConfig(t, 'allowOrigins: https://a.example');
    assert.deepEqual(loadConfig({ config: one }, NO_ENV).allowedOrigins, ['https://a.example']);
  });

  it('is read as browsers send it', () => {
    const origins: Array<[given: string, sent: string]> = [
      ['HTTPS://App.Example', 'https://app.example'],
      ['https://app.example/', 'https://app.example'],
      ['https://app.example:443', 'https://app.example'],
      ['http://app.example:80', 'http://app.example'],
      ['http://app.example:443', 'http://app.example:443'],
      ['https://bücher.example', 'https://xn--bcher-kva.example'],
      ['http://[2001:DB8::1]:3000', 'http://[2001:db8::1]:3000'],
      ['chrome-extension://abcdefghijklmnop', 'chrome-extension://abcdefghijklmnop'],
      ['app://obsidian.md', 'app://obsidian.md'],
    ];
    for (const [given, sent] of origins) assert.deepEqual(read([given]), [sent]);
  });

  it('is refused if it would let in pages that nobody named', () => {
    for (const given of ['*', 'null']) {
      assert.throws(() => read([given]), /^ConfigError: --allow-origin must name each origin: .* would let/);
    }
  });

  it('is refused if it is more or less than an origin', () => {
    // oxfmt-ignore
    const bad: unknown[] = [
      'app.example', 'localhost:3000', '//app.example', 'https://', 'https:app.example', 'https://app.example/path',
      'https://app.example/?', 'https://app.example#', 'https://me@app.example', 'https://*.example', 'https://a b',
      'https://a\tb', 'https:\\\\app.example', 'https://app.example:99999', 'file:///', 'mailto:me', '', 1, null, ['x'],
    ];
    for (const given of bad) {
      assert.throws(() => read([given as string]), /^ConfigError: --allow-origin must be /, String(given));
    }
  });
});

describe('data', () => {
  it('begins at home where it says ~, which no shell has seen in a file', async (t) => {
    const config = await writeConfig(t, 'data: ~/kept');
    assert.equal(loadConfig({ config }, NO_ENV).dataDir, join(homedir(), 'kept'));
    assert.equal(loadConfig({ data: '~other' }, NO_ENV).dataDir, resolve('~other'));
  });

  it('becomes absolute', () => {
    assert.equal(loadConfig({ data: 'here' }, NO_ENV).dataDir, resolve('here'));
  });

  it('is by default where programs keep their data for a user', () => {
    const inHome = join(homedir(), '.local', 'share', 'colloquy');
    assert.equal(loadConfig({}, { XDG_DATA_HOME: '/data' }).dataDir, '/data/colloquy');
    assert.equal(loadConfig({}, { XDG_DATA_HOME: '' }).dataDir, inHome);
    // By its specification, a relative path is to be ignored.
    assert.equal(loadConfig({}, { XDG_DATA_HOME: 'data' }).dataDir, inHome);
  });
});

describe('upstream', () => {
  it('stands alone, or above the list of the file, but not beside it', async (t) => {
    const both = { upstream: 'http://a/v1', upstreams: [{ baseURL: 'http://b/v1' }] };
    const config = await writeConfig(t, JSON.stringify(both));
    assert.throws(() => loadConfig({ config }, NO_ENV), /:1: upstream stands beside upstreams: keep one/);
    assert.equal(
      loadConfig({ config, upstream: 'http://c/v1' }, NO_ENV).upstreams[0]?.baseURL,
      'http://c/v1',
    );
  });

  it('gets no key that the file names for another', async (t) => {
    const config = await writeConfig(t, '{"upstream": "http://a/v1", "upstreamKeyEnv": "FILE_KEY"}');
    const env = { FILE_KEY: 'of the file\n' };
    assert.equal(loadConfig({ config }, env).upstreams[0]?.apiKey, 'of the file');
    assert.equal(loadConfig({ config, upstream: 'http://b/v1' }, env).upstreams[0]?.apiKey, undefined);
  });

  it('is a base URL, and is named by its host', () => {
    const urls: Array<[url: string, name: string]> = [
      ['https://api.openai.com/v1', 'api.openai.com'],
      ['http://127.0.0.1:11434/v1/', '127.0.0.1:11434'],
      ['http://[::1]:8000', '[::1]:8000'],
    ];
    for (const [url, name] of urls) {
      assert.deepEqual(loadConfig({ upstream: url }, NO_ENV).upstreams, [
        { name, baseURL: url, keyEnv: undefined, apiKey: undefined, ...UPSTREAM_DEFAULTS },
      ]);
    }
  });

  it('is refused if it is no base URL', () => {
    for (const url of [
      '',
      'x',
      'api.openai.com/v1',
      '/v1',
      'ftp://a/v1',
      'file:///v1',
      'javascript:1',
      'http://',
      'http://a:99999',
    ]) {
      assert.throws(() => loadConfig({ upstream: url }, NO_ENV), /^ConfigError: --upstream must be/, url);
    }
  });

  it('is refused if a path behind it would become part of something else', () => {
    for (const url of [
      'http://a/v1?',
      'http://a/v1?key=1',
      'http://a/v1#',
      'http://a/v1#x',
      'http://a?',
      'http://a/v1#?',
    ]) {
      assert.throws(
        () => loadConfig({ upstream: url }, NO_ENV),
        /^ConfigError: --upstream must not have a query or a fragment/,
        url,
      );
    }
  });

  it('loses the white space around it, which a URL may have and a path behind it may not', () => {
    assert.equal(loadConfig({ upstream: ' http://a/v1\n' }, NO_ENV).upstreams[0]?.baseURL, 'http://a/v1');
  });

  it('is refused if it holds credentials', () => {
    for (const url of ['http://me:secret@a/v1', 'http://me@a/v1', 'http://:secret@a/v1']) {
      assert.throws(
        () => loadConfig({ upstream: url }, NO_ENV),
        /^ConfigError: --upstream must not hold credentials/,
      );
    }
  });

  it('does not show the credentials that it refuses', () => {
    for (const password of ['secret', 'a@secret', 'secret@a', 'secret/a', 'a/secret', ':secret']) {
      assert.throws(
        () => loadConfig({ upstream: `http://me:${password}@a/v1` }, NO_ENV),
        (error) => {
          assert.ok(error instanceof ConfigError);
          assert.doesNotMatch(error.message, /secret/);
          assert.ok(error.message.endsWith('it is "http://…@a/v1"'), error.message);
          return true;
        },
      );
    }
  });

  it('gets the usual key if there is one', () => {
    const [upstream] = loadConfig({ upstream: 'http://a' }, { OPENAI_API_KEY: 'sk-1' }).upstreams;
    assert.deepEqual([upstream?.keyEnv, upstream?.apiKey], ['OPENAI_API_KEY', 'sk-1']);
    const [without] = loadConfig({ upstream: 'http://a' }, { OPENAI_API_KEY: '' }).upstreams;
    assert.deepEqual([without?.keyEnv, without?.apiKey], [undefined, undefined]);
  });

  it('gets the key that is named, and only that', () => {
    const env = { OPENAI_API_KEY: 'sk-1', MY_KEY: 'sk-2', OTHER_KEY: '' };
    const options = { upstream: 'http://a', 'upstream-key-env': 'MY_KEY' };
    const [upstream] = loadConfig(options, env).upstreams;
    assert.deepEqual([upstream?.keyEnv, upstream?.apiKey], ['MY_KEY', 'sk-2']);
    for (const name of ['MISSING_KEY', 'OTHER_KEY']) {
      assert.throws(() => loadConfig({ ...options, 'upstream-key-env': name }, env), {
        name: 'ConfigError',
        message: `--upstream-key-env: the environment variable ${name} is not set`,
      });
    }
  });

  it('must be there if a key is named for it', () => {
    assert.throws(() => loadConfig({}, { COLLOQUY_UPSTREAM_KEY_ENV: 'MY_KEY', MY_KEY: 'sk-2' }), {
      name: 'ConfigError',
      message: 'COLLOQUY_UPSTREAM_KEY_ENV names a key for an upstream, but none is given',
    });
  });
});

describe('the URL of the store', () => {
  const bad: Array<[url: string, reason: string]> = [
    ['secret', 'must be the URL of a PostgreSQL database, like postgres://user@host:5432/colloquy'],
    ['mysql://me:secret@a/b', 'must be the URL of a PostgreSQL database'],
    ['//me:secret@a/b', 'must be the URL of a PostgreSQL database'],
    ['postgres://me:secret@a:port/b', 'must be the URL of a PostgreSQL database'],
    ['postgres://me:secret@a b/c', 'must be the URL of a PostgreSQL database'],
    ['postgres://me:secret@a/b#c', "must not have a fragment: write '#' in a password as %23"],
    ['postgres://me:secret%@a/b', "must not have a '%' that encodes nothing: write it as %25"],
    ['postgres://me:secret%ff@a/b', "must not have a '%' that encodes nothing"],
  ];
  for (const [url, reason] of bad) {
    it(`is refused without being repeated: ${url}`, async (t) => {
      const config = await writeConfig(t, JSON.stringify({ storeUrl: url }));
      const sources: Array<[place: string, load: () => Config]> = [
        ['--store-url', () => loadConfig({ 'store-url': url }, NO_ENV)],
        ['COLLOQUY_STORE_URL', () => loadConfig({}, { COLLOQUY_STORE_URL: url })],
        [`${config}:1: storeUrl`, () => loadConfig({ config }, NO_ENV)],
      ];
      for (const [place, load] of sources) {
        assert.throws(load, (error) => {
          assert.ok(error instanceof ConfigError);
          assert.ok(error.message.startsWith(`${place} ${reason}`), error.message);
          assert.doesNotMatch(error.message, /secret/);
          return true;
        });
      }
    });
  }
});

describe('the configuration', () => {
  it('is frozen to its last member, as what runs is what was printed', async (t) => {
    const config = await writeConfig(
      t,
      JSON.stringify({ upstreams: [{ baseURL: 'http://a', models: ['x'] }] }),
    );
    for (const loaded of [
      loadConfig({}, NO_ENV),
      loadConfig({ upstream: 'http://a' }, NO_ENV),
      loadConfig({ config }, NO_ENV),
    ]) {
      assertFrozen(loaded);
    }
  });

  it('is made or refused, never something else, whatever is given', () => {
    const given = fc.dictionary(
      fc.constantFrom(...Object.values(SETTINGS).map(({ option }) => option)),
      fc.oneof(fc.string(), fc.webUrl(), fc.ipV4(), fc.nat().map(String)),
    );
    fc.assert(
      fc.property(given, given, (options, others) => {
        const env = Object.fromEntries(
          Object.entries(others).map(([name, value]) => [toVariable(name), value]),
        );
        try {
          assert.ok(loadConfig(options, env).dataDir);
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          assert.match(error.message, /^(--[a-z]|COLLOQUY_[A-Z])/);
        }
      }),
    );
  });
});

function assertFrozen(value: unknown): void {
  assert.ok(Object.isFrozen(value), `not frozen: ${JSON.stringify(value)}`);
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(assertFrozen);
}
