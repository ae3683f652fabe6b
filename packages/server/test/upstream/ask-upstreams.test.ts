// What is tried again, where and after which pause: with upstreams on real sockets, and a clock that no pause waits for.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import { AbortFlag } from '../../src/abort-flag.ts';
import type { UpstreamConfig } from '../../src/config/config.ts';
import { askUpstreams, type Question } from '../../src/upstream/ask-upstreams.ts';
import { Attempts } from '../../src/upstream/attempts.ts';
import { createModelRoutes } from '../../src/upstream/create-model-routes.ts';
import { discardBody } from '../../src/upstream/discard-body.ts';
import { findRoutes } from '../../src/upstream/route-models.ts';
import { UpstreamError } from '../../src/upstream/upstream-error.ts';
import { upstreamAt } from '../start-server.ts';
import { answerPlainly, startUpstream, type Answer, type TestUpstream } from '../start-upstream.ts';
import { refusedUrl } from './refused-url.ts';
import { createTestTiming } from './test-timing.ts';

const AGAIN = 'the upstream failed before its answer began: the request is sent again';

type Plain = Readonly<Record<string, string>>;

interface Asked {
  /** A status, or the code of the error. */
  readonly outcome: number | string;
  readonly upstream: string;
  readonly attempts: number;
}

const ok: Answer = answerPlainly();

function refuse(status: number, headers: Plain = {}): Answer {
  return (response) => response.writeHead(status, headers).end('{"error":{"message":"no"}}');
}

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

/** Answers the first request with the first, and so on; the last one stays. */
function inTurn(...answers: Answer[]): Answer {
  return (response, request) => (answers.length > 1 ? answers.shift() : answers[0])?.(response, request);
}

/** Upstreams that answer so, named `a`, `b` and so on; `undefined` is one at which nothing listens. */
async function open(
  t: TestContext,
  answers: ReadonlyArray<Answer | undefined>,
  more: Partial<UpstreamConfig> = { retries: 1 },
) {
  const timing = createTestTiming();
  const upstreams: TestUpstream[] = [];
  const configs: UpstreamConfig[] = [];
  for (const [index, answer] of answers.entries()) {
    const name = String.fromCodePoint(97 + index);
    const upstream = answer && (await startUpstream(t, answer));
    upstreams.push(upstream ?? { baseURL: '', requests: [] });
    configs.push(upstreamAt(upstream?.baseURL ?? (await refusedUrl()), { name, ...more }));
  }
  const table = createModelRoutes(configs, timing);
  const routes = findRoutes(table, 'any');
  assert.ok(routes);
  t.after(() => Promise.all(table.map(({ upstream }) => upstream.close())));
  const lines: object[] = [];

  async function ask(question: Partial<Question> = {}): Promise<Asked> {
    const attempts = new Attempts();
    assert.ok(routes);
    let outcome: number | string;
    try {
      const answer = await askUpstreams(
        {
          routes,
          compose: () => ({ body: Buffer.from('{}'), headers: {} }),
          abort: new AbortFlag(),
          log: { warn: (details, message) => lines.push({ ...details, message }) },
          ...question,
        },
        attempts,
        timing,
      );
      outcome = answer.status;
      discardBody(answer.body);
    } catch (error) {
      outcome = readCode(error);
    }
    attempts.end();
    return { outcome, upstream: attempts.upstream, attempts: attempts.count };
  }

  const counts = (): number[] => upstreams.map(({ requests }) => requests.length);
  return { ask, timing, counts, lines, routes };
}

function readCode(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error)) return String(error);
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
}

describe('A request that an upstream fails', () => {
  for (const status of [429, 500, 502, 503, 504]) {
    it(`goes to the next upstream after ${status}, at once`, async (t) => {
      const { ask, timing, counts } = await open(t, [refuse(status), ok]);
      assert.deepEqual(await ask(), { outcome: 200, upstream: 'b', attempts: 2 });
      assert.deepEqual([counts(), timing.waits], [[1, 1], []]);
    });
  }

  for (const status of [200, 201, 302, 400, 401, 403, 404, 408, 409, 413, 422, 501, 505, 529]) {
    it(`is answered with ${status}, which is no reason to ask another`, async (t) => {
      const { ask, counts } = await open(t, [refuse(status), ok]);
      assert.deepEqual(await ask(), { outcome: status, upstream: 'a', attempts: 1 });
      assert.deepEqual(counts(), [1, 0]);
    });
  }

  it('goes to the next when the connection is refused', async (t) => {
    const { ask } = await open(t, [undefined, ok]);
    assert.deepEqual(await ask(), { outcome: 200, upstream: 'b', attempts: 2 });
  });

  it('goes to the same at once when the connection is reset, as one is that was kept for too long', async (t) => {
    const { ask, timing, counts } = await open(t, [inTurn(reset, ok), ok]);
    assert.deepEqual(await ask(), { outcome: 200, upstream: 'a', attempts: 2 });
    assert.deepEqual([counts(), timing.waits], [[2, 0], []]);
  });

  it('goes to the next when the connection is reset again', async (t) => {
    const { ask, counts } = await open(t, [reset, ok]);
    assert.deepEqual(await ask(), { outcome: 200, upstream: 'b', attempts: 3 });
    assert.deepEqual(counts(), [2, 1]);
  });

  it('goes to the next when the other side hangs up without a word', async (t) => {
    const { ask } = await open(t, [(response) => response.destroy(), ok], { retries: 0 });
    assert.deepEqual(await ask(), { outcome: 200, upstream: 'b', attempts: 2 });
  });

  for (const [text, error] of [
    ['what?\r\n\r\n', 'HTTPParserError'],
    ['HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n', 'UND_ERR_SOCKET'],
  ] as const) {
    it(`goes nowhere when what comes is ${JSON.stringify(text)}: the model may have answered`, async (t) => {
      const { ask, counts } = await open(t, [(response) => response.socket?.end(text), ok]);
      assert.deepEqual(await ask(), { outcome: error, upstream: 'a', attempts: 1 });
      assert.deepEqual(counts(), [1, 0]);
    });
  }

  it('goes to all of them in their order, then again to the first, after a pause', async (t) => {
    const { ask, timing, counts } = await open(t, [refuse(503), undefined, refuse(500), refuse(502)]);
    assert.deepEqual(await ask(), { outcome: 502, upstream: 'd', attempts: 8 });
    assert.deepEqual(counts(), [2, 0, 2, 2]);
    assert.deepEqual(timing.waits, [500]);
  });

  it('goes to those that share by weight before the one behind them', async (t) => {
    const { ask, counts, routes } = await open(t, [refuse(503), refuse(503), ok], { retries: 0 });
    for (const route of routes.slice(0, 2)) Object.assign(route, { weight: 1 });
    assert.deepEqual(await ask(), { outcome: 200, upstream: 'c', attempts: 3 });
    assert.deepEqual(counts(), [1, 1, 1]);
  });

  it('is answered with the last failure, unchanged, when there is nowhere to go', async (t) => {
    const { ask } = await open(t, [refuse(503), refuse(429)], { retries: 0 });
    assert.deepEqual(await ask(), { outcome: 429, upstream: 'b', attempts: 2 });
    const dead = await open(t, [undefined], { retries: 0 });
    assert.deepEqual(await dead.ask(), { outcome: 'ECONNREFUSED', upstream: 'a', attempts: 1 });
  });

  it('is told in the log, with what failed and where it goes', async (t) => {
    const { ask, lines } = await open(t, [refuse(503), reset, ok], { retries: 0 });
    await ask();
    assert.deepEqual(
      lines.map((line) => ({ ...line, err: 'err' in line })),
      [
        { upstream: 'a', attempt: 1, status: 503, err: false, next: 'b', message: AGAIN },
        { upstream: 'b', attempt: 2, err: true, next: 'c', message: AGAIN },
      ],
    );
  });
});

describe('The same upstream', () => {
  it('is asked again after half a second, doubled each time, less up to a quarter by chance', async (t) => {
    const { ask, timing } = await open(t, [refuse(429)], { retries: 6 });
    assert.deepEqual(await ask(), { outcome: 429, upstream: 'a', attempts: 7 });
    assert.deepEqual(timing.waits, [500, 1000, 2000, 4000, 8000, 8000]);
    const lucky = await open(t, [refuse(429)], { retries: 2 });
    lucky.timing.random = () => 1;
    await lucky.ask();
    assert.deepEqual(lucky.timing.waits, [375, 750]);
  });

  it('is asked again once it may be, by retry-after in seconds, in milliseconds, or as a date', async (t) => {
    const inSixSeconds = new Date(Date.now() + 6000).toUTCString();
    for (const [headers, min, max] of [
      [{ 'retry-after': '7' }, 7000, 7000],
      [{ 'retry-after': '0' }, 0, 0],
      [{ 'retry-after-ms': '20', 'retry-after': '7' }, 20, 20],
      [{ 'retry-after': inSixSeconds }, 1, 6000],
      [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 0, 0],
    ] satisfies Array<[Plain, number, number]>) {
      const { ask, timing } = await open(t, [inTurn(refuse(429, headers), ok)]);
      assert.deepEqual(await ask(), { outcome: 200, upstream: 'a', attempts: 2 });
      const waited = timing.waits[0] ?? 0;
      assert.ok(waited >= min && waited <= max, `${JSON.stringify(headers)}: ${waited}`);
    }
  });

  it('is not waited for longer than ten seconds: its caller is told to', async (t) => {
    const { ask, timing } = await open(t, [refuse(503, { 'retry-after': '11' })]);
    assert.deepEqual(await ask(), { outcome: 503, upstream: 'a', attempts: 1 });
    assert.deepEqual(timing.waits, []);
  });

  it('is asked again as often as it is configured, and not at all with none', async (t) => {
    for (const retries of [0, 1, 2]) {
      const { ask, counts } = await open(t, [refuse(429)], { retries });
      assert.equal((await ask()).attempts, retries + 1);
      assert.deepEqual(counts(), [retries + 1]);
    }
  });

  it('is asked again when it refused the connection, after the pause', async (t) => {
    const { ask, timing } = await open(t, [undefined]);
    assert.deepEqual(await ask(), { outcome: 'ECONNREFUSED', upstream: 'a', attempts: 2 });
    assert.deepEqual(timing.waits, [500]);
  });

  it('is not asked again where it says that this is of no use; of too many requests, another one is', async (t) => {
    const final = { 'x-should-retry': 'false' };
    for (const [status, asked] of [
      [503, { outcome: 503, upstream: 'a', attempts: 1 }],
      [429, { outcome: 200, upstream: 'b', attempts: 2 }],
    ] satisfies Array<[number, Asked]>) {
      const { ask } = await open(t, [refuse(status, final), ok]);
      assert.deepEqual(await ask(), asked);
      const alone = await open(t, [refuse(status, final)]);
      assert.deepEqual(await alone.ask(), { outcome: status, upstream: 'a', attempts: 1 });
    }
  });

  it('is asked again over connections on which it answered before', async (t) => {
    const ports = new Set<number | undefined>();
    const ended: Promise<unknown>[] = [];
    const slowly: Answer = (response) => {
      ports.add(response.socket?.remotePort);
      ended.push(once(response, 'finish'));
      response.writeHead(429).write('x'.repeat(5000));
      setTimeout(() => response.end('x'.repeat(5000)), 5);
    };
    const { ask, counts } = await open(t, [slowly]);
    for (let count = 0; count < 10; count += 1) {
      await ask();
      await Promise.all(ended);
      // The ends have been sent; in the turns that follow, they are read.
      for (let turn = 0; turn < 3; turn += 1) await setImmediate();
    }
    assert.deepEqual(counts(), [20]);
    assert.equal(ports.size, 2);
  });

  it('has its slot back before it is asked again, as the next one is', async (t) => {
    const { ask } = await open(t, [refuse(429), inTurn(refuse(429), ok)], {
      retries: 1,
      maxConcurrent: 1,
      maxWaiting: 0,
    });
    assert.deepEqual(await ask(), { outcome: 200, upstream: 'b', attempts: 4 });
    for (let count = 0; count < 3; count += 1) {
      assert.deepEqual(await ask(), { outcome: 200, upstream: 'b', attempts: 2 });
    }
  });

  it('is not asked again for a caller who left', async (t) => {
    const { ask, timing, counts } = await open(t, [refuse(429)]);
    const abort = new AbortFlag();
    timing.wait = async () => {
      abort.abort(new Error('gone'));
      abort.throwIfAborted();
    };
    assert.equal((await ask({ abort })).outcome, 'Error: gone');
    assert.deepEqual(counts(), [1]);
  });
});

describe('An outage of all upstreams', () => {
  const REQUESTS = 300;

  for (const [how, askAll] of Object.entries({
    'one after the other': async (ask: () => Promise<Asked>) => {
      for (let count = 0; count < REQUESTS; count += 1) await ask();
    },
    'all at once': (ask: () => Promise<Asked>) => Promise.all(Array.from({ length: REQUESTS }, () => ask())),
  })) {
    it(`is not multiplied by requests that come ${how}`, async (t) => {
      const { ask, counts } = await open(t, [refuse(503), refuse(500)], { retries: 10 });
      await askAll(ask);
      const calls = counts().reduce((sum, count) => sum + count, 0);
      // A tenth of the requests, and the twenty that each upstream has saved up.
      assert.ok(calls >= REQUESTS && calls <= REQUESTS * 1.1 + 40, `${calls} calls for ${REQUESTS} requests`);
    });
  }

  it('by 429 is not multiplied either, though who says so is well', async (t) => {
    const { ask, counts } = await open(t, [refuse(429)], { retries: 10 });
    for (let count = 0; count < REQUESTS; count += 1) await ask();
    assert.ok((counts()[0] ?? 0) <= REQUESTS * 1.1 + 20, counts().join());
  });

  it('by half is not multiplied by those who come through in the end', async (t) => {
    let calls = 0;
    const { ask, counts } = await open(t, [(...args) => (calls++ % 3 === 2 ? ok : refuse(503))(...args)], {
      retries: 10,
    });
    for (let count = 0; count < REQUESTS; count += 1) await ask();
    assert.ok((counts()[0] ?? 0) <= REQUESTS * 1.1 + 20, counts().join());
  });

  it('still lets every request through once, and ends with the first that is back', async (t) => {
    const back = { a: false, b: false };
    const { ask, timing } = await open(
      t,
      [(...args) => (back.a ? ok : refuse(503))(...args), (...args) => (back.b ? ok : refuse(503))(...args)],
      { retries: 0 },
    );
    for (let count = 0; count < 10; count += 1) assert.equal((await ask()).outcome, 503);
    assert.deepEqual(await ask(), { outcome: 503, upstream: 'a', attempts: 1 });
    timing.pass(1000);
    back.b = true;
    assert.deepEqual(await ask(), { outcome: 200, upstream: 'b', attempts: 2 });
    assert.deepEqual(await ask(), { outcome: 200, upstream: 'b', attempts: 1 });
    back.a = true;
    timing.pass(2000);
    assert.deepEqual(await ask(), { outcome: 200, upstream: 'a', attempts: 1 });
  });
});

describe('An upstream that keeps failing', () => {
  it('is left alone while another answers, tried by one request after each rest, and taken up when it answers', async (t) => {
    let isWell = false;
    const { ask, timing, counts, lines } = await open(
      t,
      [(...args) => (isWell ? ok : refuse(503))(...args), ok],
      { retries: 0 },
    );
    for (let count = 0; count < 20; count += 1) assert.equal((await ask()).upstream, 'b');
    assert.deepEqual(counts(), [3, 20]);

    timing.pass(1000);
    const { attempts } = await ask();
    assert.equal(attempts, 2);
    for (let count = 0; count < 20; count += 1) assert.equal((await ask()).attempts, 1);
    assert.deepEqual(counts(), [4, 41]);

    isWell = true;
    timing.pass(2000);
    for (let count = 0; count < 20; count += 1) assert.equal((await ask()).upstream, 'a');
    assert.deepEqual(counts(), [24, 41]);

    const said = lines
      .map((line) => ('message' in line ? line.message : ''))
      .filter((line) => line !== AGAIN);
    assert.deepEqual(said, [
      'the upstream fails: it is asked rarely until it answers',
      'the upstream answers again',
    ]);
  });

  it('is left alone when nothing listens there, too', async (t) => {
    const { ask } = await open(t, [undefined, ok], { retries: 0 });
    const attempts = [];
    for (let count = 0; count < 5; count += 1) attempts.push((await ask()).attempts);
    assert.deepEqual(attempts, [2, 2, 2, 1, 1]);
  });

  it('is left alone for as long as it asks, from the first time', async (t) => {
    const { ask, timing, counts } = await open(t, [refuse(429, { 'retry-after': '20' }), ok], { retries: 0 });
    for (let count = 0; count < 5; count += 1) assert.equal((await ask()).outcome, 200);
    assert.deepEqual(counts(), [1, 5]);
    timing.pass(20_000);
    await ask();
    assert.deepEqual(counts(), [2, 6]);
  });

  it('is asked all the same where nobody else serves the model', async (t) => {
    const { ask, counts } = await open(t, [refuse(503)], { retries: 0 });
    for (let count = 0; count < 10; count += 1) assert.equal((await ask()).outcome, 503);
    assert.deepEqual(counts(), [10]);
  });

  it('does not fail because callers leave', async (t) => {
    const { ask, routes } = await open(t, [() => undefined], { retries: 0 });
    for (let count = 0; count < 5; count += 1) {
      const abort = new AbortFlag();
      const asked = ask({ abort });
      // What ends an answer from here may look like what ends it there.
      abort.abort(new UpstreamError('gone', { isTimeout: true }));
      assert.equal((await asked).outcome, 'UpstreamError: gone');
    }
    assert.equal(routes[0].health.isFailing, false);
  });
});
