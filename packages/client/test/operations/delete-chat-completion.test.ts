import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { NotFoundError } from '../../src/errors.ts';
import { deleteChatCompletion } from '../../src/operations/delete-chat-completion.ts';
import { json, listen, onlyRequest } from '../listen.ts';
import { testPathParameter } from './path-parameters.ts';

describe('deleteChatCompletion', () => {
  it('deletes a completion and returns the marker as it was sent', async (t) => {
    const marker = { object: 'chat.completion.deleted', id: 'chatcmpl-1', deleted: true };
    const server = await listen(t, json(marker));
    const options = { baseURL: server.baseURL, apiKey: null };
    assert.deepEqual(await deleteChatCompletion(options, 'chatcmpl-1'), marker);
    const { method, url, headers, text } = onlyRequest(server);
    assert.deepEqual([method, url, text], ['DELETE', '/v1/chat/completions/chatcmpl-1', '']);
    assert.deepEqual([headers.accept, headers['content-type']], ['application/json', undefined]);
  });

  it('throws NotFoundError for a completion that is not there', async (t) => {
    const { baseURL } = await listen(t, json({ error: { message: 'Not found.' } }, 404));
    await assert.rejects(deleteChatCompletion({ baseURL, apiKey: null }, 'chatcmpl-1'), NotFoundError);
  });

  testPathParameter(deleteChatCompletion);
});
