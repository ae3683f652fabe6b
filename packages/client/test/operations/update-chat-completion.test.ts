import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { updateChatCompletion } from '../../src/operations/update-chat-completion.ts';
import { json, listen, onlyRequest } from '../listen.ts';
import { testPathParameter } from './path-parameters.ts';
import { STORED } from './stored-completion.ts';

describe('updateChatCompletion', () => {
  for (const metadata of [{ user: 'Ann', 'key with ]': '' }, {}, null]) {
    it(`sends the metadata ${JSON.stringify(metadata)} and returns the completion as it was sent`, async (t) => {
      const server = await listen(t, json(STORED));
      const options = { baseURL: server.baseURL, apiKey: null };
      assert.deepEqual(await updateChatCompletion(options, 'chatcmpl-1', { metadata }), STORED);
      const { method, url, headers, text } = onlyRequest(server);
      assert.deepEqual([method, url], ['POST', '/v1/chat/completions/chatcmpl-1']);
      assert.deepEqual([headers.accept, headers['content-type']], ['application/json', 'application/json']);
      assert.deepEqual(JSON.parse(text), { metadata });
    });
  }

  testPathParameter((options, id) => updateChatCompletion(options, id, { metadata: {} }));
});
