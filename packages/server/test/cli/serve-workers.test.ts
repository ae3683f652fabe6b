import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { makeFolder } from '../make-folder.ts';
import { post, send } from '../start-server.ts';
import { chunk, startStream, startUpstream } from '../start-upstream.ts';
import { runColloquy, runServe, type Serving } from './run-colloquy.ts';

const STREAMS = 24;

const ASK = { model: 'eliza', messages: [{ role: 'user', content: 'I am sad.' }] };

async function runWorkers(t: TestContext, count: number, ...args: string[]): Promise<Serving> {
  let serving: Serving | undefined;
  // Ends before the folder goes: a worker that still starts would make it anew.
  t.after(async () => {
    serving?.process.kill('SIGKILL');
    await serving?.ended;
  });
  serving = await runServe(t, ['--data', await makeFolder(t), '--workers', String(count), ...args]);
  return serving;
}

/** The processes that were started so far. */
function workersOf({ output }: Serving): number[] {
  const started = readLog(output.stderr).filter(({ msg }) => msg === 'a worker was started');
  return started.map(({ worker }) => worker);
}

function readLog(stderr: string): any[] {
  return stderr
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** Asks again until it is so. */
async function until<T>(ask: () => T | Promise<T>, isSo: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask();
    if (isSo(value)) return value;
    await setTimeout(10);
  }
}

/** The processes that were started, once there are so many. */
function untilStarted(serving: Serving, count: number): Promise<number[]> {
  return until(
    () => workersOf(serving),
    ({ length }) => length === count,
  );
}

/** The process that serves this connection, as its log says. */
async function askWho(serving: Serving, id: string): Promise<number> {
  const headers = { 'x-request-id': id, connection: 'close' };
  await send(`${serving.url}/healthz`, { headers });
  const find = (): { pid: number } | undefined =>
    readLog(serving.output.stderr).find(({ requestId }) => requestId === id);
  return (await until(find, Boolean))?.pid ?? 0;
}

describe('colloquy serve --workers', () => {
  it('serves on one port by all of them, from one store', async (t) => {
    const serving = await runWorkers(t, 2);
    const workers = await untilStarted(serving, 2);
    const served = new Set<number>();
    for (let count = 0; served.size < 2; count += 1) served.add(await askWho(serving, `req_${count}`));
    assert.deepEqual(served, new Set(workers));

    const bodies = Array.from({ length: 12 }, () => ({ ...ASK, store: true }));
    const asked = bodies.map((body) =>
      send(`${serving.url}/v1/chat/completions`, { body, headers: { connection: 'close' } }),
    );
    const ids = (await Promise.all(asked)).map(({ json }) => json.id);
    for (let count = 0; count < 2; count += 1) {
      const { json } = await send(`${serving.url}/v1/chat/completions`, { headers: { connection: 'close' } });
      assert.deepEqual(new Set(json.data.map(({ id }: any) => id)), new Set(ids));
    }
  });

  it('starts another in the place of one that is killed, and the streams of the others go on', async (t) => {
    const goOn = Promise.withResolvers<void>();
    const upstream = await startUpstream(t, async (response) => {
      startStream(response);
      response.write(chunk({ role: 'assistant', content: 'one ' }));
      await goOn.promise;
      response.end(`${chunk({ content: 'two' }, 'stop')}data: [DONE]\n\n`);
    });
    const serving = await runWorkers(t, 2, '--upstream', upstream.baseURL);
    const [victim] = await untilStarted(serving, 2);
    assert.ok(victim !== undefined);
    const ask = async (): Promise<string> => {
      const body = { ...ASK, stream: true, store: true };
      const response = await post(`${serving.url}/v1/chat/completions`, body);
      return response.text();
    };
    // The system deals out connections by chance: so many do not all go to one.
    const open = Array.from({ length: STREAMS }, () => ask().catch(() => 'broken'));
    await until(
      () => upstream.requests.length,
      (count) => count === STREAMS,
    );
    process.kill(victim, 'SIGKILL');
    const workers = await untilStarted(serving, 3);
    assert.equal(new Set(workers).size, 3);
    goOn.resolve();
    const texts = await Promise.all(open);
    const whole = texts.filter((text) => text.includes('data: [DONE]'));
    assert.ok(whole.length > 0 && whole.length < STREAMS, `${whole.length} of ${STREAMS}`);
    assert.ok(texts.every((text) => whole.includes(text) || text === 'broken'));
    const { json } = await send(`${serving.url}/v1/chat/completions`);
    const kept = json.data.map(({ id }: any) => id);
    assert.deepEqual(new Set(kept), new Set(whole.map((text) => /"id":"([^"]+)"/.exec(text)?.[1])));
  });

  it('waits longer each time for one that does not stay', async (t) => {
    const serving = await runWorkers(t, 2);
    for (let count = 2; count < 5; count += 1) {
      const workers = await untilStarted(serving, count);
      process.kill(workers.at(-1) ?? 0, 'SIGKILL');
    }
    const ended = () => readLog(serving.output.stderr).filter(({ delayMs }) => delayMs !== undefined);
    const delays = await until(ended, ({ length }) => length === 3);
    assert.deepEqual(
      delays.map(({ delayMs }) => delayMs),
      [100, 200, 400],
    );
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`lets what is under way end at ${signal}, and ends with it`, async (t) => {
      const asked = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      const upstream = await startUpstream(t, async (response) => {
        asked.resolve();
        await goOn.promise;
        startStream(response);
        response.end(`${chunk({ role: 'assistant', content: 'two' }, 'stop')}data: [DONE]\n\n`);
      });
      const { url, process: child, ended } = await runWorkers(t, 2, '--upstream', upstream.baseURL);
      const answer = send(`${url}/v1/chat/completions`, { body: { ...ASK, stream: true } });
      await asked.promise;
      child.kill(signal);
      const isRefused = () =>
        fetch(`${url}/healthz`, { headers: { connection: 'close' } }).then(
          () => false,
          () => true,
        );
      await until(isRefused, Boolean);
      goOn.resolve();
      assert.match((await answer).text, /two[^]*data: \[DONE\]/);
      assert.equal(await ended, 0);
    });
  }

  it('ends with one that was still starting', async (t) => {
    const serving = await runWorkers(t, 2);
    const [victim] = await untilStarted(serving, 2);
    process.kill(victim ?? 0, 'SIGKILL');
    await untilStarted(serving, 3);
    serving.process.kill('SIGTERM');
    assert.equal(await serving.ended, 0);
  });

  it('ends before it has begun to serve', async (t) => {
    const folder = await makeFolder(t);
    const args = ['serve', '--data', folder, '--workers', '2', '--port', '0'];
    const { process: child, ended } = runColloquy(t, args);
    await until(() => existsSync(join(folder, 'colloquy.db')), Boolean);
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
  });

  it('does not wait at a second signal', async (t) => {
    const asked = Promise.withResolvers<void>();
    const upstream = await startUpstream(t, () => asked.resolve());
    const { url, process: child, ended } = await runWorkers(t, 2, '--upstream', upstream.baseURL);
    const answer = assert.rejects(send(`${url}/v1/chat/completions`, { body: ASK }));
    await asked.promise;
    child.kill('SIGTERM');
    child.kill('SIGINT');
    assert.equal(await ended, 1);
    await answer;
  });

  it('says once why it cannot start, and exits with 2', async (t) => {
    const { url } = await runWorkers(t, 1);
    const { port } = new URL(url);
    const args = ['serve', '--data', await makeFolder(t), '--workers', '3', '--port', port];
    const { output, ended } = runColloquy(t, args);
    assert.equal(await ended, 2);
    assert.match(
      output.stderr,
      new RegExp(`^error: --port: cannot listen on 127\\.0\\.0\\.1:${port}: [^\n]+\n$`),
    );
  });
});
