// The shape of the operation; what becomes of a request on its way is tested in gateway/.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { send, startServer } from '../start-server.ts';

const ASK = { model: 'eliza', messages: [{ role: 'user', content: 'I am sad.' }] };

describe('createChatCompletion', () => {
  it('answers 200 with a completion and its request id', async (t) => {
    const { baseURL } = await startServer(t);
    const { status, headers, json } = await send(`${baseURL}/chat/completions`, { body: ASK });
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'application/json');
    assert.match(headers.get('x-request-id') ?? '', /^req_/);
    assert.equal(json.object, 'chat.completion');
    assert.equal(json.choices[0].message.content, 'I am sorry to hear you are sad.');
  });

  it('answers stream: true with events that end in [DONE]', async (t) => {
    const { baseURL } = await startServer(t);
    const { headers, text } = await send(`${baseURL}/chat/completions`, { body: { ...ASK, stream: true } });
    assert.equal(headers.get('content-type'), 'text/event-stream; charset=utf-8');
    const events = text.trimEnd().split('\n\n');
    assert.equal(events.pop(), 'data: [DONE]');
    assert.ok(
      events.every((event) => JSON.parse(event.slice('data: '.length)).object === 'chat.completion.chunk'),
    );
  });

  it('takes what the generated test of the official SDK sends', async (t) => {
    const { baseURL } = await startServer(t);
    const { status } = await send(`${baseURL}/chat/completions`, {
      body: {
        ...ASK,
        frequency_penalty: -2,
        function_call: 'none',
        functions: [{ name: 'name', description: 'description', parameters: { foo: 'bar' } }],
        logit_bias: { foo: 0 },
        logprobs: true,
        max_completion_tokens: 0,
        max_tokens: 0,
        metadata: { foo: 'string' },
        modalities: ['text'],
        n: 1,
        parallel_tool_calls: true,
        prediction: { content: 'string', type: 'content' },
        response_format: { type: 'text' },
        seed: -9007199254740991,
        stop: '\n',
        store: true,
        stream: false,
        stream_options: { include_obfuscation: true, include_usage: true },
        temperature: 1,
        tool_choice: 'none',
        tools: [{ function: { name: 'name' }, type: 'function' }],
        top_logprobs: 0,
        top_p: 1,
        user: 'user-1234',
      },
    });
    assert.equal(status, 200);
  });

  it('takes null where the API does, and metadata that is empty', async (t) => {
    const { baseURL } = await startServer(t);
    assert.equal((await send(`${baseURL}/chat/completions`, { body: { ...ASK, metadata: {} } })).status, 200);
    const nulls = { store: null, metadata: null, stream: null, stream_options: null, n: null, stop: null };
    assert.equal((await send(`${baseURL}/chat/completions`, { body: { ...ASK, ...nulls } })).status, 200);
  });

  it('takes a byte order mark, and pages of this machine', async (t) => {
    const { baseURL } = await startServer(t);
    const text = `\u{FEFF}${JSON.stringify(ASK)}`;
    const headers = { origin: 'http://localhost:5173' };
    assert.equal((await send(`${baseURL}/chat/completions`, { text, headers })).status, 200);
  });

  it('takes metadata at its limits, counted in code points', async (t) => {
    const { baseURL } = await startServer(t);
    const metadata = Object.fromEntries(
      Array.from({ length: 16 }, (_, index) => [`${index}`.padStart(64, '🗼'), '🗼'.repeat(512)]),
    );
    const body = { ...ASK, store: true, metadata };
    const { json } = await send(`${baseURL}/chat/completions`, { body });
    assert.deepEqual((await send(`${baseURL}/chat/completions/${json.id}`)).json.metadata, metadata);
  });
});
