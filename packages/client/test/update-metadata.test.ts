import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import { Colloquy } from '../src/client.ts';
import { APIError, NotFoundError } from '../src/errors.ts';
import { updateMetadata } from '../src/update-metadata.ts';
import { json, listen, type Answer, type TestServer } from './listen.ts';
import { STORED } from './operations/stored-completion.ts';

interface Store extends TestServer {
  readonly completions: Colloquy['chat']['completions'];
  metadata: Record<string, string>;
}

/** A server with one completion, and versions of it as `tag` makes them of a number. */
async function serve(t: TestContext, tag?: (version: number) => string): Promise<Store> {
  let version = 1;
  const answer: Answer = (response, request) => {
    const { 'if-match': ifMatch } = request.headers;
    if (request.method === 'POST') {
      if (ifMatch !== undefined && ifMatch !== `"${version}"`) {
        json({ error: { message: 'Changed.', type: 'invalid_request_error' } }, 412)(response, request);
        return;
      }
      store.metadata = (JSON.parse(request.text) as Store).metadata ?? {};
      version += 1;
    }
    const headers: Record<string, string> = tag ? { etag: tag(version) } : {};
    json({ ...STORED, metadata: store.metadata }, 200, headers)(response, request);
  };
  const server = await listen(t, answer);
  const { completions } = new Colloquy({ baseURL: server.baseURL, apiKey: null }).chat;
  const store: Store = { ...server, completions, metadata: { topic: 'sea' } };
  return store;
}

describe('updateMetadata', () => {
  it('writes what is made of what is there, if it is still there', async (t) => {
    const store = await serve(t, (version) => `"${version}"`);
    const options = { headers: { 'x-mine': '1' } };
    const updated = await updateMetadata(
      store.completions,
      'chatcmpl-1',
      (metadata) => ({ ...metadata, mood: 'calm' }),
      options,
    );
    assert.deepEqual(updated.metadata, { topic: 'sea', mood: 'calm' });
    assert.deepEqual(
      store.requests.map(({ method, headers }) => [method, headers['if-match'], headers['x-mine']]),
      [
        ['GET', undefined, '1'],
        ['POST', '"1"', '1'],
      ],
    );
  });

  it('loses nothing of several writers, who take several attempts', async (t) => {
    const store = await serve(t, (version) => `"${version}"`);
    const keys = Array.from({ length: 8 }, (_, index) => `key${index}`);
    await Promise.all(
      keys.map((key) =>
        updateMetadata(store.completions, 'chatcmpl-1', async (metadata) => ({ ...metadata, [key]: 'x' })),
      ),
    );
    assert.deepEqual(Object.keys(store.metadata).sort(), [...keys, 'topic'].sort());
    assert.ok(store.requests.length > 2 * keys.length);
  });

  it('takes a tag that a proxy has weakened', async (t) => {
    const store = await serve(t, (version) => `W/"${version}"`);
    await updateMetadata(store.completions, 'chatcmpl-1', () => null);
    assert.deepEqual(store.metadata, {});
  });

  it('reads, merges and writes where there are no tags', async (t) => {
    const store = await serve(t);
    await updateMetadata(store.completions, 'chatcmpl-1', ({ topic }) => ({ topic: `${topic}s` }));
    assert.deepEqual(store.metadata, { topic: 'seas' });
    assert.equal(store.requests[1]?.headers['if-match'], undefined);
  });

  it('gives up when somebody else always is faster, and throws why', async (t) => {
    const store = await serve(t, () => '"never"');
    let calls = 0;
    await assert.rejects(
      updateMetadata(store.completions, 'chatcmpl-1', (metadata) => {
        calls += 1;
        return metadata;
      }),
      (error) => error instanceof APIError && error.status === 412,
    );
    assert.equal(calls, 32);
  });

  it('tries no other failure again, neither of the server nor of the function', async (t) => {
    const missing = await listen(t, json({ error: { message: 'No.' } }, 404));
    const { completions } = new Colloquy({ baseURL: missing.baseURL, apiKey: null }).chat;
    await assert.rejects(
      updateMetadata(completions, 'chatcmpl-1', () => ({})),
      NotFoundError,
    );
    assert.equal(missing.requests.length, 1);
    const store = await serve(t, (version) => `"${version}"`);
    const fault = new Error('mine');
    await assert.rejects(
      updateMetadata(store.completions, 'chatcmpl-1', () => {
        throw fault;
      }),
      fault,
    );
    assert.equal(store.requests.length, 1);
  });
});
