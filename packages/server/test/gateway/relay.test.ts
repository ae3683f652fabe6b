// What is not kept: bytes through, nothing added, nothing held back.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';

import { post, send, startServer, upstreamAt } from '../start-server.ts';
import { answerPlainly, chunk, event, startStream, startUpstream, type Answer } from '../start-upstream.ts';

const ASK = { model: 'small', messages: [{ role: 'user', content: 'Hi' }] };

async function openPath(t: TestContext, answer: Answer) {
  const upstream = await startUpstream(t, answer);
  const { baseURL } = await startServer(t, { upstreams: [upstreamAt(upstream.baseURL)] });
  return { url: `${baseURL}/chat/completions`, upstream };
}

describe('A relayed request', () => {
  it('reaches the upstream to the byte when nothing in it is ours', async (t) => {
    const { url, upstream } = await openPath(t, answerPlainly());
    const text =
      '{ "model": "small",\n "messages" : [{"role":"user","content":"\\u0048i"}], "seed": 4944116822809979520, "new": {"x": 1.0} }';
    await send(url, { text });
    assert.equal(upstream.requests[0]?.text, text);
    assert.equal(upstream.requests[0]?.url, '/v1/chat/completions');
  });

  it('loses store and metadata on the way, and nothing else', async (t) => {
    const { url, upstream } = await openPath(t, answerPlainly());
    await send(url, {
      text: '{"store":true, "model":"small","metadata":{"a":"b"}, "messages":[{"role":"user","content":"Hi"}], "seed": 4944116822809979520}',
    });
    assert.equal(
      upstream.requests[0]?.text,
      '{ "model":"small", "messages":[{"role":"user","content":"Hi"}], "seed": 4944116822809979520}',
    );
  });

  it('loses an explicit store: false too, which many upstreams refuse', async (t) => {
    const { url, upstream } = await openPath(t, answerPlainly());
    await send(url, { body: { ...ASK, store: false } });
    assert.deepEqual(JSON.parse(upstream.requests[0]?.text ?? ''), ASK);
  });

  it('carries the key of the configuration, never that of the caller', async (t) => {
    const upstream = await startUpstream(t, answerPlainly());
    const { baseURL } = await startServer(t, {
      upstreams: [upstreamAt(upstream.baseURL, { keyEnv: 'KEY', apiKey: 'sk-ours' })],
    });
    await send(`${baseURL}/chat/completions`, {
      body: ASK,
      headers: {
        authorization: 'Bearer sk-theirs',
        cookie: 'a=b',
        'x-client-request-id': 'mine',
        'x-request-id': 'req_1',
      },
    });
    const headers = upstream.requests[0]?.headers;
    assert.equal(headers?.authorization, 'Bearer sk-ours');
    assert.equal(headers?.cookie, undefined);
    assert.equal(headers?.['x-client-request-id'], 'mine');
    assert.equal(headers?.['x-request-id'], 'req_1');
  });

  it('has no authorization header where no key is configured', async (t) => {
    const { url, upstream } = await openPath(t, answerPlainly());
    await send(url, { body: ASK, headers: { authorization: 'Bearer sk-theirs' } });
    assert.equal(upstream.requests[0]?.headers.authorization, undefined);
  });

  it('goes to the first upstream whose patterns match the model', async (t) => {
    const first = await startUpstream(t, answerPlainly());
    const second = await startUpstream(t, answerPlainly());
    const { baseURL } = await startServer(t, {
      upstreams: [
        upstreamAt(first.baseURL, { name: 'first', models: ['gpt-*'] }),
        upstreamAt(second.baseURL, { name: 'second', models: ['llama*', 'gpt-4'] }),
      ],
    });
    for (const model of ['llama3', 'gpt-4', 'gpt-5']) {
      assert.equal((await send(`${baseURL}/chat/completions`, { body: { ...ASK, model } })).status, 200);
    }
    const models = (requests: { text: string }[]) => requests.map(({ text }) => JSON.parse(text).model);
    assert.deepEqual([models(first.requests), models(second.requests)], [['gpt-4', 'gpt-5'], ['llama3']]);
    const { status, json } = await send(`${baseURL}/chat/completions`, { body: { ...ASK, model: 'claude' } });
    assert.deepEqual([status, json.error.code], [404, 'model_not_found']);
  });
});

describe('The connection to an upstream', () => {
  for (const [name, members] of Object.entries({
    'a plain answer': {},
    'a stream': { stream: true },
    'a kept answer': { store: true },
    'a kept stream': { store: true, stream: true },
  })) {
    it(`serves the next request after ${name}`, async (t) => {
      const ports = new Set<number | undefined>();
      const { url } = await openPath(t, (response, request) => {
        ports.add(response.socket?.remotePort);
        if (!request.text.includes('"stream":true')) return answerPlainly()(response, request);
        startStream(response);
        return response.end(`${chunk({ content: 'Hi' }, 'stop')}data: [DONE]\n\n`);
      });
      for (let count = 0; count < 5; count += 1) await send(url, { body: { ...ASK, ...members } });
      assert.equal(ports.size, 1);
    });
  }
});

describe('A relayed answer', () => {
  it('reaches the caller to the byte, with the headers that are meant for it', async (t) => {
    const body = '{ "id":"x",\n "odd": 12345678901234567890, "choices":[] }';
    const { url } = await openPath(t, (response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'openai-processing-ms': '7',
        'x-ratelimit-remaining-requests': '9',
        'set-cookie': 'a=b',
        server: 'secret',
      });
      response.end(body);
    });
    const answer = await send(url, { body: ASK, headers: { 'x-request-id': 'req_mine' } });
    assert.equal(answer.text, body);
    assert.equal(answer.headers.get('openai-processing-ms'), '7');
    assert.equal(answer.headers.get('x-ratelimit-remaining-requests'), '9');
    assert.equal(answer.headers.get('x-request-id'), 'req_mine');
    assert.equal(answer.headers.get('set-cookie'), null);
    assert.equal(answer.headers.get('server'), null);
  });

  it('comes with a request id of ours where the caller sent none, or one that cannot be logged', async (t) => {
    const { url } = await openPath(t, answerPlainly());
    assert.match((await send(url, { body: ASK })).headers.get('x-request-id') ?? '', /^req_[0-9a-f]{32}$/);
    const odd = await send(url, { body: ASK, headers: { 'x-request-id': 'a b"c' } });
    assert.match(odd.headers.get('x-request-id') ?? '', /^req_[0-9a-f]{32}$/);
  });

  it('streams to the byte, also what is no standard', async (t) => {
    const pieces = [
      ': keep-alive\r\n\r\n',
      'data:{"id":""}\r\n\r\n',
      'event: x\ndata: {"a":\ndata: 1}\n\n',
      'data: [DONE]',
    ];
    const { url } = await openPath(t, (response) => {
      startStream(response);
      for (const piece of pieces) response.write(piece);
      response.end();
    });
    const answer = await send(url, { body: { ...ASK, stream: true } });
    assert.equal(answer.text, pieces.join(''));
    assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8');
    assert.equal(answer.headers.get('x-accel-buffering'), 'no');
  });

  it('is understood when it is compressed although nobody asked for it', async (t) => {
    const { url, upstream } = await openPath(t, (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync('{"id":"x","choices":[]}'));
    });
    assert.equal((await send(url, { body: ASK })).text, '{"id":"x","choices":[]}');
    assert.equal(upstream.requests[0]?.headers['accept-encoding'], 'identity');
  });

  for (const store of [false, true]) {
    it(`arrives chunk by chunk, the first before the second is sent (store: ${store})`, async (t) => {
      const gate = Promise.withResolvers<void>();
      const { url } = await openPath(t, async (response) => {
        startStream(response);
        response.write(chunk({ content: 'first' }));
        await gate.promise;
        response.end(`${chunk({ content: 'second' }, 'stop')}data: [DONE]\n\n`);
      });
      const response = await post(url, { ...ASK, stream: true, store });
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      assert.match((await reader?.read())?.value ?? '', /first/);
      gate.resolve();
      let rest = '';
      for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read())
        rest += piece.value;
      assert.match(rest, /second[^]*data: \[DONE\]\n\n$/);
    });

    it(`is held back at the upstream while its reader is slow (store: ${store})`, async (t) => {
      const CHUNKS = 10_000;
      const piece = chunk({ content: 'x'.repeat(4000) });
      let taken = 0;
      const full = Promise.withResolvers<void>();
      const { url } = await openPath(t, async (response) => {
        startStream(response);
        for (let sent = 0; sent < CHUNKS; sent += 1) {
          taken += piece.length;
          if (response.write(piece)) continue;
          // Nobody takes more for a while: every buffer on the way is full.
          const timer = setTimeout(() => full.resolve(), 300);
          await new Promise((resolve) => response.once('drain', resolve));
          clearTimeout(timer);
        }
        response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
      });
      const response = await post(url, { ...ASK, stream: true, store });
      await full.promise;
      // The rest lies in the sockets' own buffers, a few MB for each of the two connections.
      assert.ok(taken < 0.6 * CHUNKS * piece.length, `${taken} bytes were taken`);
      const text = await response.text();
      assert.equal(text.match(/^data: \{/gm)?.length, CHUNKS + 1);
      assert.ok(text.endsWith('data: [DONE]\n\n'));
    });
  }

  it('is aborted upstream when its caller leaves', async (t) => {
    const aborted = Promise.withResolvers<void>();
    const { url } = await openPath(t, (response) => {
      response.once('close', () => aborted.resolve());
      startStream(response);
      response.write(chunk({ content: 'first' }));
    });
    const abort = new AbortController();
    const response = await post(url, { ...ASK, stream: true }, abort.signal);
    assert.equal(response.status, 200);
    abort.abort();
    await aborted.promise;
  });
});

describe('An upstream that fails', () => {
  it('has its error passed on with status, body and retry-after', async (t) => {
    const body =
      '{"error":{"message":"slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}, "more":1}';
    const { url } = await openPath(t, (response) => {
      response.writeHead(429, {
        'content-type': 'application/json',
        'retry-after': '7',
        'x-should-retry': 'false',
      });
      response.end(body);
    });
    const answer = await send(url, { body: ASK });
    assert.deepEqual([answer.status, answer.text], [429, body]);
    assert.equal(answer.headers.get('retry-after'), '7');
    assert.equal(answer.headers.get('x-should-retry'), 'false');
  });

  it('has a foreign error page wrapped in the shape of the API', async (t) => {
    const { url } = await openPath(t, (response) => {
      response.writeHead(503, { 'content-type': 'text/html' });
      response.end('<h1>Busy</h1>');
    });
    const answer = await send(url, { body: ASK });
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get('content-type'), 'application/json');
    assert.deepEqual(answer.json.error, {
      message: 'The upstream answered 503: <h1>Busy</h1>',
      type: 'server_error',
      param: null,
      code: null,
    });
  });

  it('is reported as unreachable when nothing listens', async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const { baseURL } = await startServer(t, { upstreams: [upstreamAt(`http://127.0.0.1:${port}/v1`)] });
    const { status, json } = await send(`${baseURL}/chat/completions`, { body: ASK });
    assert.deepEqual(
      [status, json.error.code, json.error.type],
      [502, 'upstream_unreachable', 'server_error'],
    );
  });

  it('is reported as unreachable when it hangs up', async (t) => {
    const { url } = await openPath(t, (response) => response.destroy());
    const { status, json } = await send(url, { body: ASK });
    assert.deepEqual([status, json.error.code], [502, 'upstream_unreachable']);
  });

  it('is let go when its answer is of no use', async (t) => {
    const closed = Promise.withResolvers<void>();
    const { url } = await openPath(t, (response) => {
      response.once('close', () => closed.resolve());
      response.writeHead(302, { location: 'https://elsewhere.example/v1' });
      response.write('without end');
    });
    assert.equal((await send(url, { body: ASK })).status, 502);
    await closed.promise;
  });

  it('is let go when its body is not in the encoding that it names', async (t) => {
    const closed = Promise.withResolvers<void>();
    const { url } = await openPath(t, (response) => {
      response.once('close', () => closed.resolve());
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.write('no gzip, and no end');
    });
    const { status, json } = await send(url, { body: ASK });
    assert.deepEqual([status, json.error.code], [502, 'upstream_unreachable']);
    await closed.promise;
  });

  it('may name an encoding that nobody knows', async (t) => {
    const { url } = await openPath(t, (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'constructor' });
      response.end('{}');
    });
    assert.equal((await send(url, { body: ASK })).status, 200);
  });

  it('is not followed elsewhere', async (t) => {
    const { url } = await openPath(t, (response) => {
      response.writeHead(308, { location: 'https://elsewhere.example/v1' });
      response.end();
    });
    const { status, json } = await send(url, { body: ASK });
    assert.deepEqual([status, json.error.code], [502, 'upstream_invalid_answer']);
    assert.match(json.error.message, /elsewhere\.example/);
  });

  it('ends a stream with an error event and without [DONE] when it breaks off', async (t) => {
    const { url } = await openPath(t, (response) => {
      startStream(response);
      response.write(`${chunk({ content: 'first' })}data: {"id":`);
      setImmediate(() => response.destroy());
    });
    const { text } = await send(url, { body: { ...ASK, stream: true } });
    const last = text.trim().split('\n\n').at(-1) ?? '';
    assert.equal(JSON.parse(last.slice('data: '.length)).error.code, 'upstream_unreachable');
    assert.doesNotMatch(text, /\[DONE\]/);
  });

  it('cuts the connection of a plain answer that breaks off, so that a part is not taken for the whole', async (t) => {
    const { url } = await openPath(t, (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"id":');
      setImmediate(() => response.destroy());
    });
    await assert.rejects(send(url, { body: ASK }), TypeError);
  });

  it('passes an error inside a stream on as it is', async (t) => {
    const failure = event({ error: { message: 'boom', type: 'x', param: null, code: 400 } });
    const { url } = await openPath(t, (response) => {
      startStream(response);
      response.end(`${chunk({ content: 'a' })}${failure}data: [DONE]\n\n`);
    });
    const { text } = await send(url, { body: { ...ASK, stream: true } });
    assert.equal(text, `${chunk({ content: 'a' })}${failure}data: [DONE]\n\n`);
  });
});
