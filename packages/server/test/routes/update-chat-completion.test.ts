import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Colloquy, updateMetadata } from '@colloquy/client/helpers';

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

  it('changes only the version that If-Match names, and says which it is now', async (t) => {
    const { baseURL } = await startServer(t);
    const url = `${baseURL}/chat/completions/${await createKept(baseURL, { metadata: { a: '1' } })}`;
    const update = (ifMatch: string, a: string) =>
      send(url, { body: { metadata: { a } }, headers: { 'if-match': ifMatch } });
    const first = (await send(url)).headers.get('etag')!;
    assert.match(first, /^"[\w-]{22}"$/);

    const changed = await update(first, '2');
    assert.equal(changed.status, 200);
    const second = changed.headers.get('etag')!;
    assert.notEqual(second, first);
    assert.equal((await send(url)).headers.get('etag'), second);

    for (const stale of [first, `W/${second}`, '"a", "b,c"', '""']) {
      const { status, json } = await update(stale, '3');
      assert.equal(status, 412, stale);
      assert.deepEqual(
        [json.error.type, json.error.param, json.error.code],
        ['invalid_request_error', 'If-Match', 'metadata_changed'],
      );
    }
    assert.equal((await send(url)).json.metadata.a, '2');
    assert.equal((await update(`${first} , ${second}`, '4')).status, 200);
    assert.equal((await update('*', '5')).status, 200);
  });

  it('loses nothing of several who change some of it with the client', async (t) => {
    const { baseURL } = await startServer(t);
    const id = await createKept(baseURL, { metadata: { first: '1' } });
    const { completions } = new Colloquy({ baseURL, apiKey: null }).chat;
    const keys = Array.from({ length: 10 }, (_, index) => `key${index}`);
    await Promise.all(
      keys.map((key) => updateMetadata(completions, id, (metadata) => ({ ...metadata, [key]: 'x' }))),
    );
    const { metadata } = await completions.retrieve(id);
    assert.deepEqual(Object.keys(metadata).sort(), ['first', ...keys].sort());
  });

  it('refuses an If-Match that names no version, and tells unknown ids from changed ones', async (t) => {
    const { baseURL } = await startServer(t);
    const url = `${baseURL}/chat/completions/${await createKept(baseURL)}`;
    for (const ifMatch of ['', 'abc', '"a', '"a" "b"', '*, "a"']) {
      const { status, json } = await send(url, {
        body: { metadata: {} },
        headers: { 'if-match': ifMatch },
      });
      assert.deepEqual([status, json.error.param], [400, 'If-Match'], ifMatch);
      assert.match(json.error.message, /with its quotes/);
    }
    const unknown = `${baseURL}/chat/completions/${mintCompletionId()}`;
    for (const ifMatch of ['*', '"a"']) {
      const { status } = await send(unknown, { body: { metadata: {} }, headers: { 'if-match': ifMatch } });
      assert.equal(status, 404);
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
