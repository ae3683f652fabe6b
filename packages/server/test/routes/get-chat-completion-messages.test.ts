import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { mintCompletionId } from '../../src/completion-id.ts';
import { send, startServer } from '../start-server.ts';
import { createKept, makeForeignRecord } from './kept-completion.ts';

const PARTS = [
  { type: 'text', text: 'Look' },
  { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
];
const CALLS = [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }];

describe('getChatCompletionMessages', () => {
  it('lists the messages of the request, with all that is needed to send them again', async (t) => {
    const { baseURL } = await startServer(t);
    const id = await createKept(baseURL, {
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: PARTS, name: 'Ann' },
        { role: 'assistant', content: null, tool_calls: CALLS },
        { role: 'tool', content: '42', tool_call_id: 'call_1' },
        { role: 'assistant', tool_calls: CALLS },
      ],
    });
    const { json } = await send(`${baseURL}/chat/completions/${id}/messages`);
    assert.deepEqual(json, {
      object: 'list',
      data: [
        { role: 'system', content: 'Be kind.', id: `${id}-0`, name: null, content_parts: null },
        { role: 'user', content: null, name: 'Ann', id: `${id}-1`, content_parts: PARTS },
        {
          role: 'assistant',
          content: null,
          tool_calls: CALLS,
          id: `${id}-2`,
          name: null,
          content_parts: null,
        },
        {
          role: 'tool',
          content: '42',
          tool_call_id: 'call_1',
          id: `${id}-3`,
          name: null,
          content_parts: null,
        },
        {
          role: 'assistant',
          tool_calls: CALLS,
          id: `${id}-4`,
          name: null,
          content: null,
          content_parts: null,
        },
      ],
      first_id: `${id}-0`,
      last_id: `${id}-4`,
      has_more: false,
    });
  });

  it('pages through them in both orders', async (t) => {
    const { baseURL } = await startServer(t);
    const messages = ['a', 'b', 'c'].map((content) => ({ role: 'user', content }));
    const id = await createKept(baseURL, { messages });
    const read = async (query: string) => {
      const { json } = await send(`${baseURL}/chat/completions/${id}/messages?${query}`);
      return [json.data.map(({ content }: { content: string }) => content).join(''), json.has_more];
    };
    assert.deepEqual(await read('limit=2'), ['ab', true]);
    assert.deepEqual(await read(`limit=2&after=${id}-1`), ['c', false]);
    assert.deepEqual(await read('limit=2&order=desc'), ['cb', true]);
    assert.deepEqual(await read(`after=${id}-1&order=desc`), ['a', false]);
    assert.deepEqual(await read(`after=${id}-2`), ['', false]);
  });

  it('answers 404 for a message that is not there, and for a completion that is not ours', async (t) => {
    const { baseURL, context } = await startServer(t);
    const url = `${baseURL}/chat/completions`;
    const id = await createKept(baseURL);
    const missing = await send(`${url}/${id}/messages?after=${id}-9`);
    assert.deepEqual([missing.status, missing.json.error.param], [404, 'after']);
    const foreign = mintCompletionId();
    await context.storage.insert(makeForeignRecord(foreign));
    assert.equal((await send(`${url}/${foreign}/messages`)).status, 404);
  });
});
