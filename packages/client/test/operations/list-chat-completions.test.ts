import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { listChatCompletions } from '../../src/operations/list-chat-completions.ts';
import { json, listen, onlyRequest } from '../listen.ts';
import { STORED } from './stored-completion.ts';

const LIST = { object: 'list', data: [STORED], first_id: STORED.id, last_id: STORED.id, has_more: false };

describe('listChatCompletions', () => {
  it('lists stored completions as they were sent', async (t) => {
    const server = await listen(t, json(LIST));
    const { data, first_id, last_id, has_more } = await listChatCompletions({
      baseURL: server.baseURL,
      apiKey: null,
    });
    assert.deepEqual({ object: 'list', data, first_id, last_id, has_more }, LIST);
    const { method, url, headers, text } = onlyRequest(server);
    assert.deepEqual([method, url, text], ['GET', '/v1/chat/completions', '']);
    assert.deepEqual([headers.accept, headers['content-type']], ['application/json', undefined]);
  });

  it('sends its filters', async (t) => {
    const server = await listen(t, json(LIST));
    const options = { baseURL: server.baseURL, apiKey: null };
    const metadata = { user: 'Ann B.', 'a[b]': 'c' };
    await listChatCompletions(options, {
      model: 'org/small',
      metadata,
      after: 'chatcmpl-0',
      limit: 5,
      order: 'desc',
    });
    assert.equal(
      onlyRequest(server).url,
      '/v1/chat/completions?model=org%2Fsmall&metadata%5Buser%5D=Ann+B.&metadata%5Ba%5Bb%5D%5D=c' +
        '&after=chatcmpl-0&limit=5&order=desc',
    );
  });

  it('sends null as no filter, and undefined not at all', async (t) => {
    const server = await listen(t, json(LIST));
    const options = { baseURL: server.baseURL, apiKey: null };
    await listChatCompletions(options, { metadata: null, model: undefined, limit: undefined });
    assert.equal(onlyRequest(server).url, '/v1/chat/completions?metadata=');
  });
});
