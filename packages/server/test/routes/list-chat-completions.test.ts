import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { mintCompletionId } from '../../src/completion-id.ts';
import { send, startServer } from '../start-server.ts';
import { makeIdOf, makeRecord } from '../storage/make-record.ts';
import { createKept, makeForeignRecord } from './kept-completion.ts';

async function listIds(url: string): Promise<string[]> {
  return (await send(url)).json.data.map(({ id }: { id: string }) => id);
}

describe('listChatCompletions', () => {
  it('answers an empty list with null ids', async (t) => {
    const { baseURL } = await startServer(t);
    assert.deepEqual((await send(`${baseURL}/chat/completions`)).json, {
      object: 'list',
      data: [],
      first_id: null,
      last_id: null,
      has_more: false,
    });
  });

  it('lists what was kept, the oldest first, 20 at a time, and nothing else', async (t) => {
    const { baseURL } = await startServer(t);
    const url = `${baseURL}/chat/completions`;
    const ids: string[] = [];
    for (let count = 0; count < 21; count += 1) ids.push(await createKept(baseURL));
    await send(url, { body: { model: 'eliza', messages: [{ role: 'user', content: 'Hi' }] } });
    const { json } = await send(url);
    assert.deepEqual([json.first_id, json.last_id, json.has_more], [ids[0], ids[19], true]);
    assert.deepEqual(await listIds(url), ids.slice(0, 20));
    assert.deepEqual(await listIds(`${url}?after=${ids[19]}`), ids.slice(20));
    assert.deepEqual(await listIds(`${url}?order=desc&limit=2`), [ids[20], ids[19]]);
    assert.deepEqual(await listIds(`${url}?order=desc&limit=2&after=${ids[19]}`), [ids[18], ids[17]]);
    assert.equal((await send(`${url}?limit=21`)).json.has_more, false);
  });

  it('goes on behind a completion that was deleted meanwhile', async (t) => {
    const { baseURL } = await startServer(t);
    const url = `${baseURL}/chat/completions`;
    const [first, second, third] = [
      await createKept(baseURL),
      await createKept(baseURL),
      await createKept(baseURL),
    ];
    await send(`${url}/${second}`, { method: 'DELETE' });
    assert.deepEqual(await listIds(`${url}?after=${second}`), [third]);
    assert.deepEqual(await listIds(`${url}?after=${second}&order=desc`), [first]);
  });

  it('filters by metadata, however its brackets are written; several pairs must all match', async (t) => {
    const { baseURL } = await startServer(t);
    const url = `${baseURL}/chat/completions`;
    const both = await createKept(baseURL, { metadata: { a: '1', 'b.c]': 'x y' } });
    const one = await createKept(baseURL, { metadata: { a: '1' } });
    await createKept(baseURL, { metadata: { a: '2' } });
    assert.deepEqual(await listIds(`${url}?metadata[a]=1`), [both, one]);
    assert.deepEqual(await listIds(`${url}?metadata%5Ba%5D=1&metadata%5Bb.c%5D%5D=x+y`), [both]);
    assert.deepEqual(await listIds(`${url}?metadata[a]=1&metadata[b.c]]=x%20y&model=eliza`), [both]);
    assert.deepEqual(await listIds(`${url}?metadata[a]=1&model=other`), []);
    assert.deepEqual(await listIds(`${url}?metadata[model]=eliza`), []);
    assert.equal((await listIds(`${url}?metadata=`)).length, 3, 'what SDKs send for null filters nothing');
    assert.equal((await listIds(`${url}?unknown=1`)).length, 3);
  });

  it('lists what was interrupted, or failed, when it is asked to', async (t) => {
    const { baseURL, context } = await startServer(t);
    const url = `${baseURL}/chat/completions`;
    const completed = await createKept(baseURL);
    const interrupted = makeRecord({ project: 'default', status: 'interrupted' });
    await context.storage.insert(interrupted);
    assert.deepEqual(await listIds(url), [completed]);
    assert.deepEqual(await listIds(`${url}?status=completed`), [completed]);
    assert.deepEqual(await listIds(`${url}?status=interrupted`), [interrupted.id]);
    assert.deepEqual(await listIds(`${url}?status=failed`), []);
    assert.equal((await send(`${url}?status=other`)).status, 400);
  });

  it('lists what was made in a time, when it is asked to', async (t) => {
    const { baseURL, context } = await startServer(t);
    const url = `${baseURL}/chat/completions`;
    const seconds = 1_700_000_000;
    const ids = [0, 999, 1000, 2000].map((ms) => makeIdOf(seconds * 1000 + ms));
    for (const id of ids) await context.storage.insert(makeRecord({ project: 'default', id }));
    assert.deepEqual(await listIds(`${url}?created_after=${seconds + 1}`), ids.slice(2));
    assert.deepEqual(await listIds(`${url}?created_before=${seconds + 1}`), ids.slice(0, 2));
    const range = `created_after=${seconds}&created_before=${seconds + 2}`;
    assert.deepEqual(await listIds(`${url}?${range}&order=desc`), ids.slice(0, 3).toReversed());
    assert.deepEqual(await listIds(`${url}?${range}&after=${ids[1]}`), ids.slice(2, 3));
  });

  it('lists what holds the words, when it is asked to', async (t) => {
    const { baseURL } = await startServer(t);
    const url = `${baseURL}/chat/completions`;
    const say = (content: string): Promise<string> =>
      createKept(baseURL, { messages: [{ role: 'user', content }] });
    const [whale, river] = [await say('I dream of a white whale'), await say('I dream of a river')];
    assert.deepEqual(await listIds(`${url}?q=dream`), [whale, river]);
    assert.deepEqual(await listIds(`${url}?q=dream&order=desc&limit=1`), [river]);
    assert.deepEqual(await listIds(`${url}?q=dream&after=${whale}`), [river]);
    assert.deepEqual(await listIds(`${url}?q="white+whale"`), [whale]);
    assert.deepEqual(await listIds(`${url}?q=dream+whale&model=eliza`), [whale]);
    assert.deepEqual(await listIds(`${url}?q="whale+white"`), []);
  });

  it('refuses to search for nothing, and for too much', async (t) => {
    const { baseURL } = await startServer(t);
    for (const [q, code] of [
      ['', 'invalid_value'],
      ['"?!"', 'invalid_value'],
      ['a'.repeat(1001), 'string_above_max_length'],
    ]) {
      const { status, json } = await send(`${baseURL}/chat/completions?q=${q}`);
      assert.deepEqual([status, json.error.param, json.error.code], [400, 'q', code]);
    }
  });

  it('refuses a time that is none', async (t) => {
    const { baseURL } = await startServer(t);
    for (const name of ['created_after', 'created_before']) {
      for (const [value, code] of [
        ['2026-01-01', 'invalid_value'],
        ['1.5', 'invalid_value'],
        ['', 'invalid_value'],
        ['-1', 'integer_below_min_value'],
      ]) {
        const { status, json } = await send(`${baseURL}/chat/completions?${name}=${value}`);
        assert.deepEqual([status, json.error.param, json.error.code], [400, name, code]);
      }
    }
  });

  it('shows nothing of another project', async (t) => {
    const { baseURL, context } = await startServer(t);
    await context.storage.insert(makeForeignRecord(mintCompletionId()));
    assert.deepEqual(await listIds(`${baseURL}/chat/completions`), []);
    assert.deepEqual(await listIds(`${baseURL}/chat/completions?metadata[owner]=another`), []);
  });
});
