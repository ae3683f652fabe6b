import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import Default, { ColloquyError, CursorPage, Colloquy, Stream } from '@colloquy/client';

import { events, json, listen, onlyRequest, type Answer, type TestServer } from './listen.ts';

async function connect(t: TestContext, answer: Answer): Promise<{ client: Colloquy; server: TestServer }> {
  const server = await listen(t, answer);
  return { client: new Colloquy({ baseURL: server.baseURL, apiKey: 'sk-1' }), server };
}

/** The one request that came, in a line. */
function sent(server: TestServer): string {
  const { method, url, text, headers } = onlyRequest(server);
  assert.equal(headers.authorization, 'Bearer sk-1');
  assert.equal(headers['x-trace'], '1');
  return `${method} ${url} ${text}`.trim();
}

const OPTIONS = { headers: { 'x-trace': '1' } };
const LIST = { object: 'list', data: [{ id: 'a' }], first_id: 'a', last_id: 'a', has_more: false };

describe('Colloquy', () => {
  it('is the default export as well', () => {
    assert.equal(Default, Colloquy);
  });

  it('needs no options', () => {
    assert.ok(new Colloquy() instanceof Colloquy);
  });

  it('refuses a wrong base URL at once', () => {
    assert.throws(() => new Colloquy({ baseURL: 'localhost:8787/v1' }), ColloquyError);
  });

  it('reads the environment once, when it is made', async (t) => {
    const before = process.env['OPENAI_API_KEY'];
    t.after(() => {
      if (before === undefined) delete process.env['OPENAI_API_KEY'];
      else process.env['OPENAI_API_KEY'] = before;
    });
    const server = await listen(t, json({}));
    process.env['OPENAI_API_KEY'] = 'sk-early';
    const client = new Colloquy({ baseURL: server.baseURL });
    process.env['OPENAI_API_KEY'] = 'sk-late';
    await client.chat.completions.retrieve('chatcmpl-1');
    assert.equal(onlyRequest(server).headers.authorization, 'Bearer sk-early');
  });

  it('makes another like itself, but for the options that are given', async (t) => {
    const server = await listen(t, json({}));
    const client = new Colloquy({ baseURL: server.baseURL, apiKey: 'sk-1', defaultHeaders: { 'x-a': '1' } });
    const other = client.withOptions({ apiKey: 'sk-2', baseURL: undefined });
    await other.chat.completions.retrieve('chatcmpl-1');
    await client.chat.completions.retrieve('chatcmpl-1');
    const seen = server.requests.map(({ headers }) => [headers.authorization, headers['x-a']]);
    assert.deepEqual(seen, [
      ['Bearer sk-2', '1'],
      ['Bearer sk-1', '1'],
    ]);
  });

  it('does not show its key when it is printed', async () => {
    const { inspect } = await import('node:util');
    const client = new Colloquy({ apiKey: 'sk-secret' });
    assert.equal(inspect(client, { depth: 9 }).includes('sk-secret'), false);
    assert.equal(JSON.stringify(client).includes('sk-secret'), false);
  });
});

describe('client.chat.completions', () => {
  it('creates', async (t) => {
    const { client, server } = await connect(t, json({ id: 'chatcmpl-1' }));
    const completion = await client.chat.completions.create({ model: 'small', messages: [] }, OPTIONS);
    assert.equal(completion.id, 'chatcmpl-1');
    assert.equal(sent(server), 'POST /v1/chat/completions {"model":"small","messages":[]}');
  });

  it('creates a stream', async (t) => {
    const { client, server } = await connect(t, events('data: {"id":"chatcmpl-1"}\n\ndata: [DONE]\n\n'));
    const params = { model: 'small', messages: [], stream: true } as const;
    const stream = await client.chat.completions.create({ ...params, messages: [] }, OPTIONS);
    assert.ok(stream instanceof Stream);
    assert.deepEqual(await Array.fromAsync(stream), [{ id: 'chatcmpl-1' }]);
    assert.equal(sent(server), 'POST /v1/chat/completions {"model":"small","messages":[],"stream":true}');
  });

  it('lists', async (t) => {
    const { client, server } = await connect(t, json(LIST));
    const page = await client.chat.completions.list({ model: 'small' }, OPTIONS);
    assert.ok(page instanceof CursorPage);
    assert.equal(page.data[0]?.id, 'a');
    assert.equal(sent(server), 'GET /v1/chat/completions?model=small');
  });

  it('retrieves', async (t) => {
    const { client, server } = await connect(t, json({ id: 'chatcmpl-1' }));
    assert.equal((await client.chat.completions.retrieve('chatcmpl-1', OPTIONS)).id, 'chatcmpl-1');
    assert.equal(sent(server), 'GET /v1/chat/completions/chatcmpl-1');
  });

  it('updates', async (t) => {
    const { client, server } = await connect(t, json({ id: 'chatcmpl-1' }));
    const metadata = { user: 'Ann' };
    assert.equal(
      (await client.chat.completions.update('chatcmpl-1', { metadata }, OPTIONS)).id,
      'chatcmpl-1',
    );
    assert.equal(sent(server), 'POST /v1/chat/completions/chatcmpl-1 {"metadata":{"user":"Ann"}}');
  });

  it('deletes', async (t) => {
    const { client, server } = await connect(t, json({ id: 'chatcmpl-1', deleted: true }));
    assert.equal((await client.chat.completions.delete('chatcmpl-1', OPTIONS)).deleted, true);
    assert.equal(sent(server), 'DELETE /v1/chat/completions/chatcmpl-1');
  });

  it('lists the messages', async (t) => {
    const { client, server } = await connect(t, json(LIST));
    const page = await client.chat.completions.messages.list('chatcmpl-1', { limit: 1 }, OPTIONS);
    assert.ok(page instanceof CursorPage);
    assert.equal(page.data[0]?.id, 'a');
    assert.equal(sent(server), 'GET /v1/chat/completions/chatcmpl-1/messages?limit=1');
  });

  it('lists without a query', async (t) => {
    const { client, server } = await connect(t, json(LIST));
    assert.equal((await Array.fromAsync(client.chat.completions.list())).length, 1);
    assert.equal((await Array.fromAsync(client.chat.completions.messages.list('chatcmpl-1'))).length, 1);
    assert.deepEqual(
      server.requests.map(({ url }) => url),
      ['/v1/chat/completions', '/v1/chat/completions/chatcmpl-1/messages'],
    );
  });
});
