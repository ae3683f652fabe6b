import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { ChatCompletionCreateParams } from '@colloquy/client/contract';

import { BadRequestError } from '../../src/errors.ts';
import { createChatCompletion } from '../../src/operations/create-chat-completion.ts';
import { Stream } from '../../src/stream.ts';
import { events, json, listen, onlyRequest } from '../listen.ts';
import { STORED } from './stored-completion.ts';

const PARAMS = {
  model: 'small',
  messages: [
    { role: 'developer', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: 'Grüße 🙂' }] },
  ],
  store: true,
  metadata: { user: 'Ann' },
  temperature: 0,
  stop: null,
} satisfies ChatCompletionCreateParams;

const DONE = 'data: [DONE]\n\n';

describe('createChatCompletion', () => {
  it('sends its parameters as they are, and returns the completion as it was sent', async (t) => {
    const server = await listen(t, json(STORED));
    const options = { baseURL: server.baseURL, apiKey: null };
    assert.deepEqual(await createChatCompletion(options, PARAMS), STORED);
    const { method, url, headers, text } = onlyRequest(server);
    assert.deepEqual([method, url], ['POST', '/v1/chat/completions']);
    assert.deepEqual([headers.accept, headers['content-type']], ['application/json', 'application/json']);
    assert.equal(text, JSON.stringify(PARAMS));
  });

  for (const stream of [false, null, undefined]) {
    it(`returns a completion if stream is ${stream}`, async (t) => {
      const server = await listen(t, json(STORED));
      const options = { baseURL: server.baseURL, apiKey: null };
      assert.deepEqual(await createChatCompletion(options, { ...PARAMS, stream }), STORED);
      assert.deepEqual(JSON.parse(onlyRequest(server).text).stream, stream);
    });
  }

  it('returns a stream if stream is true, and asks for nothing that the caller did not ask for', async (t) => {
    const server = await listen(t, events(`data: {"id":"chatcmpl-1","choices":[]}\n\n${DONE}`));
    const options = { baseURL: server.baseURL, apiKey: null };
    const stream = await createChatCompletion(options, { ...PARAMS, stream: true });
    assert.ok(stream instanceof Stream);
    assert.deepEqual(await Array.fromAsync(stream), [{ id: 'chatcmpl-1', choices: [] }]);
    assert.deepEqual(JSON.parse(onlyRequest(server).text), { ...PARAMS, stream: true });
  });

  it('sends members that no type knows yet', async (t) => {
    const server = await listen(t, json(STORED));
    const params = { ...PARAMS, top_k: 5, chat_template_kwargs: { thinking: false } };
    await createChatCompletion({ baseURL: server.baseURL, apiKey: null }, params);
    assert.deepEqual(JSON.parse(onlyRequest(server).text), params);
  });

  it('throws the server’s error for a stream as for a plain answer', async (t) => {
    const error = { message: 'Bad model.', type: 'invalid_request_error', param: 'model', code: null };
    const { baseURL } = await listen(t, json({ error }, 400));
    for (const stream of [true, false]) {
      const call = createChatCompletion({ baseURL, apiKey: null }, { ...PARAMS, stream });
      await assert.rejects(call, (thrown) => {
        assert.ok(thrown instanceof BadRequestError);
        assert.equal(thrown.message, 'POST /chat/completions: 400 Bad model.');
        assert.equal(thrown.param, 'model');
        return true;
      });
    }
  });
});
