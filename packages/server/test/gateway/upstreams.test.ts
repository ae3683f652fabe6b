// What an upstream may be told, how long it may take and how much at once; and what a caller sees of it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';

import type { UpstreamConfig } from '../../src/config/config.ts';
import { post, send, startServer, upstreamAt } from '../start-server.ts';
import {
  answerPlainly,
  chunk,
  startStream,
  startUpstream,
  type Answer,
  type UpstreamRequest,
} from '../start-upstream.ts';
import { refusedUrl } from '../upstream/refused-url.ts';

const ASK = { model: 'small', messages: [{ role: 'user', content: 'Hi' }] };
const DONE = 'data: [DONE]\n\n';

interface Setup extends Partial<UpstreamConfig> {
  readonly answer: Answer;
}

/** Upstreams named `a`, `b` and so on behind a server. */
async function open(t: TestContext, ...setups: Setup[]) {
  const requests: UpstreamRequest[][] = [];
  const upstreams: UpstreamConfig[] = [];
  for (const { answer, ...more } of setups) {
    const upstream = await startUpstream(t, answer);
    const name = String.fromCodePoint(97 + upstreams.length);
    upstreams.push(upstreamAt(upstream.baseURL, { name, ...more }));
    requests.push(upstream.requests);
  }
  const { baseURL } = await startServer(t, { upstreams });
  return { url: `${baseURL}/chat/completions`, requests };
}

function told({ headers }: { headers: Headers }): unknown {
  return [headers.get('x-colloquy-upstream'), headers.get('x-colloquy-attempts')];
}

const busy: Answer = (response) => response.writeHead(503).end('{"error":{"message":"busy"}}');

const stream: Answer = (response) => {
  startStream(response);
  response.end(`${chunk({ content: 'Hi' }, 'stop')}${DONE}`);
};

describe('A caller', () => {
  for (const [name, members] of Object.entries({
    'a plain answer': {},
    'a stream': { stream: true },
    'a kept answer': { store: true },
    'a kept stream': { store: true, stream: true },
  })) {
    it(`is told with ${name} which upstream gave it, and after how many calls`, async (t) => {
      const answer = 'stream' in members ? stream : answerPlainly();
      const { url } = await open(t, { answer: busy }, { answer });
      const answered = await send(url, { body: { ...ASK, ...members } });
      assert.deepEqual([answered.status, told(answered)], [200, ['b', '2']]);
      if (!('store' in members)) return;
      const { json } = await send(url);
      assert.equal(json.data.length, 1);
    });
  }

  it('is told with an error, too', async (t) => {
    const { url } = await open(t, { answer: busy }, { answer: busy });
    const answered = await send(url, { body: ASK });
    assert.deepEqual([answered.status, told(answered)], [503, ['b', '2']]);
    const { baseURL } = await startServer(t, { upstreams: [upstreamAt(await refusedUrl(), { retries: 1 })] });
    const dead = await send(`${baseURL}/chat/completions`, { body: ASK });
    assert.deepEqual([dead.status, told(dead)], [502, ['upstream', '2']]);
  });

  it('is told nothing where no upstream was asked', async (t) => {
    const { url } = await open(t, { answer: answerPlainly(), models: ['other'] });
    assert.deepEqual(told(await send(url, { body: ASK })), [null, null]);
  });

  it('gets nothing of a stream twice: what has begun is not tried again', async (t) => {
    const broken: Answer = (response) => {
      startStream(response);
      response.write(chunk({ content: 'first' }));
      setImmediate(() => response.destroy());
    };
    const { url, requests } = await open(t, { answer: broken, retries: 5 }, { answer: stream });
    for (const store of [false, true]) {
      const { status, text } = await send(url, { body: { ...ASK, stream: true, store } });
      assert.equal(status, 200);
      assert.match(text, /first[^]*upstream_unreachable/);
      assert.doesNotMatch(text, /DONE/);
    }
    assert.deepEqual(
      requests.map(({ length }) => length),
      [2, 0],
    );
  });

  it('gets an answer whose head alone has come, and no other', async (t) => {
    const broken: Answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      setImmediate(() => response.destroy());
    };
    const { url, requests } = await open(t, { answer: broken, retries: 5 }, { answer: answerPlainly() });
    const { status, headers } = await send(url, { body: ASK });
    assert.deepEqual([status, headers.get('x-should-retry')], [502, 'false']);
    assert.equal(requests[1]?.length, 0);
  });
});

describe('A kept completion', () => {
  it('names the upstream that gave it', async (t) => {
    const upstreams = [
      upstreamAt(await refusedUrl(), { name: 'dead' }),
      upstreamAt((await startUpstream(t, answerPlainly())).baseURL, { name: 'alive' }),
    ];
    const { baseURL, context } = await startServer(t, { upstreams });
    const insert = t.mock.method(context.storage, 'insert');
    await send(`${baseURL}/chat/completions`, { body: { ...ASK, store: true } });
    assert.deepEqual(
      insert.mock.calls.map(({ arguments: [record] }) => record.upstream),
      ['alive'],
    );
  });
});

describe('An upstream', () => {
  const ask = (headers: Record<string, string>, members: object = {}) => ({
    body: { ...ASK, ...members },
    headers,
  });

  it('gets the headers that are configured for it, in place of those of the caller', async (t) => {
    const headers = { 'x-title': 'Our house', 'openai-beta': 'ours' };
    const { url, requests } = await open(t, { answer: answerPlainly(), headers });
    await send(url, ask({ 'openai-beta': 'theirs', 'x-title': 'Theirs' }));
    const seen = requests[0]?.[0]?.headers;
    assert.deepEqual([seen?.['x-title'], seen?.['openai-beta']], ['Our house', 'ours']);
  });

  it('gets the key of its caller where that is configured, and no other upstream does', async (t) => {
    const { url, requests } = await open(
      t,
      { answer: busy },
      { answer: busy, credentials: 'caller' },
      { answer: answerPlainly(), keyEnv: 'KEY', apiKey: 'sk-ours' },
    );
    await send(url, ask({ authorization: 'Bearer sk-theirs' }));
    await send(url, ask({}));
    assert.deepEqual(
      requests.map((list) => list.map(({ headers }) => headers.authorization)),
      [
        [undefined, undefined],
        ['Bearer sk-theirs', undefined],
        ['Bearer sk-ours', 'Bearer sk-ours'],
      ],
    );
  });

  it('gets store and metadata where it is configured to, to the byte', async (t) => {
    const { url, requests } = await open(
      t,
      { answer: busy, forwardStore: true },
      { answer: answerPlainly() },
    );
    const text =
      '{"model":"small", "store":true, "metadata":{"a":"b"}, "messages":[{"role":"user","content":"Hi"}]}';
    await send(url, { text });
    assert.deepEqual(
      requests.map(([request]) => request?.text),
      [text, '{"model":"small", "messages":[{"role":"user","content":"Hi"}]}'],
    );
  });

  it('gets members under the names that it knows, with their own text', async (t) => {
    const renames = { max_completion_tokens: 'max_tokens', seed: 'random_seed' };
    const { url, requests } = await open(t, { answer: answerPlainly(), renames });
    const messages = '"messages":[{"role":"user","content":"max_completion_tokens"}]';
    await send(url, {
      text: `{"model":"small","max_completion_tokens":1.0e2,${messages},"seed":4944116822809979520}`,
    });
    assert.equal(
      requests[0]?.[0]?.text,
      `{"model":"small",${messages},"max_tokens":1.0e2,"random_seed":4944116822809979520}`,
    );
  });

  it('gets a body to the byte that has none of these members', async (t) => {
    const renames = { max_completion_tokens: 'max_tokens' };
    const { url, requests } = await open(t, { answer: answerPlainly(), renames });
    const text = '{ "model":"small" , "max_tokens": 5, "messages":[{"role":"user","content":"Hi"}] }';
    await send(url, { text });
    assert.equal(requests[0]?.[0]?.text, text);
  });

  it('gets the renamed member where the request has both', async (t) => {
    const renames = { max_completion_tokens: 'max_tokens' };
    const { url, requests } = await open(t, { answer: answerPlainly(), renames });
    await send(url, { body: { ...ASK, max_tokens: 1, max_completion_tokens: 2 } });
    assert.deepEqual(JSON.parse(requests[0]?.[0]?.text ?? ''), { ...ASK, max_tokens: 2 });
  });

  it('gets names exchanged, if that is configured', async (t) => {
    const { url, requests } = await open(t, { answer: answerPlainly(), renames: { a: 'b', b: 'a' } });
    await send(url, { body: { ...ASK, a: 1, b: 2 } });
    assert.deepEqual(JSON.parse(requests[0]?.[0]?.text ?? ''), { ...ASK, a: 2, b: 1 });
  });

  it('keeps its renames also for a large request, and together with what is taken out', async (t) => {
    const { url, requests } = await open(t, {
      answer: stream,
      renames: { max_completion_tokens: 'max_tokens' },
    });
    const messages = [{ role: 'user', content: 'x'.repeat(100_000) }];
    const body = { ...ASK, messages, store: true, stream: true, max_completion_tokens: 7 };
    assert.match((await send(url, { body })).text, /DONE/);
    assert.deepEqual(JSON.parse(requests[0]?.[0]?.text ?? ''), {
      ...ASK,
      messages,
      stream: true,
      max_tokens: 7,
      stream_options: { include_usage: true },
    });
  });
});

describe('An upstream that answers one request at a time', () => {
  /** Answers when the test lets it. */
  function hold() {
    const held: Array<() => void> = [];
    const running: number[] = [];
    let count = 0;
    const answer: Answer = async (response, request) => {
      count += 1;
      running.push(count);
      await new Promise<void>((resolve) => {
        held.push(resolve);
        response.once('close', resolve);
      });
      count -= 1;
      answerPlainly()(response, request);
    };
    return { answer, held, running };
  }

  async function until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise(setImmediate);
  }

  it('lets the others wait, and gets them one after the other', async (t) => {
    const { answer, held, running } = hold();
    const { url } = await open(t, { answer, maxConcurrent: 1 });
    const asked = Promise.all([1, 2, 3].map(() => send(url, { body: ASK })));
    for (let count = 1; count <= 3; count += 1) {
      await until(() => held.length === count);
      held.at(-1)?.();
    }
    assert.deepEqual(
      (await asked).map(({ status }) => status),
      [200, 200, 200],
    );
    assert.deepEqual(running, [1, 1, 1]);
  });

  it('leaves what it has no room for to the next', async (t) => {
    const { answer, held } = hold();
    const { url } = await open(t, { answer, maxConcurrent: 1 }, { answer: answerPlainly() });
    const first = send(url, { body: ASK });
    await until(() => held.length === 1);
    assert.deepEqual(told(await send(url, { body: ASK })), ['b', '1']);
    held[0]?.();
    assert.deepEqual(told(await first), ['a', '1']);
    const again = send(url, { body: ASK });
    await until(() => held.length === 2);
    held[1]?.();
    assert.deepEqual(told(await again), ['a', '1']);
  });

  it('has no more waiting for it than may: they are refused with 503, and told to come again', async (t) => {
    const { answer, held } = hold();
    const { url, requests } = await open(t, { answer, maxConcurrent: 1, maxWaiting: 0 });
    const first = send(url, { body: ASK });
    await until(() => held.length === 1);
    for (const store of [false, true]) {
      const { status, headers, json } = await send(url, { body: { ...ASK, store } });
      assert.deepEqual([status, headers.get('retry-after')], [503, '1']);
      assert.deepEqual(
        [json.error.code, json.error.type],
        ['server_is_overloaded', 'service_unavailable_error'],
      );
      assert.deepEqual(told({ headers }), ['a', '0']);
    }
    held[0]?.();
    assert.equal((await first).status, 200);
    assert.equal(requests[0]?.length, 1);
    const list = await send(`${url}?status=failed`);
    assert.equal(list.json.data.length, 1);
  });

  it('is free again when a caller leaves, an answer breaks off, or an error was passed on', async (t) => {
    const ends: Answer[] = [
      (response) => response.destroy(),
      (response) => response.writeHead(400).end('{}'),
      (response) => {
        startStream(response);
        response.write(chunk({ content: 'x' }));
        setImmediate(() => response.destroy());
      },
      (response) => {
        startStream(response);
        response.write(chunk({ content: 'x' }));
      },
    ];
    const { url, requests } = await open(t, {
      answer: (response, request) => (ends.shift() ?? answerPlainly())(response, request),
      maxConcurrent: 1,
    });
    for (let count = 0; count < 3; count += 1) await send(url, { body: { ...ASK, stream: true } });
    const abort = new AbortController();
    await post(url, { ...ASK, stream: true }, abort.signal);
    const waiting = send(url, { body: ASK });
    abort.abort();
    assert.equal((await waiting).status, 200);
    assert.equal(requests[0]?.length, 5);
  });
});

describe('A time limit of an upstream', () => {
  it('ends the wait for a connection, and the next upstream is asked', async (t) => {
    // It takes connections, and says nothing to whoever begins with TLS.
    const silent = createServer((socket) => {
      t.after(() => socket.destroy());
    }).listen(0, '127.0.0.1');
    t.after(() => silent.close());
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const good = await startUpstream(t, answerPlainly());
    const slow = upstreamAt(`https://127.0.0.1:${port}/v1`, {
      name: 'slow',
      connectTimeoutMs: 50,
      retries: 5,
    });
    const { baseURL } = await startServer(t, {
      upstreams: [slow, upstreamAt(good.baseURL, { name: 'good', models: ['small'] })],
    });
    assert.deepEqual(told(await send(`${baseURL}/chat/completions`, { body: ASK })), ['good', '2']);
    const alone = await send(`${baseURL}/chat/completions`, { body: { ...ASK, model: 'other' } });
    assert.deepEqual([alone.status, alone.json.error.code], [504, 'upstream_timeout']);
    assert.deepEqual(told(alone), ['slow', '1']);
  });

  it('ends the wait for the head of an answer; nobody else is asked, since the model may be at work', async (t) => {
    const closed = Promise.withResolvers<void>();
    const { url, requests } = await open(
      t,
      { answer: (response) => response.once('close', closed.resolve), firstByteTimeoutMs: 50, retries: 5 },
      { answer: answerPlainly() },
    );
    const answered = await send(url, { body: ASK });
    assert.deepEqual([answered.status, answered.json.error.code], [504, 'upstream_timeout']);
    assert.deepEqual(told(answered), ['a', '1']);
    assert.equal(requests[1]?.length, 0);
    await closed.promise;
  });

  it('ends a stream in which nothing comes any more', async (t) => {
    const closed = Promise.withResolvers<void>();
    const { url } = await open(t, {
      answer: (response) => {
        response.once('close', closed.resolve);
        startStream(response);
        response.write(chunk({ content: 'first' }));
      },
      idleTimeoutMs: 50,
    });
    const { text } = await send(url, { body: { ...ASK, stream: true } });
    assert.match(text, /first[^]*"code":"upstream_timeout"/);
    assert.doesNotMatch(text, /DONE/);
    await closed.promise;
  });

  it('ends an answer that goes on for too long, however busy it is', async (t) => {
    const closed = Promise.withResolvers<void>();
    const { url, requests } = await open(t, {
      answer: (response) => {
        startStream(response);
        const timer = setInterval(() => response.write(chunk({ content: 'more' })), 5);
        response.once('close', () => {
          clearInterval(timer);
          closed.resolve();
        });
      },
      totalTimeoutMs: 100,
      retries: 5,
    });
    for (const store of [false, true]) {
      const { text } = await send(url, { body: { ...ASK, stream: true, store } });
      assert.match(text, /more[^]*"code":"upstream_timeout"/);
      assert.match(text, /a: the answer did not end within 100 ms/);
    }
    await closed.promise;
    assert.equal(requests[0]?.length, 2);
    assert.equal((await send(`${url}?status=interrupted`)).json.data.length, 1);
  });

  it('that is for the whole answer is 504 as long as nothing has come', async (t) => {
    const { url, requests } = await open(
      t,
      { answer: () => undefined, totalTimeoutMs: 50, retries: 5 },
      { answer: answerPlainly() },
    );
    const { status, json } = await send(url, { body: ASK });
    assert.deepEqual([status, json.error.code], [504, 'upstream_timeout']);
    assert.equal(requests[1]?.length, 0);
  });
});
