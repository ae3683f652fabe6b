import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { makeFolder } from '../make-folder.ts';
import { send } from '../start-server.ts';
import { answerPlainly, chunk, startStream, startUpstream } from '../start-upstream.ts';
import { runServe, type Serving } from './run-colloquy.ts';

const ASK = { model: 'any', messages: [{ role: 'user', content: 'I am sad.' }] };

interface Place {
  readonly file: string;
  readonly keyFile: string;
  readonly args: string[];
}

async function makePlace(t: TestContext): Promise<Place> {
  const folder = await makeFolder(t);
  const file = join(folder, 'colloquy.json');
  return { file, keyFile: join(folder, 'key'), args: ['--data', join(folder, 'data'), '--config', file] };
}

async function name({ file, keyFile }: Place, baseURL: string, key: string): Promise<void> {
  await writeFile(keyFile, `${key}\n`);
  await writeFile(file, JSON.stringify({ upstreams: [{ baseURL, keyFile }] }));
}

/** Sends the signal, and waits until so many processes have said this. */
async function reload({ process: child, output }: Serving, said: RegExp, processes = 1): Promise<void> {
  const count = (): number => output.stderr.split('\n').filter((line) => said.test(line)).length;
  const before = count();
  child.kill('SIGHUP');
  while (count() < before + processes) await setTimeout(10);
}

describe('colloquy serve, at SIGHUP', () => {
  for (const workers of [1, 2]) {
    it(`reads its upstreams and their keys again, and drops no stream: ${workers} of them`, async (t) => {
      const goOn = Promise.withResolvers<void>();
      const asked = Promise.withResolvers<void>();
      const before = await startUpstream(t, async (response) => {
        startStream(response);
        response.write(chunk({ role: 'assistant', content: 'one ' }));
        asked.resolve();
        await goOn.promise;
        response.end(`${chunk({ content: 'two' }, 'stop')}data: [DONE]\n\n`);
      });
      const after = await startUpstream(t, answerPlainly());
      const place = await makePlace(t);
      await name(place, before.baseURL, 'sk-1');
      const serving = await runServe(t, [...place.args, '--workers', String(workers)]);
      assert.match(serving.output.stdout, new RegExp(`\\(key from ${place.keyFile}\\)`));
      const body = { ...ASK, stream: true };
      const stream = send(`${serving.url}/v1/chat/completions`, { body });
      await asked.promise;

      await name(place, after.baseURL, 'sk-2');
      await reload(serving, /the upstreams were read again/, workers);
      assert.equal((await send(`${serving.url}/v1/chat/completions`, { body: ASK })).status, 200);
      assert.equal(before.requests[0]?.headers.authorization, 'Bearer sk-1');
      assert.equal(after.requests[0]?.headers.authorization, 'Bearer sk-2');
      goOn.resolve();
      assert.match((await stream).text, /one [^]*two[^]*data: \[DONE\]/);
      assert.doesNotMatch(serving.output.stdout + serving.output.stderr, /sk-\d/);
    });
  }

  it('stays as it was when what it reads cannot be used, and says why', async (t) => {
    const upstream = await startUpstream(t, answerPlainly());
    const place = await makePlace(t);
    await name(place, upstream.baseURL, 'sk-1');
    const serving = await runServe(t, place.args);
    await writeFile(place.keyFile, '');
    await reload(serving, /the upstreams stay as they were: .*keyFile: .* must hold the key alone/);
    await writeFile(place.file, '{ "upstreams": [ { } ] }');
    await reload(serving, /the upstreams stay as they were: .*this upstream needs a baseURL/);
    assert.equal((await send(`${serving.url}/v1/chat/completions`, { body: ASK })).status, 200);
    assert.equal(upstream.requests[0]?.headers.authorization, 'Bearer sk-1');
  });
});
