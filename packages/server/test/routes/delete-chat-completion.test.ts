import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { mintCompletionId } from '../../src/completion-id.ts';
import { send, startServer } from '../start-server.ts';
import { createKept, makeForeignRecord } from './kept-completion.ts';

describe('deleteChatCompletion', () => {
  it('deletes once; afterwards nothing knows the id', async (t) => {
    const { baseURL } = await startServer(t);
    const id = await createKept(baseURL, { metadata: { a: '1' } });
    const url = `${baseURL}/chat/completions/${id}`;
    const { status, json } = await send(url, { method: 'DELETE' });
    assert.deepEqual([status, json], [200, { object: 'chat.completion.deleted', id, deleted: true }]);
    assert.equal((await send(url, { method: 'DELETE' })).status, 404);
    assert.equal((await send(url)).status, 404);
    assert.equal((await send(`${url}/messages`)).status, 404);
    assert.equal((await send(url, { body: { metadata: {} } })).status, 404);
    assert.deepEqual((await send(`${baseURL}/chat/completions?metadata[a]=1`)).json.data, []);
  });

  it('takes a content type without a body, as some clients send', async (t) => {
    const { baseURL } = await startServer(t);
    const id = await createKept(baseURL);
    const headers = { 'content-type': 'application/json' };
    assert.equal(
      (await send(`${baseURL}/chat/completions/${id}`, { method: 'DELETE', headers })).status,
      200,
    );
  });

  it('answers 404 for a foreign id, and deletes nothing', async (t) => {
    const { baseURL, context } = await startServer(t);
    const id = mintCompletionId();
    await context.storage.insert(makeForeignRecord(id));
    assert.equal((await send(`${baseURL}/chat/completions/${id}`, { method: 'DELETE' })).status, 404);
    assert.ok(await context.storage.get('another', id));
  });
});
