import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { mintCompletionId } from '../../src/completion-id.ts';
import { send, startServer } from '../start-server.ts';
import { createKept, makeForeignRecord } from './kept-completion.ts';

describe('updateChatCompletion', () => {
  it('replaces the metadata and answers with the whole completion', async (t) => {
    const { baseURL } = await startServer(t);
    const id = await createKept(baseURL, { metadata: { old: '1' } });
    const url = `${baseURL}/chat/completions/${id}`;
    const before = (await send(url)).json;
    const { status, json } = await send(url, { body: { metadata: { new: '2' } } });
    assert.equal(status, 200);
    assert.deepEqual(json, { ...before, metadata: { new: '2' } });
    assert.deepEqual((await send(url)).json, json);
  });

  it('clears it with null, and with an empty map', async (t) => {
    const { baseURL } = await startServer(t);
    const id = await createKept(baseURL, { metadata: { old: '1' } });
    for (const metadata of [null, {}]) {
      const { json } = await send(`${baseURL}/chat/completions/${id}`, { body: { metadata } });
      assert.deepEqual(json.metadata, {});
    }
  });

  it('moves the completion to its new filters', async (t) => {
    const { baseURL } = await startServer(t);
    const id = await createKept(baseURL, { metadata: { a: '1' } });
    await send(`${baseURL}/chat/completions/${id}`, { body: { metadata: { a: '2' } } });
    const count = async (value: string) =>
      (await send(`${baseURL}/chat/completions?metadata[a]=${value}`)).json.data.length;
    assert.deepEqual([await count('1'), await count('2')], [0, 1]);
  });

  it('leaves one of several writers the last word, and the filters agree with it', async (t) => {
    const { baseURL } = await startServer(t);
    const id = await createKept(baseURL);
    const url = `${baseURL}/chat/completions/${id}`;
    const values = Array.from({ length: 20 }, (_, index) => String(index));
    await Promise.all(values.map((value) => send(url, { body: { metadata: { value } } })));
    const { value } = (await send(url)).json.metadata;
    for (const other of values) {
      const { json } = await send(`${baseURL}/chat/completions?metadata[value]=${other}`);
      assert.equal(json.data.length, other === value ? 1 : 0);
    }
  });

  it('answers 404 for a foreign id, and changes nothing', async (t) => {
    const { baseURL, context } = await startServer(t);
    const id = mintCompletionId();
    await context.storage.insert(makeForeignRecord(id));
    assert.equal((await send(`${baseURL}/chat/completions/${id}`, { body: { metadata: {} } })).status, 404);
    assert.deepEqual((await context.storage.get('another', id))?.metadata, { owner: 'another' });
  });
});
