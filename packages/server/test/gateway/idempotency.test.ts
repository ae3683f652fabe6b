// A repeated create: one completion, however often and however late it is asked for.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { ChatCompletionAccumulator, Colloquy } from '@colloquy/client';
import OpenAI from 'openai';

import { AbortFlag } from '../../src/abort-flag.ts';
import { runServe } from '../cli/run-colloquy.ts';
import { makeFolder } from '../make-folder.ts';
import { send, startServer, upstreamAt, type TestServer } from '../start-server.ts';
import {
  answerPlainly,
  chunk,
  completion,
  event,
  startStream,
  startUpstream,
  type Answer,
  type TestUpstream,
} from '../start-upstream.ts';
import { makeRecord } from '../storage/make-record.ts';

const KEEP = { model: 'small', store: true, messages: [{ role: 'user' as const, content: 'Hi' }] };
const STREAM = { ...KEEP, stream: true as const };
const DONE = event('[DONE]');

/** Everything that a test asks for: a server, a scripted upstream behind it, and how to call with a key. */
async function open(t: TestContext, answer: Answer, config: Parameters<typeof startServer>[1] = {}) {
  const upstream = await startUpstream(t, answer);
  const server = await startServer(t, { upstreams: [upstreamAt(upstream.baseURL)], ...config });
  return { upstream, server, ask: askAt(server) };
}

function askAt({ baseURL }: { readonly baseURL: string }) {
  return (body: object, key = 'key-1') =>
    send(`${baseURL}/chat/completions`, { body, headers: { 'idempotency-key': key } });
}

/** Answers each request with another text: `answer 1`, `answer 2`, … */
function answerInTurn(): Answer {
  let count = 0;
  return (response, { text }) => {
    count += 1;
    if ((JSON.parse(text) as { stream?: boolean }).stream) {
      startStream(response);
      response.end(answerStream(`answer ${count}`));
      return;
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(completion(`answer ${count}`)));
  };
}

function answerStream(content: string): string {
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
  const end = event({ id: 'chatcmpl-123', object: 'chat.completion.chunk', choices: [], usage });
  return chunk({ role: 'assistant', content: '' }) + chunk({ content }) + chunk({}, 'stop') + end + DONE;
}

async function listIds({ context }: TestServer, project = 'default'): Promise<string[]> {
  const page = await context.storage.list(project, { status: 'completed', limit: 100, order: 'asc' });
  return page.completions.map(({ id }) => id);
}

/** What the events of a stream merge to. */
function merge(text: string) {
  assert.ok(text.endsWith(DONE), text);
  const accumulator = new ChatCompletionAccumulator();
  for (const data of text.slice(0, -DONE.length).split('\n\n').filter(Boolean)) {
    accumulator.add(JSON.parse(data.replace(/^data: /, '')));
  }
  return accumulator.completion();
}

/** Calls the gateway without a socket, so that of two calls it is certain which comes first. Nobody gets an answer. */
function run({ context }: TestServer, { project = 'default', gone = new AbortFlag() } = {}) {
  const body = Buffer.from(JSON.stringify(KEEP));
  const headers = { 'idempotency-key': 'key-1' };
  const log = { warn: () => undefined };
  const unexpected = () => assert.fail('nobody is to be answered');
  return context.gateway.createChatCompletion(
    { project, requestId: 'req_1', json: body, owned: KEEP, headers, log },
    {
      gone,
      hasStarted: false,
      setHeaders: () => undefined,
      start: unexpected,
      write: unexpected,
      end: unexpected,
      cut: () => undefined,
    },
  );
}

/** Resolves when the upstream has been asked so often. */
async function asked({ requests }: TestUpstream, count: number): Promise<void> {
  while (requests.length < count) await sleep(5);
}

describe('A create that is repeated with its key', () => {
  it('has the same answer to the byte, is stored once and asks the model once', async (t) => {
    const { upstream, server, ask } = await open(t, answerInTurn());
    const first = await ask(KEEP);
    const second = await ask(KEEP);
    assert.equal(second.status, 200);
    assert.equal(second.text, first.text);
    assert.equal(second.headers.get('content-type'), 'application/json');
    assert.deepEqual(
      [first, second].map(({ headers }) => headers.get('idempotent-replayed')),
      [null, 'true'],
    );
    assert.deepEqual(await listIds(server), [first.json.id]);
    assert.equal(upstream.requests.length, 1);
  });

  it('has the same answer as a stream', async (t) => {
    const { upstream, server, ask } = await open(t, answerInTurn());
    const first = merge((await ask(STREAM)).text);
    const second = await ask(STREAM);
    assert.match(second.headers.get('content-type') ?? '', /^text\/event-stream/);
    assert.deepEqual(merge(second.text), first);
    assert.equal(first.choices[0]?.message.content, 'answer 1');
    assert.doesNotMatch(second.text, /usage/, 'nobody asked for usage');
    assert.deepEqual(await listIds(server), [first.id]);
    assert.equal(upstream.requests.length, 1);
  });

  it('has usage in its stream if that was asked for', async (t) => {
    const { ask } = await open(t, answerInTurn());
    const body = { ...STREAM, stream_options: { include_usage: true } };
    const first = merge((await ask(body)).text);
    const { text } = await ask(body);
    assert.deepEqual(merge(text), first);
    assert.equal(first.usage?.total_tokens, 3);
    assert.match(
      text,
      /"choices":\[\],"usage":\{[^\n]+\n\ndata: \[DONE\]\n\n$|"usage":\{[^\n]+"choices":\[\]/,
    );
  });

  for (const body of [KEEP, STREAM]) {
    it(`fifty times at once asks the model once: ${'stream' in body ? 'stream' : 'plain'}`, async (t) => {
      const release = Promise.withResolvers<void>();
      const answer = answerInTurn();
      const { upstream, server, ask } = await open(t, async (response, request) => {
        await release.promise;
        await answer(response, request);
      });
      const asking = Array.from({ length: 50 }, () => ask(body));
      await asked(upstream, 1);
      release.resolve();
      const answers = await Promise.all(asking);
      const completions = answers.map(({ json, text }) => json ?? merge(text));
      for (const one of completions) assert.deepEqual(one, completions[0]);
      const replayed = answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true');
      assert.equal(replayed.length, 49);
      assert.deepEqual(await listIds(server), [completions[0].id]);
      assert.equal(upstream.requests.length, 1);
    });
  }

  it('has another answer under another key, and without one', async (t) => {
    const { server, ask } = await open(t, answerInTurn());
    const ids = [
      (await ask(KEEP)).json.id,
      (await ask(KEEP, 'key-2')).json.id,
      (await send(`${server.baseURL}/chat/completions`, { body: KEEP })).json.id,
    ];
    assert.equal(new Set(ids).size, 3);
  });

  it('has the same answer where everything is kept, and nobody asked for it', async (t) => {
    const { ask, upstream } = await open(t, answerInTurn(), { storePolicy: 'always' });
    const { store: _store, ...body } = KEEP;
    assert.equal((await ask(body)).text, (await ask(body)).text);
    assert.equal(upstream.requests.length, 1);
  });

  it('has the same answer after a restart', async (t) => {
    const dataDir = await makeFolder(t);
    const upstream = await startUpstream(t, answerInTurn());
    const config = { dataDir, upstreams: [upstreamAt(upstream.baseURL)] };
    const before = await startServer(t, config);
    const first = await askAt(before)(KEEP);
    await before.app.close();
    const second = await askAt(await startServer(t, config))(KEEP);
    assert.equal(second.text, first.text);
    assert.equal(upstream.requests.length, 1);
  });

  it('has the same answer after its server was killed, and another try where that was too early', async (t) => {
    const dataDir = await makeFolder(t);
    const answer = answerInTurn();
    // The second request is never answered.
    const upstream = await startUpstream(t, (response, request) =>
      upstream.requests.length === 2 ? undefined : answer(response, request),
    );
    const serve = () => runServe(t, ['--data', dataDir, '--upstream', upstream.baseURL]);
    const killed = await serve();
    const first = await askAt({ baseURL: `${killed.url}/v1` })(KEEP);
    const lost = askAt({ baseURL: `${killed.url}/v1` })(KEEP, 'key-2');
    await Promise.all([assert.rejects(lost), asked(upstream, 2).then(() => killed.process.kill('SIGKILL'))]);
    await killed.ended;

    const ask = askAt({ baseURL: `${(await serve()).url}/v1` });
    assert.equal((await ask(KEEP)).text, first.text);
    const third = await ask(KEEP, 'key-2');
    assert.deepEqual([third.status, third.json.choices[0].message.content], [200, 'answer 2']);
    assert.equal(upstream.requests.length, 3);
  });

  it('runs again a day later, and both are kept', async (t) => {
    const { upstream, server, ask } = await open(t, answerInTurn());
    // The key is made by a server whose clock stands a day and a minute back.
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() - 86_460_000 });
    const first = await ask(KEEP);
    t.mock.timers.reset();
    const second = await ask(KEEP);
    assert.deepEqual(await listIds(server), [first.json.id, second.json.id]);
    assert.equal(upstream.requests.length, 2);
    assert.equal((await ask(KEEP)).text, second.text);
  });

  it('runs again after its completion was deleted', async (t) => {
    const { server, ask } = await open(t, answerInTurn());
    const first = await ask(KEEP);
    await send(`${server.baseURL}/chat/completions/${first.json.id}`, { method: 'DELETE' });
    const second = await ask(KEEP);
    assert.deepEqual(await listIds(server), [second.json.id]);
    assert.notEqual(second.json.id, first.json.id);
  });
});

describe('A key', () => {
  it('with another body is refused, while the first one is answered and afterwards', async (t) => {
    const release = Promise.withResolvers<void>();
    const { upstream, ask } = await open(t, async (response, request) => {
      await release.promise;
      await answerPlainly()(response, request);
    });
    const first = ask(KEEP);
    await asked(upstream, 1);
    const others = [await ask({ ...KEEP, seed: 1 }), await ask(STREAM)];
    release.resolve();
    assert.equal((await first).status, 200);
    others.push(await ask({ ...KEEP, seed: 1 }));
    for (const { status, json, headers } of others) {
      assert.equal(status, 409);
      assert.deepEqual(
        [json.error.type, json.error.code, json.error.param],
        ['invalid_request_error', 'idempotency_key_reused', null],
      );
      assert.match(json.error.message, /'Idempotency-Key'/);
      assert.equal(headers.get('x-should-retry'), 'false');
    }
    assert.equal(upstream.requests.length, 1);
  });

  for (const [key, reason] of [
    ['', 'it must not be empty'],
    ['k'.repeat(256), 'it must not have more than 255 characters'],
  ] as const) {
    it(`of ${key.length} characters is refused`, async (t) => {
      const { upstream, ask } = await open(t, answerPlainly());
      const { status, json } = await ask(KEEP, key);
      assert.equal(status, 400);
      assert.equal(json.error.param, 'idempotency-key');
      assert.equal(json.error.message, `Invalid 'idempotency-key': ${reason}.`);
      assert.equal(upstream.requests.length, 0);
    });
  }

  it('of 255 characters, of any kind that a header takes, is honoured', async (t) => {
    const { upstream, ask } = await open(t, answerPlainly());
    for (const key of ['k'.repeat(255), '"quoted", and more', 'é', "'; DROP TABLE completions; --"]) {
      assert.equal((await ask(KEEP, key)).text, (await ask(KEEP, key)).text);
    }
    assert.equal(upstream.requests.length, 4);
  });

  it('of another project says nothing here', async (t) => {
    const { server, ask } = await open(t, answerInTurn());
    const theirs = makeRecord({ project: 'theirs' });
    await server.context.storage.insert(theirs, { value: 'key-1', expiresAtMs: Number.MAX_SAFE_INTEGER });
    const { status, json } = await ask({ ...KEEP, seed: 1 });
    assert.deepEqual([status, json.choices[0].message.content], [200, 'answer 1']);
    assert.deepEqual(await listIds(server, 'theirs'), [theirs.id]);
  });

  it('of another project does not wait for the one here', async (t) => {
    const { upstream, server } = await open(t, () => undefined);
    const running = [run(server, { project: 'ours' }), run(server, { project: 'theirs' })];
    await asked(upstream, 2);
    server.context.gateway.abortAll();
    for (const one of running) await assert.rejects(one);
  });

  it('goes to the upstream with what is not kept, and stays here with what is', async (t) => {
    const { upstream, ask } = await open(t, answerInTurn());
    await ask(KEEP);
    const { store: _store, ...body } = KEEP;
    const answers = [await ask(body), await ask(body)];
    assert.deepEqual(
      upstream.requests.map(({ headers }) => headers['idempotency-key']),
      [undefined, 'key-1', 'key-1'],
    );
    assert.notEqual(answers[0]?.text, answers[1]?.text);
  });
});

describe('What was not answered', () => {
  it('runs again: an error of the upstream holds no key', async (t) => {
    const answer = answerInTurn();
    const { server, upstream, ask } = await open(t, (response, request) => {
      if (upstream.requests.length > 1) return answer(response, request);
      response.writeHead(500, { 'content-type': 'application/json' });
      return response.end('{"error":{"message":"no","type":"t","param":null,"code":"c"}}');
    });
    assert.equal((await ask(KEEP)).status, 500);
    const second = await ask(KEEP);
    assert.equal(second.status, 200);
    assert.equal((await ask(KEEP)).text, second.text);
    assert.deepEqual(await listIds(server), [second.json.id]);
    assert.equal(upstream.requests.length, 2);
  });

  it('runs again by the next that waits for it', async (t) => {
    const answer = answerInTurn();
    const release = Promise.withResolvers<void>();
    const { upstream, ask } = await open(t, async (response, request) => {
      if (upstream.requests.length > 1) return answer(response, request);
      await release.promise;
      return response.destroy();
    });
    const first = ask(KEEP);
    await asked(upstream, 1);
    const others = [ask(KEEP), ask(KEEP), ask(KEEP)];
    release.resolve();
    assert.equal((await first).status, 502);
    const [second, ...further] = await Promise.all(others);
    assert.equal(second?.status, 200);
    for (const one of further) assert.equal(one.text, second?.text);
    assert.equal(upstream.requests.length, 2);
  });

  it('runs again: a stream that broke off is no answer', async (t) => {
    const answer = answerInTurn();
    const { server, upstream, ask } = await open(t, (response, request) => {
      if (upstream.requests.length > 1) return answer(response, request);
      startStream(response);
      response.write(chunk({ content: 'Half' }));
      return setImmediate(() => response.destroy());
    });
    assert.match((await ask(STREAM)).text, /"upstream_unreachable"/);
    const whole = merge((await ask(STREAM)).text);
    assert.equal(whole.choices[0]?.message.content, 'answer 1');
    assert.deepEqual(merge((await ask(STREAM)).text), whole);
    assert.deepEqual(await listIds(server), [whole.id]);
  });

  it('is waited for by a caller who left in the middle and asks again', async (t) => {
    const release = Promise.withResolvers<void>();
    const { server, upstream, ask } = await open(t, async (response) => {
      startStream(response);
      response.write(chunk({ content: 'One ' }));
      await release.promise;
      response.end(chunk({ content: 'two' }, 'stop') + DONE);
    });
    const abort = new AbortController();
    const left = await fetch(`${server.baseURL}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'key-1' },
      body: JSON.stringify(STREAM),
      signal: abort.signal,
    });
    await left.body?.getReader().read();
    abort.abort();
    const again = ask(STREAM);
    release.resolve();
    const whole = merge((await again).text);
    assert.equal(whole.choices[0]?.message.content, 'One two');
    assert.deepEqual(await listIds(server), [whole.id]);
    assert.equal(upstream.requests.length, 1);
  });

  it('is not asked for in the name of one who waited and left', async (t) => {
    const release = Promise.withResolvers<void>();
    const { server, upstream } = await open(t, async (response) => {
      await release.promise;
      response.destroy();
    });
    const left = new AbortFlag();
    const [first, second] = [run(server), run(server, { gone: left })];
    left.abort();
    await second;
    release.resolve();
    await assert.rejects(first, { kind: 'upstream_unreachable' });
    assert.equal(upstream.requests.length, 1);
  });

  it('is told to those who wait when the server stops', async (t) => {
    const { server, upstream } = await open(t, () => undefined);
    const results = Promise.allSettled([run(server), run(server)]);
    await asked(upstream, 1);
    server.context.gateway.abortAll();
    for (const result of await results) {
      assert.equal(result.status === 'rejected' && result.reason.kind, 'server_stopping');
    }
    assert.equal(upstream.requests.length, 1);
  });

  it('is not waited for without end', async (t) => {
    const { server, upstream } = await open(t, () => undefined);
    const first = assert.rejects(run(server), { kind: 'server_stopping' });
    await asked(upstream, 1);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const second = run(server);
    t.mock.timers.tick(600_000);
    t.mock.timers.reset();
    await assert.rejects(second, { kind: 'idempotency_key_in_use', status: 409 });
    server.context.gateway.abortAll();
    await first;
  });
});

describe('Two servers on one store', () => {
  /** Both ask the upstream at the same time; it answers the first, and the second once `release` is called. */
  async function race(t: TestContext, body: object, more: Parameters<typeof startServer>[1] = {}) {
    const dataDir = await makeFolder(t);
    const release = Promise.withResolvers<void>();
    const answer = answerInTurn();
    const upstream = await startUpstream(t, async (response, request) => {
      const isFirst = upstream.requests.length === 1;
      await (isFirst ? asked(upstream, 2) : release.promise);
      await answer(response, request);
    });
    const config = { dataDir, upstreams: [upstreamAt(upstream.baseURL)], ...more };
    const servers = [await startServer(t, config), await startServer(t, config)];
    const [first, second] = servers.map((server) => askAt(server));
    const winning = first!(body);
    await asked(upstream, 1);
    const losing = second!(body);
    const winner = await winning;
    release.resolve();
    return { server: servers[0]!, winner, loser: await losing, again: await second!(body), upstream };
  }

  it('keep one completion, which answers both', async (t) => {
    const { server, winner, loser, again, upstream } = await race(t, KEEP);
    assert.deepEqual([loser.status, loser.text], [200, winner.text]);
    assert.equal(again.text, winner.text);
    assert.deepEqual(await listIds(server), [winner.json.id]);
    assert.equal(upstream.requests.length, 2);
    const failed = await send(`${server.baseURL}/chat/completions?status=failed`);
    assert.deepEqual(failed.json.data, []);
  });

  it('keep one completion also where nobody asked to keep any', async (t) => {
    const { store: _store, ...body } = KEEP;
    const { winner, loser } = await race(t, body, { storePolicy: 'always' });
    assert.deepEqual([loser.status, loser.text], [200, winner.text]);
  });

  it('keep one stream; the other one ends in an error, and has its answer when it is sent again', async (t) => {
    const { server, winner, loser, again } = await race(t, STREAM);
    assert.match(loser.text, /"code":"idempotency_key_in_use"/);
    assert.doesNotMatch(loser.text, /\[DONE\]/);
    assert.deepEqual(merge(again.text), merge(winner.text));
    assert.deepEqual(await listIds(server), [merge(winner.text).id]);
  });
});

describe('A store that cannot be read', () => {
  it('costs no answer where nobody asked to keep it', async (t) => {
    const dataDir = await makeFolder(t);
    const upstream = await startUpstream(t, answerInTurn());
    const server = await startServer(t, {
      dataDir,
      storePolicy: 'always',
      upstreams: [upstreamAt(upstream.baseURL)],
    });
    const db = new DatabaseSync(join(dataDir, 'colloquy.db'));
    db.exec('DROP TABLE idempotency_keys');
    db.close();
    const { store: _store, ...body } = KEEP;
    assert.equal((await askAt(server)(body)).status, 200);
    const { status, json } = await askAt(server)(KEEP);
    assert.deepEqual([status, json.error.code], [503, 'store_unavailable']);
    assert.equal(upstream.requests.length, 1);
  });
});

describe('Our client', () => {
  /** Passes everything on, but cuts the first connection as soon as it is answered. */
  async function startCutter(t: TestContext, { url }: TestServer): Promise<string> {
    const { port } = new URL(url);
    let isFirst = true;
    const cutter = createServer((near) => {
      const far = connect(Number(port), '127.0.0.1');
      for (const socket of [near, far]) socket.on('error', () => undefined);
      near.pipe(far).on('close', () => near.destroy());
      if (isFirst) far.once('data', () => near.resetAndDestroy());
      else far.pipe(near);
      isFirst = false;
    });
    await once(cutter.listen(0, '127.0.0.1'), 'listening');
    t.after(() => void cutter.close());
    return `http://127.0.0.1:${(cutter.address() as AddressInfo).port}/v1`;
  }

  it('gets the one answer although the connection was cut before it came', async (t) => {
    const { server, upstream } = await open(t, answerInTurn());
    const client = new Colloquy({ baseURL: await startCutter(t, server), apiKey: null });
    const { id, choices } = await client.chat.completions.create(KEEP);
    assert.equal(choices[0]?.message.content, 'answer 1');
    assert.deepEqual(await listIds(server), [id]);
    assert.equal(upstream.requests.length, 1);
  });

  it('gets the one stream although the connection was cut before it came', async (t) => {
    const { server, upstream } = await open(t, answerInTurn());
    const client = new Colloquy({ baseURL: await startCutter(t, server), apiKey: null });
    const accumulator = new ChatCompletionAccumulator();
    for await (const piece of await client.chat.completions.create(STREAM)) accumulator.add(piece);
    const { id, choices } = accumulator.completion();
    assert.equal(choices[0]?.message.content, 'answer 1');
    assert.deepEqual(await listIds(server), [id]);
    assert.equal(upstream.requests.length, 1);
  });
});

describe('The official openai package', () => {
  it('reads what is replayed, plain and as a stream', async (t) => {
    const { server } = await open(t, answerInTurn());
    const client = new OpenAI({ baseURL: server.baseURL, apiKey: 'any' });
    const withKey = (key: string) => ({ headers: { 'idempotency-key': key } });
    const plain = [0, 1].map(() => client.chat.completions.create(KEEP, withKey('plain')));
    const [first, second] = await Promise.all(plain);
    assert.deepEqual(second, first);

    const streamed = [0, 1].map(() =>
      client.chat.completions.stream(STREAM, withKey('stream')).finalChatCompletion(),
    );
    const [third, fourth] = await Promise.all(streamed);
    assert.equal(fourth?.choices[0]?.message.content, third?.choices[0]?.message.content);
    assert.equal(fourth?.id, third?.id);
    assert.deepEqual(await listIds(server), [first?.id, third?.id]);
  });

  it('does not try again with a key that was used for another body', async (t) => {
    const { server, upstream } = await open(t, answerInTurn());
    const client = new OpenAI({ baseURL: server.baseURL, apiKey: 'any' });
    const options = { headers: { 'idempotency-key': 'key-1' } };
    await client.chat.completions.create(KEEP, options);
    await assert.rejects(client.chat.completions.create({ ...KEEP, seed: 1 }, options), {
      status: 409,
      code: 'idempotency_key_reused',
    });
    assert.equal(upstream.requests.length, 1);
  });
});
