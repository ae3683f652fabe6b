import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import { createModelRoutes } from '../../src/upstream/create-model-routes.ts';
import { ModelList } from '../../src/upstream/model-list.ts';
import { upstreamAt } from '../start-server.ts';
import { startUpstream, type Answer } from '../start-upstream.ts';
import { refusedUrl } from './refused-url.ts';
import { createTestTiming } from './test-timing.ts';

/** As long as nothing in these tests takes, unless it is for ever. */
const LONG_MS = 60_000;

function offer(ids: string[]): Answer {
  return (response) => response.end(JSON.stringify({ data: ids.map((id) => ({ id, object: 'model' })) }));
}

async function open(t: TestContext, answers: ReadonlyArray<Answer | undefined>, graceMs = LONG_MS) {
  const timing = createTestTiming();
  const asked: string[] = [];
  const configs = await Promise.all(
    answers.map(async (answer, index) => {
      const name = String.fromCodePoint(97 + index);
      const upstream =
        answer &&
        (await startUpstream(t, (response, request) => {
          asked.push(name);
          return answer(response, request);
        }));
      return upstreamAt(upstream?.baseURL ?? (await refusedUrl()), { name });
    }),
  );
  const routes = createModelRoutes(configs, timing);
  t.after(() => Promise.all(routes.map(({ upstream }) => upstream.close())));
  const models = new ModelList(routes, timing, graceMs);
  const warnings: object[] = [];
  const log = { warn: (details: object) => warnings.push(details) };
  const list = async (): Promise<string[]> => (await models.get(log)).map(({ id }) => id);
  /** Asks until the list is this one. */
  async function listBecomes(ids: string[]): Promise<void> {
    while (String(await list()) !== String(ids)) await new Promise(setImmediate);
  }
  return { list, listBecomes, timing, asked, warnings };
}

describe('The list of models', () => {
  it('is asked for once, however many want it, and only when somebody does', async (t) => {
    const { list, asked } = await open(t, [offer(['x']), offer(['y'])]);
    assert.deepEqual(asked, []);
    assert.deepEqual(await Promise.all([list(), list(), list()]), [
      ['x', 'y'],
      ['x', 'y'],
      ['x', 'y'],
    ]);
    await list();
    assert.deepEqual(new Set(asked), new Set(['a', 'b']));
    assert.equal(asked.length, 2);
  });

  it('is fetched again behind the back of whoever asks after a minute', async (t) => {
    const ids = ['x'];
    const { list, listBecomes, timing, asked } = await open(t, [(...args) => offer(ids)(...args)]);
    await list();
    ids.push('new');
    timing.pass(59_999);
    assert.deepEqual(await list(), ['x']);
    assert.equal(asked.length, 1);
    timing.pass(1);
    assert.deepEqual(await list(), ['x'], 'this one does not wait');
    await listBecomes(['x', 'new']);
    assert.equal(asked.length, 2);
  });

  it('does not wait for an upstream that refuses', async (t) => {
    const { list, warnings } = await open(t, [undefined, offer(['y'])]);
    assert.deepEqual(await list(), ['y']);
    assert.equal(warnings.length, 1);
  });

  it('waits once for an upstream that says nothing, and then no more', async (t) => {
    const { list } = await open(t, [() => undefined, offer(['y'])], 100);
    assert.deepEqual(await list(), ['y']);
    const late = new Promise((resolve) => setImmediate(resolve, 'late'));
    assert.deepEqual(await Promise.race([list(), late]), ['y']);
  });

  it('keeps what an upstream said before it failed, and takes it up again when it is back', async (t) => {
    const ids = ['x'];
    let isDown = false;
    const { list, listBecomes, timing, asked, warnings } = await open(t, [
      (response, request) => (isDown ? response.destroy() : offer(ids)(response, request)),
      offer(['y']),
    ]);
    await list();
    isDown = true;
    timing.pass(60_000);
    assert.deepEqual(await list(), ['x', 'y']);
    while (warnings.length < 1) await new Promise(setImmediate);
    assert.deepEqual(await list(), ['x', 'y']);
    isDown = false;
    ids.push('new');
    const before = asked.filter((name) => name === 'a').length;
    assert.deepEqual(await list(), ['x', 'y']);
    assert.equal(asked.filter((name) => name === 'a').length, before, 'not yet');
    timing.pass(5000);
    await listBecomes(['x', 'new', 'y']);
  });

  it('is an error while nobody says, and is there as soon as somebody does', async (t) => {
    let isDown = true;
    const { list, timing } = await open(t, [
      (response, request) => (isDown ? response.destroy() : offer(['x'])(response, request)),
      undefined,
    ]);
    await assert.rejects(list(), { name: 'UpstreamError', message: 'no upstream lists its models' });
    isDown = false;
    await assert.rejects(list(), { name: 'UpstreamError' });
    timing.pass(5000);
    assert.deepEqual(await list(), ['x']);
  });
});
