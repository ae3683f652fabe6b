import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { getChatCompletionMessages } from '../../src/operations/get-chat-completion-messages.ts';
import { json, listen, onlyRequest } from '../listen.ts';
import { testPathParameter } from './path-parameters.ts';

const DATA = [
  { id: 'chatcmpl-1-0', role: 'system', content: 'Be brief.', name: null, content_parts: null },
  { id: 'chatcmpl-1-1', role: 'user', content: null, content_parts: [{ type: 'text', text: 'Hello' }] },
  { id: 'chatcmpl-1-2', role: 'tool', content: '4', tool_call_id: 'call_1', from_tomorrow: true },
];
const LIST = {
  object: 'list',
  data: DATA,
  first_id: 'chatcmpl-1-0',
  last_id: 'chatcmpl-1-2',
  has_more: false,
};

describe('getChatCompletionMessages', () => {
  it('lists the messages as they were sent', async (t) => {
    const server = await listen(t, json(LIST));
    const options = { baseURL: server.baseURL, apiKey: null };
    const { data, first_id, last_id, has_more } = await getChatCompletionMessages(options, 'chatcmpl-1');
    assert.deepEqual({ object: 'list', data, first_id, last_id, has_more }, LIST);
    const { method, url, headers, text } = onlyRequest(server);
    assert.deepEqual([method, url, text], ['GET', '/v1/chat/completions/chatcmpl-1/messages', '']);
    assert.deepEqual([headers.accept, headers['content-type']], ['application/json', undefined]);
  });

  it('sends its query, on each page under the same path', async (t) => {
    const server = await listen(t, (response, request) => {
      json({ ...LIST, has_more: server.requests.length === 1 })(response, request);
    });
    const options = { baseURL: server.baseURL, apiKey: null };
    await Array.fromAsync(getChatCompletionMessages(options, 'a/b', { limit: 3, order: 'desc' }));
    assert.deepEqual(
      server.requests.map(({ url }) => url),
      ['', '&after=chatcmpl-1-2'].map(
        (after) => `/v1/chat/completions/a%2Fb/messages?limit=3&order=desc${after}`,
      ),
    );
  });

  testPathParameter(getChatCompletionMessages, '/messages');
});
