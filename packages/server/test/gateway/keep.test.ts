// What is kept: under an id of ours, exactly, and before the caller has the last byte.

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import type { Config } from '../../src/config/config.ts';
import type { CompletionStatus } from '../../src/storage/storage.ts';
import { post, send, startServer, upstreamAt, type TestServer } from '../start-server.ts';
import {
  answerPlainly,
  chunk,
  completion,
  event,
  startStream,
  startUpstream,
  type Answer,
} from '../start-upstream.ts';

const ASK = { model: 'small', messages: [{ role: 'user', content: 'Hi' }] };
const KEEP = { ...ASK, store: true };
const DONE = 'data: [DONE]\n\n';

async function openPath(t: TestContext, answer: Answer, config: Partial<Config> = {}) {
  const upstream = await startUpstream(t, answer);
  const server = await startServer(t, { upstreams: [upstreamAt(upstream.baseURL)], ...config });
  return { server, upstream, url: `${server.baseURL}/chat/completions` };
}

async function listKept({ context }: TestServer, status: CompletionStatus = 'completed') {
  const page = await context.storage.list('default', { status, limit: 100, order: 'asc' });
  return page.completions;
}

function answerStream(...pieces: string[]): Answer {
  return (response) => {
    startStream(response);
    response.end(pieces.join(''));
  };
}

describe('A kept completion', () => {
  it('has an id of its own, although its upstream always gives the same', async (t) => {
    const { url } = await openPath(t, answerPlainly());
    const first = await send(url, { body: KEEP });
    const second = await send(url, { body: KEEP });
    assert.match(first.json.id, /^chatcmpl-[0-9A-Za-z]{29}$/);
    assert.notEqual(first.json.id, second.json.id);
    assert.equal((await send(`${url}/${first.json.id}`)).json.id, first.json.id);
    assert.equal((await send(`${url}/chatcmpl-123`)).status, 404);
  });

  it('does not collide with another that is made at the same time', async (t) => {
    const { url, server } = await openPath(t, (response, { text }) => {
      const { messages } = JSON.parse(text) as typeof ASK;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(completion(messages[0]?.content ?? '')));
    });
    const asked = Array.from({ length: 50 }, (_, index) => `question ${index}`);
    const answers = await Promise.all(
      asked.map((content) => send(url, { body: { ...KEEP, messages: [{ role: 'user', content }] } })),
    );
    for (const [index, { json }] of answers.entries()) {
      const { json: stored } = await send(`${url}/${json.id}`);
      assert.equal(stored.choices[0].message.content, asked[index]);
    }
    assert.equal((await listKept(server)).length, 50);
  });

  it('is there as soon as its answer has ended', async (t) => {
    const { url } = await openPath(t, answerStream(chunk({ content: 'Hi' }), chunk({}, 'stop'), DONE));
    for (let count = 0; count < 20; count += 1) {
      const { text } = await send(url, { body: { ...KEEP, stream: true } });
      const id = /"id":"([^"]+)"/.exec(text)?.[1];
      assert.equal((await send(`${url}/${id}`)).status, 200);
    }
  });

  it('is kept exactly: numbers beyond 2^53, order, spelling and unknown members', async (t) => {
    const answer =
      '{ "id": "chatcmpl-123",\n "object": "chat.completion", "created": 1, "model": "m", "big": 12345678901234567890, ' +
      '"choices": [{"index":0,"message":{"role":"assistant","content":"\\u00e9\\ud800","refusal":null},"logprobs":null,"finish_reason":"stop"}] }';
    const { url, server } = await openPath(t, (response) => {
      response.setHeader('content-type', 'application/json');
      response.end(answer);
    });
    const request =
      '{"messages":[{"role":"user","content":"Hi"}], "model": "small", "store": true, "seed": 4944116822809979520, "x": 1.0}';
    const created = await send(url, { text: request });
    assert.equal(created.text, answer.replace('chatcmpl-123', created.json.id));

    const stored = await send(`${url}/${created.json.id}`);
    assert.match(stored.text, /"seed":4944116822809979520[,}]/);
    assert.match(stored.text, /"big": 12345678901234567890,/);
    const [kept] = await listKept(server);
    assert.equal(Buffer.from(kept?.response ?? '').toString(), created.text);
    const keptRequest = await server.context.storage.getRequest('default', created.json.id);
    assert.equal(Buffer.from(keptRequest ?? '').toString(), request);
  });

  it('shows the parameters of its request, and the members that the API requires', async (t) => {
    const { url } = await openPath(t, (response) => {
      response.setHeader('content-type', 'application/json');
      response.end(
        '{"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}]}',
      );
    });
    const tools = [{ type: 'function', function: { name: 'f' } }];
    const { json: created } = await send(url, {
      body: { ...KEEP, tools, temperature: 0.25, user: 'u', metadata: { a: 'b' } },
      headers: { 'x-request-id': 'req_mine' },
    });
    const { json: stored } = await send(`${url}/${created.id}`);
    assert.deepEqual(stored, {
      id: created.id,
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'a', refusal: null },
          finish_reason: 'stop',
          logprobs: null,
        },
      ],
      request_id: 'req_mine',
      tool_choice: null,
      tools,
      response_format: null,
      seed: null,
      top_p: 1,
      temperature: 0.25,
      presence_penalty: 0,
      frequency_penalty: 0,
      input_user: 'u',
      metadata: { a: 'b' },
    });
  });

  it('keeps every digit of what its upstream left incomplete, and of its messages', async (t) => {
    const { url } = await openPath(t, (response) => {
      response.setHeader('content-type', 'application/json');
      response.end(
        '{"id":"1","status":"odd","choices":[{"index":0,"big":12345678901234567891,"message":{"role":"assistant","content":"[,]"}}, {"index":1}]}',
      );
    });
    const request =
      '{"model":"small","store":true,"messages":[{"role":"user","content":"a\\"b","big":12345678901234567891},{"role":"user","content":[ {"type":"text"} ]}]}';
    const { json } = await send(url, { text: request });
    const { text } = await send(`${url}/${json.id}`);
    assert.match(
      text,
      /"choices":\[\{"index":0,"big":12345678901234567891,"message":\{"role":"assistant","content":"\[,\]","refusal":null\},"logprobs":null\}, \{"index":1,"logprobs":null,"message":\{"role":"assistant","content":null,"refusal":null\}\}\]/,
    );
    assert.doesNotMatch(text, /"status"/, 'absent means completed');
    const messages = await send(`${url}/${json.id}/messages`);
    assert.match(messages.text, /"content":"a\\"b","big":12345678901234567891,"id"/);
    assert.match(messages.text, /"content_parts":\[ \{"type":"text"\} \]/);
  });

  it('is kept although its id and model are no text', async (t) => {
    const { url, server } = await openPath(t, answerPlainly({ id: { a: 1 }, model: null }));
    assert.equal((await send(url, { body: KEEP })).status, 200);
    const [kept] = await listKept(server);
    assert.deepEqual([kept?.upstreamId, kept?.model], [null, 'small']);
  });

  it('remembers where it came from, what it cost and how long it took', async (t) => {
    const { url, server } = await openPath(t, answerPlainly());
    await send(url, { body: KEEP, headers: { 'x-request-id': 'req_mine' } });
    const [kept] = await listKept(server);
    assert.deepEqual(
      { ...kept, id: '', parameters: '', response: '', firstByteMs: 0, totalMs: 0 },
      {
        project: 'default',
        id: '',
        status: 'completed',
        requestedModel: 'small',
        model: 'small-2024-01-01',
        upstream: 'upstream',
        upstreamId: 'chatcmpl-123',
        requestId: 'req_mine',
        parameters: '',
        response: '',
        metadata: {},
        usage: { promptTokens: 3, completionTokens: 2, cachedTokens: null, reasoningTokens: null },
        firstByteMs: 0,
        totalMs: 0,
      },
    );
    assert.ok((kept?.firstByteMs ?? -1) >= 0 && (kept?.totalMs ?? -1) >= (kept?.firstByteMs ?? 0));
  });

  it('is found by the model that was asked for and by the one that answered', async (t) => {
    const { url } = await openPath(t, answerPlainly());
    await send(url, { body: KEEP });
    for (const model of ['small', 'small-2024-01-01']) {
      assert.equal((await send(`${url}?model=${model}`)).json.data.length, 1);
    }
    assert.equal((await send(`${url}?model=large`)).json.data.length, 0);
  });
});

describe('A kept stream', () => {
  it('asks its upstream for usage, keeps it, and hides it from a caller who did not ask', async (t) => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    const { url, upstream, server } = await openPath(
      t,
      answerStream(
        chunk({ content: 'Hi' }, null, { usage: null }),
        chunk({}, 'stop', { usage: null }),
        event({ id: 'chatcmpl-123', object: 'chat.completion.chunk', choices: [], usage }),
        DONE,
      ),
    );
    const { text } = await send(url, {
      body: { ...KEEP, stream: true, stream_options: { include_obfuscation: false } },
    });
    assert.deepEqual(JSON.parse(upstream.requests[0]?.text ?? '').stream_options, {
      include_obfuscation: false,
      include_usage: true,
    });
    assert.doesNotMatch(text, /usage/);
    const [kept] = await listKept(server);
    assert.equal(kept?.usage.completionTokens, 2);
    assert.deepEqual(JSON.parse(Buffer.from(kept?.response ?? '').toString()).usage, usage);
  });

  it('changes the id in its chunks and leaves the rest of their bytes', async (t) => {
    const odd =
      'data: {"created":1,  "id":"chatcmpl-123","n":1.0, "choices":[{"index":0,"delta":{"content":"\\u0041"},"finish_reason":"stop"}]}\n\n';
    const { url } = await openPath(t, answerStream(': first\n\n', odd, DONE));
    const { text } = await send(url, { body: { ...KEEP, stream: true } });
    const id = /"id":"([^"]+)"/.exec(text)?.[1] ?? '';
    assert.equal(text, `: first\n\n${odd.replace('chatcmpl-123', id)}${DONE}`);
  });

  it('keeps an event whose data spans several lines in one piece', async (t) => {
    const lines = ['{"id":"1",', '"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}'];
    const { url } = await openPath(
      t,
      answerStream(lines.map((line) => `data: ${line}\r\n`).join(''), '\r\n', DONE),
    );
    const { text } = await send(url, { body: { ...KEEP, stream: true } });
    const id = /"id":"([^"]+)"/.exec(text)?.[1] ?? '';
    assert.equal(text, `data: {"id":"${id}",\ndata: ${lines[1]}\n\n${DONE}`);
  });

  it('is known by its content type, however that is written', async (t) => {
    const { url, server } = await openPath(t, (response) => {
      response.writeHead(200, { 'content-type': 'Text/Event-Stream' });
      response.end(`${chunk({ content: 'Hi' }, 'stop')}${DONE}`);
    });
    assert.ok((await send(url, { body: { ...KEEP, stream: true } })).text.endsWith(DONE));
    assert.equal((await listKept(server)).length, 1);
  });

  it("lets the upstream's own events through, which are no part of the completion", async (t) => {
    const ping = 'event: ping\ndata: {"type":"ping"}\n\n';
    const { url, server } = await openPath(
      t,
      answerStream(ping, 'data:\n\n', chunk({ content: 'Hi' }, 'stop'), DONE),
    );
    const { text } = await send(url, { body: { ...KEEP, stream: true } });
    assert.ok(text.startsWith(ping));
    const [kept] = await listKept(server);
    assert.doesNotMatch(Buffer.from(kept?.response ?? '').toString(), /ping/);
  });

  it('that ends within an event ends for its caller with an error, not with a part of the event', async (t) => {
    const { url, server } = await openPath(
      t,
      answerStream(chunk({ content: 'Half' }), 'data: {"id":"x","cho'),
    );
    const { text } = await send(url, { body: { ...KEEP, stream: true } });
    assert.doesNotMatch(text, /"cho\n/);
    assert.match(text, /"code":"upstream_unreachable"/);
    assert.equal((await listKept(server, 'interrupted')).length, 1);
  });

  it('that cannot be put together again does not leave its caller waiting', async (t) => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const odd = `data: {"id":"1","choices":[{"index":0,"delta":{"deep":${deep}}}]}\n\n`;
    for (const end of ['', chunk({}, 'stop') + DONE]) {
      const { url } = await openPath(t, answerStream(odd, end));
      const { text } = await send(url, { body: { ...KEEP, stream: true } });
      assert.match(text, /"error":/);
      assert.doesNotMatch(text, /\[DONE\]/);
    }
  });

  it('is complete without [DONE] where every choice has ended', async (t) => {
    const { url, server } = await openPath(t, answerStream(chunk({ content: 'Hi' }), chunk({}, 'stop')));
    const { text } = await send(url, { body: { ...KEEP, stream: true } });
    assert.ok(text.endsWith(DONE));
    assert.equal((await listKept(server)).length, 1);
  });

  it('is interrupted where a choice that was asked for never came', async (t) => {
    const { url, server } = await openPath(t, answerStream(chunk({ content: 'Hi' }, 'stop')));
    const { text } = await send(url, { body: { ...KEEP, stream: true, n: 2 } });
    assert.doesNotMatch(text, /\[DONE\]/);
    assert.equal((await listKept(server, 'interrupted')).length, 1);
  });

  it('ends at [DONE] even if the upstream leaves its connection open', async (t) => {
    const { url, server } = await openPath(t, (response) => {
      startStream(response);
      response.write(`${chunk({ content: 'Hi' }, 'stop')}${DONE}`);
    });
    const { text } = await send(url, { body: { ...KEEP, stream: true } });
    assert.ok(text.endsWith(DONE));
    assert.equal((await listKept(server)).length, 1);
  });

  it('that breaks off is kept as interrupted, with what arrived, and is not listed', async (t) => {
    const { url, server } = await openPath(t, (response) => {
      startStream(response);
      response.write(chunk({ content: 'Half of ' }));
      setImmediate(() => response.destroy());
    });
    const { text } = await send(url, { body: { ...KEEP, stream: true } });
    assert.match(text, /"upstream_unreachable"/);
    assert.doesNotMatch(text, /\[DONE\]/);
    const [kept] = await listKept(server, 'interrupted');
    const { json } = await send(`${url}/${kept?.id}`);
    assert.deepEqual(
      [json.status, json.choices[0].message.content, json.choices[0].finish_reason, json.error.code],
      ['interrupted', 'Half of ', null, 'upstream_unreachable'],
    );
    assert.deepEqual((await send(url)).json.data, []);
  });

  it('that ends without an end is interrupted too', async (t) => {
    const { url, server } = await openPath(t, answerStream(chunk({ content: 'Half' })));
    const { text } = await send(url, { body: { ...KEEP, stream: true } });
    assert.match(text, /the stream ended before the completion did/);
    assert.equal((await listKept(server, 'interrupted')).length, 1);
  });

  it('in which the upstream reports an error is interrupted, and the caller sees that error', async (t) => {
    const failure = event({ error: { message: 'boom', type: 'x', param: null, code: 400 } });
    const { url, server } = await openPath(t, answerStream(chunk({ content: 'Half' }), failure, DONE));
    const { text } = await send(url, { body: { ...KEEP, stream: true } });
    assert.ok(text.endsWith(failure));
    const [kept] = await listKept(server, 'interrupted');
    assert.equal((await send(`${url}/${kept?.id}`)).json.error.message, 'boom');
  });

  it('is read to its end and kept when its caller leaves', async (t) => {
    const left = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const { url, server } = await openPath(t, async (response) => {
      startStream(response);
      response.write(chunk({ content: 'One ' }));
      await left.promise;
      response.end(`${chunk({ content: 'two' }, 'stop')}${DONE}`);
      ended.resolve();
    });
    const abort = new AbortController();
    const response = await post(url, { ...KEEP, stream: true }, abort.signal);
    await response.body?.getReader().read();
    abort.abort();
    left.resolve();
    await ended.promise;
    await server.context.gateway.settled();
    const [kept] = await listKept(server);
    assert.match(Buffer.from(kept?.response ?? '').toString(), /"One two"/);
  });
});

describe('A server that stops', () => {
  it('breaks off what does not end in time, and keeps what arrived', async (t) => {
    const { url, server } = await openPath(t, (response) => {
      startStream(response);
      response.write(chunk({ content: 'Half' }));
    });
    const abort = () => server.context.gateway.abortAll();
    const read = async (body: object) => {
      const response = await post(url, { ...body, stream: true });
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      await reader?.read();
      return async () => (await reader?.read())?.value;
    };
    const rests = [await read(ASK), await read(KEEP)];
    abort();
    for (const rest of rests) assert.match((await rest()) ?? '', /"code":"server_stopping"/);
    await server.context.gateway.settled();
    assert.equal((await listKept(server, 'interrupted')).length, 1);
  });
});

describe('What has no completion', () => {
  it('is kept as failed when the upstream refuses, and is not listed', async (t) => {
    const { url, server } = await openPath(t, (response) => {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end('{"error":{"message":"no","type":"t","param":null,"code":"c"}}');
    });
    assert.equal((await send(url, { body: KEEP })).status, 400);
    const [kept] = await listKept(server, 'failed');
    const { json } = await send(`${url}/${kept?.id}`);
    assert.deepEqual([json.status, json.error.code, json.choices], ['failed', 'c', []]);
    assert.deepEqual((await send(url)).json.data, []);
  });

  it('is kept as failed when the upstream hangs up', async (t) => {
    const { url, server } = await openPath(t, (response) => response.destroy());
    assert.equal((await send(url, { body: KEEP })).status, 502);
    assert.equal((await listKept(server, 'failed')).length, 1);
  });

  for (const body of [
    '{"error":{"message":"inside"}}',
    '<p>Hello</p>',
    'null',
    '{"choices":',
    '{"choices":[null]}',
  ]) {
    it(`is an error although the upstream says 200: ${body}`, async (t) => {
      const { url, server } = await openPath(t, (response) => {
        response.setHeader('content-type', 'application/json');
        response.end(body);
      });
      const { status, json, headers } = await send(url, { body: KEEP });
      assert.deepEqual([status, json.error.code], [502, 'upstream_invalid_answer']);
      assert.equal(headers.get('x-should-retry'), 'false', 'the upstream was paid');
      const [kept] = await listKept(server, 'failed');
      assert.equal((await send(`${url}/${kept?.id}`)).json.error.code, 'upstream_invalid_answer');
    });
  }
});

describe('The policy', () => {
  it('always keeps what nobody asked to keep', async (t) => {
    const { url, server } = await openPath(t, answerPlainly(), { storePolicy: 'always' });
    const { json } = await send(url, { body: { ...ASK, metadata: { a: 'b' } } });
    assert.deepEqual((await listKept(server))[0]?.metadata, { a: 'b' });
    assert.equal((await listKept(server))[0]?.id, json.id);
  });

  it('always passes on what cannot be kept, and keeps that it failed', async (t) => {
    const { url, server } = await openPath(t, (response) => response.end('{"error": oops'), {
      storePolicy: 'always',
    });
    assert.equal((await send(url, { body: ASK })).text, '{"error": oops');
    const [kept] = await listKept(server, 'failed');
    assert.equal((await send(`${url}/${kept?.id}`)).json.error.code, 'upstream_invalid_answer');
  });

  it('never keeps nothing, whatever is asked', async (t) => {
    const { url, server } = await openPath(t, answerPlainly(), { storePolicy: 'never' });
    const { json } = await send(url, { body: KEEP });
    assert.equal(json.id, 'chatcmpl-123');
    assert.deepEqual(await listKept(server), []);
  });

  it('requested refuses metadata that would be lost', async (t) => {
    const { url, upstream } = await openPath(t, answerPlainly());
    const { status, json } = await send(url, { body: { ...ASK, metadata: { a: 'b' } } });
    assert.deepEqual([status, json.error.param], [400, 'metadata']);
    assert.equal(upstream.requests.length, 0);
  });
});

describe('While the store is away', () => {
  it('what must be kept is refused before the upstream is called, and the rest is relayed', async (t) => {
    const { url, upstream, server } = await openPath(t, answerPlainly());
    await server.context.storage.close();
    const { status, json } = await send(url, { body: KEEP });
    assert.deepEqual([status, json.error.code], [503, 'store_unavailable']);
    assert.equal(upstream.requests.length, 0);
    assert.equal((await send(url, { body: ASK })).status, 200);
    assert.equal((await send(url)).status, 503);
    assert.deepEqual((await send(`${server.url}/healthz`)).json, { status: 'ok', store: 'unavailable' });
  });

  it('the policy "always" costs no answer', async (t) => {
    const { url, server } = await openPath(t, answerPlainly(), { storePolicy: 'always' });
    await server.context.storage.close();
    assert.equal((await send(url, { body: ASK })).json.id, 'chatcmpl-123');
  });

  for (const [policy, isRefused] of [
    ['requested', true],
    ['always', false],
  ] as const) {
    it(`an answer that is under way ${isRefused ? 'is refused' : 'arrives'} with the policy ${policy}`, async (t) => {
      const asked = Promise.withResolvers<void>();
      const away = Promise.withResolvers<void>();
      let waiting = 0;
      const wait: Answer = async (response, request) => {
        waiting += 1;
        if (waiting === 2) asked.resolve();
        await away.promise;
        if (request.text.includes('"stream":true')) {
          await answerStream(chunk({ content: 'Hi' }, 'stop'), DONE)(response, request);
        } else {
          await answerPlainly()(response, request);
        }
      };
      const { url, server } = await openPath(t, wait, { storePolicy: policy });
      const ask = isRefused ? KEEP : ASK;
      const answers = Promise.all([send(url, { body: ask }), send(url, { body: { ...ask, stream: true } })]);
      await asked.promise;
      await server.context.storage.close();
      away.resolve();
      const [plain, streamed] = await answers;
      if (isRefused) {
        assert.deepEqual([plain.status, plain.json.error.code], [503, 'store_unavailable']);
        assert.equal(plain.headers.get('x-should-retry'), 'false', 'the upstream was paid');
        assert.doesNotMatch(streamed.text, /\[DONE\]/);
        assert.match(streamed.text, /"store_unavailable"/);
      } else {
        assert.equal(plain.json.id, 'chatcmpl-123');
        assert.ok(streamed.text.endsWith(DONE));
      }
    });
  }
});
