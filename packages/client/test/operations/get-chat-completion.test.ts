import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { NotFoundError } from '../../src/errors.ts';
import { getChatCompletion } from '../../src/operations/get-chat-completion.ts';
import { json, listen, onlyRequest } from '../listen.ts';
import { testPathParameter } from './path-parameters.ts';
import { STORED } from './stored-completion.ts';

describe('getChatCompletion', () => {
  it('gets a stored completion as it was sent', async (t) => {
    const server = await listen(t, json(STORED));
    assert.deepEqual(
      await getChatCompletion({ baseURL: server.baseURL, apiKey: null }, 'chatcmpl-1'),
      STORED,
    );
    const { method, url, headers, text } = onlyRequest(server);
    assert.deepEqual([method, url, text], ['GET', '/v1/chat/completions/chatcmpl-1', '']);
    assert.deepEqual([headers.accept, headers['content-type']], ['application/json', undefined]);
  });

  it('gets a completion that failed as it was sent, with its error', async (t) => {
    const error = { message: 'Overloaded.', type: 'server_error', param: null, code: null };
    const failed = { ...STORED, choices: [], status: 'failed', error };
    const { baseURL } = await listen(t, json(failed));
    assert.deepEqual(await getChatCompletion({ baseURL, apiKey: null }, 'chatcmpl-1'), failed);
  });

  it('throws NotFoundError for a completion that is not there', async (t) => {
    const { baseURL } = await listen(t, json({ error: { message: 'Not found.' } }, 404));
    await assert.rejects(getChatCompletion({ baseURL, apiKey: null }, 'chatcmpl-1'), NotFoundError);
  });

  testPathParameter(getChatCompletion);
});
