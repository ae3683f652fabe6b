// The same program with two clients: the official package, unmodified, and ours in its place.

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import { Colloquy, NotFoundError } from '@colloquy/client';
import OpenAI from 'openai';

import { startServer } from '../start-server.ts';

type Connect = (baseURL: string) => OpenAI;

const CLIENTS: Record<string, Connect> = {
  'the official openai package': (baseURL) => new OpenAI({ baseURL, apiKey: 'any' }),
  // A drop-in: what the official types allow here, ours does too.
  'the client of Colloquy': (baseURL) => new Colloquy({ baseURL, apiKey: 'any' }) as unknown as OpenAI,
};

const SAD = { role: 'user', content: 'I am sad.' } as const;

for (const [name, connect] of Object.entries(CLIENTS)) {
  describe(`With ${name}`, () => {
    const open = async (t: TestContext) => connect((await startServer(t)).baseURL);

    it('creates a completion', async (t) => {
      const client = await open(t);
      const completion = await client.chat.completions.create({ model: 'eliza', messages: [SAD] });
      assert.equal(completion.choices[0]?.message.content, 'I am sorry to hear you are sad.');
      assert.equal(completion.usage?.completion_tokens, 9);
    });

    it('streams a completion, and keeps it under the id that its chunks bear', async (t) => {
      const client = await open(t);
      const stream = await client.chat.completions.create({
        model: 'eliza',
        messages: [SAD],
        stream: true,
        store: true,
      });
      const ids = new Set<string>();
      let content = '';
      for await (const chunk of stream) {
        ids.add(chunk.id);
        assert.ok(!('usage' in chunk), 'nobody asked for usage');
        content += chunk.choices[0]?.delta.content ?? '';
      }
      assert.equal(content, 'I am sorry to hear you are sad.');
      const [id = '', ...others] = ids;
      assert.deepEqual(others, []);
      const stored = await client.chat.completions.retrieve(id);
      assert.equal(stored.choices[0]?.message.content, content);
      assert.equal(stored.choices[0]?.finish_reason, 'stop');
      assert.equal(stored.usage?.completion_tokens, 9);
    });

    it('sends usage at the end of a kept stream to a caller who asked for it', async (t) => {
      const client = await open(t);
      const stream = await client.chat.completions.create({
        model: 'eliza',
        messages: [SAD],
        stream: true,
        stream_options: { include_usage: true },
        store: true,
      });
      const chunks = await Array.fromAsync(stream);
      assert.equal(chunks.at(-1)?.usage?.completion_tokens, 9);
      assert.deepEqual(chunks.at(-1)?.choices, []);
      assert.ok(chunks.slice(0, -1).every((chunk) => chunk.usage === null));
    });

    it('gets what was kept, with its metadata and its messages', async (t) => {
      const { chat } = await open(t);
      const messages = [{ role: 'system', content: 'Be kind.', name: 'boss' } as const, SAD];
      const { id } = await chat.completions.create({
        model: 'eliza',
        messages,
        store: true,
        metadata: { topic: 'mood' },
        temperature: 0.5,
      });
      const stored = await chat.completions.retrieve(id);
      assert.equal(stored.id, id);
      assert.deepEqual((stored as { metadata?: unknown }).metadata, { topic: 'mood' });
      assert.equal((stored as { temperature?: unknown }).temperature, 0.5);
      const listed = await chat.completions.messages.list(id);
      assert.deepEqual(
        listed.data.map((message) => ({
          id: message.id,
          role: message.role,
          content: message.content,
        })),
        [
          { id: `${id}-0`, role: 'system', content: 'Be kind.' },
          { id: `${id}-1`, role: 'user', content: 'I am sad.' },
        ],
      );
    });

    it('updates the metadata and deletes', async (t) => {
      const { chat } = await open(t);
      const { id } = await chat.completions.create({ model: 'eliza', messages: [SAD], store: true });
      const updated = await chat.completions.update(id, { metadata: { graded: 'yes' } });
      assert.deepEqual((updated as { metadata?: unknown }).metadata, { graded: 'yes' });
      assert.deepEqual(await listIds(chat.completions.list({ metadata: { graded: 'yes' } })), [id]);
      const cleared = await chat.completions.update(id, { metadata: null });
      assert.deepEqual((cleared as { metadata?: unknown }).metadata, {});
      assert.deepEqual(await listIds(chat.completions.list({ metadata: { graded: 'yes' } })), []);
      assert.deepEqual(await chat.completions.delete(id), {
        object: 'chat.completion.deleted',
        id,
        deleted: true,
      });
      await assert.rejects(chat.completions.retrieve(id), isNotFound);
      await assert.rejects(chat.completions.delete(id), isNotFound);
      assert.deepEqual(await listIds(chat.completions.list()), []);
    });

    it('pages through 250 completions by itself, in both orders and with filters', async (t) => {
      const { chat } = await open(t);
      const created: string[] = [];
      for (let count = 0; count < 250; count += 1) {
        const { id } = await chat.completions.create({
          model: 'eliza',
          messages: [SAD],
          store: true,
          metadata: { parity: count % 2 === 0 ? 'even' : 'odd', third: String(count % 3) },
        });
        created.push(id);
      }
      assert.deepEqual(await listIds(chat.completions.list()), created);
      assert.deepEqual(
        await listIds(chat.completions.list({ limit: 100, order: 'desc' })),
        created.toReversed(),
      );
      assert.deepEqual(
        await listIds(
          chat.completions.list({ metadata: { parity: 'odd', third: '1' }, model: 'eliza', limit: 7 }),
        ),
        created.filter((_, count) => count % 2 === 1 && count % 3 === 1),
      );
      const page = await chat.completions.list({ limit: 1000 });
      assert.equal(page.data.length, 100, 'a page has at most 100');
      assert.deepEqual(
        await listIds(chat.completions.list({ after: created[246] ?? '' })),
        created.slice(247),
      );
    });

    it('pages through the messages of a long conversation', async (t) => {
      const { chat } = await open(t);
      const messages = Array.from(
        { length: 45 },
        (_, index) => ({ role: 'user', content: `Turn ${index}` }) as const,
      );
      const { id } = await chat.completions.create({ model: 'eliza', messages, store: true });
      const all = await Array.fromAsync(chat.completions.messages.list(id));
      assert.deepEqual(
        all.map(({ content }) => content),
        messages.map(({ content }) => content),
      );
    });

    it('sees typed errors', async (t) => {
      const { chat } = await open(t);
      await assert.rejects(
        chat.completions.create({ model: 'gpt-none', messages: [SAD] }),
        (error) => isNotFound(error) && (error as { code?: unknown }).code === 'model_not_found',
      );
      await assert.rejects(chat.completions.create({ model: 'eliza', messages: [] }), {
        status: 400,
        param: 'messages',
      });
    });

    it('aborts a stream by leaving the loop', async (t) => {
      const { chat } = await open(t);
      const stream = await chat.completions.create({ model: 'eliza', messages: [SAD], stream: true });
      for await (const chunk of stream) {
        assert.equal(chunk.object, 'chat.completion.chunk');
        break;
      }
      assert.ok(stream.controller.signal.aborted);
    });
  });
}

async function listIds(list: AsyncIterable<{ id: string }>): Promise<string[]> {
  return (await Array.fromAsync(list)).map(({ id }) => id);
}

function isNotFound(error: unknown): boolean {
  return error instanceof NotFoundError || error instanceof OpenAI.NotFoundError;
}
