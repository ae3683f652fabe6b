import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, readdir, stat, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { writeConfig } from '../config/write-config.ts';
import { makeFolder } from '../make-folder.ts';
import { post, send } from '../start-server.ts';
import { answerPlainly, chunk, startStream, startUpstream } from '../start-upstream.ts';
import { runColloquy, runServe } from './run-colloquy.ts';

const ASK = { model: 'eliza', messages: [{ role: 'user', content: 'I am sad.' }] };

describe('colloquy serve', () => {
  it('says where it is, what it talks to, where the data is, and what to do next', async (t) => {
    const data = join(await makeFolder(t), 'made', 'here');
    const { url, output } = await runServe(t, ['--data', data]);
    assert.match(output.stdout, new RegExp(`base URL +${url}/v1\n`));
    assert.match(output.stdout, /demo model "eliza" answers, a program of 1966 and no language model/);
    assert.match(output.stdout, /keeps +completions sent with "store": true/);
    assert.match(output.stdout, new RegExp(`data +${data}/colloquy\\.db`));
    assert.match(output.stdout, new RegExp(`curl ${url}/v1/chat/completions -H`));
    assert.equal((await stat(data)).mode & 0o777, 0o700, 'only the owner may look');
    assert.equal((await send(`${url}/v1/chat/completions`, { body: ASK })).status, 200);
  });

  it('lets only the owner look at the store, wherever it lies', async (t) => {
    const data = await makeFolder(t);
    await chmod(data, 0o755);
    await runServe(t, ['--data', data]);
    for (const file of await readdir(data))
      assert.equal((await stat(join(data, file))).mode & 0o777, 0o600, file);
  });

  it('goes on when nobody reads its log any more', async (t) => {
    const { url, process: child } = await runServe(t, ['--data', await makeFolder(t)]);
    child.stderr?.destroy();
    child.stdout?.destroy();
    for (let count = 0; count < 3; count += 1) assert.equal((await send(`${url}/healthz`)).status, 200);
  });

  it('names its upstreams and where their keys are from, never the keys', async (t) => {
    const upstream = await startUpstream(t, answerPlainly());
    const { url, output } = await runServe(
      t,
      [
        '--data',
        await makeFolder(t),
        '--upstream',
        upstream.baseURL,
        '--upstream-key-env',
        'MY_KEY',
        '--store',
        'always',
      ],
      { MY_KEY: 'sk-secret' },
    );
    assert.match(output.stdout, new RegExp(`upstream +${upstream.baseURL} for \\* \\(key from MY_KEY\\)`));
    assert.match(output.stdout, /keeps +every completion/);
    await send(`${url}/v1/chat/completions`, { body: { ...ASK, model: 'any' } });
    assert.equal(upstream.requests[0]?.headers.authorization, 'Bearer sk-secret');
    assert.equal((await send(`${url}/v1/chat/completions`)).json.data.length, 1);
    assert.doesNotMatch(output.stdout + output.stderr, /sk-secret/);
  });

  it('lets the pages call that it was started with, and names them', async (t) => {
    const origins = ['https://a.example', 'https://b.example'];
    const args = origins.flatMap((origin) => ['--allow-origin', origin]);
    const { url, output } = await runServe(t, ['--data', await makeFolder(t), ...args]);
    assert.match(
      output.stdout,
      /pages +of this machine, and of https:\/\/a\.example, https:\/\/b\.example\n/,
    );
    for (const origin of origins) {
      assert.equal((await send(`${url}/v1/models`, { headers: { origin } })).status, 200);
    }
    const foreign = await send(`${url}/v1/models`, { headers: { origin: 'https://c.example' } });
    assert.equal(foreign.status, 403);
  });

  it('takes its settings from the environment and from a file', async (t) => {
    const folder = await makeFolder(t);
    const upstream = await startUpstream(t, answerPlainly());
    const config = join(folder, 'colloquy.yaml');
    await writeFile(
      config,
      `store: always # whatever is asked\ndata: ${folder}/data\nupstreams:\n  - baseURL: ${upstream.baseURL}\n    models: [small]\n`,
    );
    const { url, output } = await runServe(t, [], { COLLOQUY_CONFIG: config, COLLOQUY_LOG_LEVEL: 'silent' });
    assert.match(output.stdout, /keeps +every completion/);
    assert.match(output.stdout, /"model":"small"/);
    assert.equal(
      (await send(`${url}/v1/chat/completions`, { body: { ...ASK, model: 'small' } })).status,
      200,
    );
    assert.equal(output.stderr, '');
  });

  it('logs a line for each answer, without what was said', async (t) => {
    const { url, output, process: child, ended } = await runServe(t, ['--data', await makeFolder(t)]);
    await send(`${url}/v1/chat/completions?metadata[a]=whisper`, {
      body: { ...ASK, messages: [{ role: 'user', content: 'whisper' }] },
      headers: { 'x-request-id': 'req_7', authorization: 'Bearer whisper' },
    });
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
    const lines = readLog(output.stderr);
    const line = lines.find(({ requestId }) => requestId === 'req_7');
    assert.deepEqual(
      [line.operation, line.method, line.path, line.status],
      ['createChatCompletion', 'POST', '/v1/chat/completions', 200],
    );
    assert.doesNotMatch(output.stderr, /whisper/);
  });

  it('logs which upstream was asked, how often, and why again', async (t) => {
    const answers = [answerPlainly(), (response: ServerResponse) => response.writeHead(503).end('{}')];
    const upstream = await startUpstream(t, (response, request) => answers.pop()?.(response, request));
    const args = ['--data', await makeFolder(t), '--upstream', upstream.baseURL];
    const { url, output, process: child, ended } = await runServe(t, args);
    assert.equal((await send(`${url}/v1/chat/completions`, { body: ASK })).status, 200);
    await send(`${url}/healthz`);
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
    const name = new URL(upstream.baseURL).host;
    const [again, answered, health] = readLog(output.stderr).filter(({ requestId }) => requestId);
    assert.deepEqual([again.level, again.upstream, again.attempt, again.status], [40, name, 1, 503]);
    assert.equal(again.requestId, answered.requestId);
    assert.deepEqual([answered.status, answered.upstream, answered.attempts], [200, name, 2]);
    assert.deepEqual([health.status, 'upstream' in health, 'attempts' in health], [200, false, false]);
  });

  it('takes a caller that leaves for no fault of its own', async (t) => {
    const asked = Promise.withResolvers<void>();
    const upstream = await startUpstream(t, () => asked.resolve());
    const {
      url,
      output,
      process: child,
      ended,
    } = await runServe(t, ['--data', await makeFolder(t), '--upstream', upstream.baseURL]);
    const abort = new AbortController();
    const answer = post(`${url}/v1/chat/completions`, ASK, abort.signal);
    await asked.promise;
    abort.abort();
    await assert.rejects(answer);
    const half = connect(Number(new URL(url).port), '127.0.0.1');
    half.write('POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n');
    half.end('content-length: 9\r\n\r\n{');
    half.resume();
    await once(half, 'close');
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
    const lines = readLog(output.stderr);
    assert.deepEqual(
      lines.filter(({ level }) => level > 30),
      [],
    );
    assert.ok(lines.some(({ unfinished }) => unfinished));
  });

  it('lets what is under way end at SIGTERM, then closes cleanly', async (t) => {
    const asked = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const upstream = await startUpstream(t, async (response) => {
      startStream(response);
      response.write(chunk({ content: 'One ' }));
      asked.resolve();
      await goOn.promise;
      response.end(`${chunk({ content: 'two' }, 'stop')}data: [DONE]\n\n`);
    });
    const data = await makeFolder(t);
    const {
      url,
      process: child,
      ended,
    } = await runServe(t, ['--data', data, '--upstream', upstream.baseURL]);
    const answer = send(`${url}/v1/chat/completions`, { body: { ...ASK, stream: true, store: true } });
    await asked.promise;
    child.kill('SIGTERM');
    await waitUntilRefused(url);
    goOn.resolve();
    const { text } = await answer;
    assert.match(text, /two[^]*data: \[DONE\]/);
    assert.equal(await ended, 0);

    const again = await runServe(t, ['--data', data]);
    assert.equal((await send(`${again.url}/v1/chat/completions`)).json.data.length, 1);
  });

  it('does not wait at a second signal', async (t) => {
    const asked = Promise.withResolvers<void>();
    const upstream = await startUpstream(t, () => asked.resolve());
    const run = await runServe(t, ['--data', await makeFolder(t), '--upstream', upstream.baseURL]);
    const answer = assert.rejects(send(`${run.url}/v1/chat/completions`, { body: ASK }));
    await asked.promise;
    run.process.kill('SIGINT');
    await waitUntilRefused(run.url);
    run.process.kill('SIGTERM');
    assert.equal(await run.ended, 1);
    await answer;
  });

  it('loses nothing that was acknowledged when it is killed', async (t) => {
    const data = await makeFolder(t);
    const kept: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const { url, process: child, ended } = await runServe(t, ['--data', data]);
      const response = await post(`${url}/v1/chat/completions`, { ...ASK, stream: true, store: true });
      let text = '';
      for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += piece;
        if (text.includes('data: [DONE]')) break;
      }
      child.kill('SIGKILL');
      assert.equal(await ended, 'SIGKILL');
      kept.push(/"id":"([^"]+)"/.exec(text)?.[1] ?? '');
    }
    const { url } = await runServe(t, ['--data', data]);
    for (const id of kept) {
      const { json } = await send(`${url}/v1/chat/completions/${id}`);
      assert.equal(json.choices[0].message.content, 'I am sorry to hear you are sad.');
    }
  });
});

function readLog(stderr: string): any[] {
  return stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** A server that drains takes no new connections. */
async function waitUntilRefused(url: string): Promise<void> {
  for (;;) {
    const isOpen = await fetch(`${url}/healthz`, { headers: { connection: 'close' } }).then(
      () => true,
      () => false,
    );
    if (!isOpen) return;
  }
}

describe('colloquy refuses with exit code 2 and one line that names the fault', () => {
  const CASES: Record<string, { args: string[]; env?: Record<string, string>; message: RegExp }> = {
    'an unknown option': { args: ['serve', '--prot', '1'], message: /unknown option '--prot'/ },
    'an unknown command': { args: ['serv'], message: /unknown command 'serv'/ },
    'an argument too many': { args: ['serve', 'extra'], message: /too many arguments/ },
    'an option without its value': {
      args: ['serve', '--port'],
      message: /--port <NUMBER>' argument missing/,
    },
    'a port that is none': {
      args: ['serve', '--port', '70000'],
      message: /--port must be a whole number from 0 to 65535; it is "70000"/,
    },
    'an open host': {
      args: ['serve', '--host', '0.0.0.0'],
      message: /--host must be a loopback address .*no keys yet/,
    },
    'a variable that is wrong': {
      args: ['serve'],
      env: { COLLOQUY_STORE: 'sometimes' },
      message: /COLLOQUY_STORE must be one of requested, always, never/,
    },
    'an upstream that is no URL': {
      args: ['serve', '--upstream', 'api.openai.com'],
      message: /--upstream must be a base URL/,
    },
    'credentials, without printing them': {
      args: ['serve', '--upstream', 'http://ann:secret@localhost/v1'],
      message: /^error: --upstream must not hold credentials(?!.*secret)/,
    },
    'a key that is not there': {
      args: ['serve', '--upstream', 'http://localhost/v1', '--upstream-key-env', 'NONE'],
      message: /--upstream-key-env: .*NONE is not set/,
    },
    'every page there is': {
      args: ['serve', '--allow-origin', '*'],
      message: /^error: --allow-origin must name each origin: '\*' would let pages that nobody knows/,
    },
    'a file that is not there': {
      args: ['serve', '--config', '/none.yaml'],
      message: /--config: \/none\.yaml cannot be read: ENOENT/,
    },
  };
  for (const [name, { args, env, message }] of Object.entries(CASES)) {
    it(name, async (t) => {
      const { ended, output } = runColloquy(t, args, env);
      assert.equal(await ended, 2);
      assert.match(output.stderr, message);
      assert.equal(output.stdout, '');
      assert.doesNotMatch(output.stderr, /\n\s+at /, 'no stack');
    });
  }

  it('a mistake in a file, with its line', async (t) => {
    const config = join(await makeFolder(t), 'colloquy.yaml');
    await writeFile(config, 'store: always\nport: many\n');
    const { ended, output } = runColloquy(t, ['serve', '--config', config]);
    assert.equal(await ended, 2);
    assert.match(output.stderr, /colloquy\.yaml:2: port must be a whole number/);
  });

  it('a port that is taken', async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    t.after(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const { ended, output } = runColloquy(t, [
      'serve',
      '--port',
      String(port),
      '--data',
      await makeFolder(t),
    ]);
    assert.equal(await ended, 2);
    assert.match(output.stderr, new RegExp(`--port: cannot listen on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE`));
  });

  it('a store that is none', async (t) => {
    const data = await makeFolder(t);
    await writeFile(join(data, 'colloquy.db'), 'This is a letter, and no database at all. '.repeat(100));
    const { ended, output } = runColloquy(t, ['serve', '--data', data]);
    assert.equal(await ended, 2);
    assert.match(output.stderr, /--data: the store cannot be opened: .*colloquy\.db: file is not a database/);
    assert.doesNotMatch(output.stderr, /\n\s+at /);
  });

  it('a data folder that is a file', async (t) => {
    const data = join(await makeFolder(t), 'file');
    await writeFile(data, '');
    const { ended, output } = runColloquy(t, ['serve', '--data', data]);
    assert.equal(await ended, 2);
    assert.match(output.stderr, /--data: .*EEXIST/);
  });
});

describe('colloquy serve --retain', () => {
  for (const [retain, says] of [
    ['36h', ', for 36 hours'],
    ['30d', ', for 30 days'],
    ['forever', ''],
    [[{ project: 'test', for: '1d' }, { for: '30d' }], ', as long as the rules of `retain` say'],
  ] as const) {
    it(`says for how long it keeps what it keeps: ${JSON.stringify(retain)}`, async (t) => {
      const config = await writeConfig(t, JSON.stringify({ retain }));
      const { output } = await runServe(t, ['--config', config, '--data', await makeFolder(t)]);
      assert.ok(output.stdout.includes(`completions sent with "store": true${says}\n`), output.stdout);
    });
  }
});

describe('colloquy', () => {
  it('prints its version', async (t) => {
    const { ended, output } = runColloquy(t, ['--version']);
    assert.equal(await ended, 0);
    assert.match(output.stdout, /^\d+\.\d+\.\d+\n$/);
  });

  it('explains every option of serve, with its variable and default', async (t) => {
    const { ended, output } = runColloquy(t, ['serve', '--help']);
    assert.equal(await ended, 0);
    for (const option of [
      'host',
      'port',
      'allow-origin',
      'data',
      'store-url',
      'upstream',
      'upstream-key-env',
      'store',
      'retain',
      'config',
      'log-level',
    ]) {
      assert.match(output.stdout, new RegExp(`--${option} <`));
      assert.match(output.stdout, new RegExp(`COLLOQUY_${option.toUpperCase().replaceAll('-', '_')}`));
    }
  });

  it('explains itself when it is called without a command', async (t) => {
    const { ended, output } = runColloquy(t, []);
    assert.equal(await ended, 2);
    assert.match(output.stderr, /Usage: colloquy/);
  });
});
