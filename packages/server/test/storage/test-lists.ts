import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Metadata } from '@colloquy/client/contract';

import type { CompletionRecord, ListQuery, Storage } from '../../src/storage/storage.ts';
import { listIds, walkIds } from './list-ids.ts';
import { makeIdOf, makeRecord, toBytes, withoutRequest } from './make-record.ts';
import { makeStore, type OpenStorage } from './make-store.ts';

/** Keeps a record for each of the changes and returns their ids, oldest first. */
async function keep(storage: Storage, ...changes: Array<Partial<CompletionRecord>>): Promise<string[]> {
  const records = changes.map(makeRecord);
  for (const record of records) await storage.insert(record);
  return records.map(({ id }) => id);
}

export function testLists(open: OpenStorage): void {
  describe('a list', () => {
    it('of an empty store is empty', async (t) => {
      const { storage } = await makeStore(t, open);
      for (const order of ['asc', 'desc'] as const) {
        const page = await storage.list('home', { status: 'completed', limit: 20, order });
        assert.deepEqual(page, { completions: [], hasMore: false });
      }
    });

    it('holds completions as get returns them', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeRecord({ metadata: { topic: 'sea' } });
      await storage.insert(record);
      for (const filter of [{}, { model: 'small' }, { model: 'small', metadata: { topic: 'sea' } }]) {
        const page = await storage.list('home', { status: 'completed', limit: 1, order: 'asc', ...filter });
        assert.deepEqual(page, { completions: [withoutRequest(record)], hasMore: false });
      }
    });

    it('holds what is no text beside what is', async (t) => {
      const { storage } = await makeStore(t, open);
      const responses = ['{"a":"é😀"}', '\ufeff{}', '{"a":"\0"}'].map(toBytes);
      const records = [...responses, new Uint8Array([0xff, 0x7b, 0x7d])].map((response) =>
        makeRecord({ response }),
      );
      for (const record of records) await storage.insert(record);
      const page = await storage.list('home', { status: 'completed', limit: 9, order: 'asc' });
      assert.deepEqual(page.completions, records.map(withoutRequest));
    });

    it('is in order of ids, whatever the order in which they were kept', async (t) => {
      const { storage } = await makeStore(t, open);
      const records = Array.from({ length: 9 }, () => makeRecord({ metadata: { topic: 'sea' } }));
      for (const at of [4, 0, 8, 2, 6, 1, 7, 3, 5]) await storage.insert(records[at]!);
      const ids = records.map(({ id }) => id);
      for (const filter of [{}, { model: 'small' }, { metadata: { topic: 'sea' } }]) {
        assert.deepEqual(await listIds(storage, { ...filter, order: 'asc' }), ids);
        assert.deepEqual(await listIds(storage, { ...filter, order: 'desc' }), ids.toReversed());
      }
    });

    it('holds what has the status that is asked for', async (t) => {
      const { storage } = await makeStore(t, open);
      const statuses = ['completed', 'interrupted', 'failed'] as const;
      const ids = await keep(storage, ...statuses.map((status) => ({ status, metadata: { topic: 'sea' } })));
      for (const filter of [{}, { model: 'small' }, { metadata: { topic: 'sea' } }]) {
        for (const [index, status] of statuses.entries()) {
          assert.deepEqual(await listIds(storage, { ...filter, status }), [ids[index]]);
        }
      }
    });

    it('does not let other statuses fill the page', async (t) => {
      const { storage } = await makeStore(t, open);
      const ids = await keep(
        storage,
        {},
        ...Array.from({ length: 5 }, () => ({ status: 'interrupted' as const })),
        {},
      );
      const query: ListQuery = { status: 'completed', limit: 2, order: 'asc' };
      const page = await storage.list('home', query);
      assert.deepEqual([page.completions.map(({ id }) => id), page.hasMore], [[ids[0], ids[6]], false]);
    });
  });

  describe('a list of a time', () => {
    const ms = Date.now();
    const times = [ms, ms + 1, ms + 1, ms + 2, ms + 1000];
    /** What a time narrows by itself, and together with filters. */
    const filters = [{}, { model: 'small' }, { metadata: { topic: 'sea' } }];

    async function keepAt(storage: Storage): Promise<string[]> {
      const ids = times.map((at, index) => makeIdOf(at, index));
      return keep(storage, ...ids.map((id) => ({ id, metadata: { topic: 'sea' } })));
    }

    it('begins with what was made then, and ends before what was made then', async (t) => {
      const { storage } = await makeStore(t, open);
      const ids = await keepAt(storage);
      for (const filter of filters) {
        for (const order of ['asc', 'desc'] as const) {
          const list = async (range: Partial<ListQuery>): Promise<string[]> =>
            (await listIds(storage, { ...filter, ...range, order })).sort();
          assert.deepEqual(await list({ createdAfterMs: ms + 1 }), ids.slice(1));
          assert.deepEqual(await list({ createdBeforeMs: ms + 1 }), ids.slice(0, 1));
          assert.deepEqual(await list({ createdAfterMs: ms + 1, createdBeforeMs: ms + 2 }), ids.slice(1, 3));
          assert.deepEqual(await list({ createdAfterMs: ms + 2, createdBeforeMs: ms + 2 }), []);
          assert.deepEqual(await list({ createdAfterMs: ms + 2, createdBeforeMs: ms }), []);
          assert.deepEqual(await list({ createdAfterMs: 0, createdBeforeMs: Number.MAX_SAFE_INTEGER }), ids);
          assert.deepEqual(await list({ createdAfterMs: Number.MAX_SAFE_INTEGER }), []);
        }
      }
    });

    it('is paged within its bounds, wherever the cursor stands', async (t) => {
      const { storage } = await makeStore(t, open);
      const ids = await keepAt(storage);
      const range = { createdAfterMs: ms + 1, createdBeforeMs: ms + 1000 };
      for (const filter of filters) {
        for (const order of ['asc', 'desc'] as const) {
          const all = ids.slice(1, 4);
          const sorted = order === 'asc' ? all : all.toReversed();
          assert.deepEqual(await walkIds(storage, { ...filter, ...range, order, limit: 1 }), sorted);
          for (const after of ids) {
            const behind =
              order === 'asc' ? all.filter((id) => id > after) : sorted.filter((id) => id < after);
            assert.deepEqual(await listIds(storage, { ...filter, ...range, order, after }), behind);
          }
        }
      }
    });
  });

  describe('the model filter', () => {
    it('finds the name that was asked for and the one that answered', async (t) => {
      const { storage } = await makeStore(t, open);
      const [dated, other] = await keep(
        storage,
        { requestedModel: 'gpt', model: 'gpt-2026' },
        { requestedModel: 'llama', model: 'llama' },
      );
      assert.deepEqual(await listIds(storage, { model: 'gpt' }), [dated]);
      assert.deepEqual(await listIds(storage, { model: 'gpt-2026' }), [dated]);
      assert.deepEqual(await listIds(storage, { model: 'llama' }), [other]);
    });

    it('takes the name as it is', async (t) => {
      const { storage } = await makeStore(t, open);
      await keep(storage, { requestedModel: 'gpt-4', model: 'gpt-4' });
      for (const model of ['gpt', 'GPT-4', 'gpt-4 ', 'gpt-%', 'gpt_4', 'gpt*', '']) {
        assert.deepEqual(await listIds(storage, { model }), [], model);
      }
    });
  });

  describe('the metadata filter', () => {
    it('needs every pair to match', async (t) => {
      const { storage } = await makeStore(t, open);
      const [both, first, second] = await keep(
        storage,
        { metadata: { topic: 'sea', mood: 'calm', extra: 'yes' } },
        { metadata: { topic: 'sea', mood: 'wild' } },
        { metadata: { topic: 'river', mood: 'calm' } },
      );
      assert.deepEqual(await listIds(storage, { metadata: { topic: 'sea', mood: 'calm' } }), [both]);
      assert.deepEqual(await listIds(storage, { metadata: { topic: 'sea' } }), [both, first]);
      assert.deepEqual(await listIds(storage, { metadata: { mood: 'calm' } }), [both, second]);
      assert.deepEqual(await listIds(storage, { metadata: { topic: 'river', mood: 'wild' } }), []);
    });

    it('combines with the model filter', async (t) => {
      const { storage } = await makeStore(t, open);
      const [wanted] = await keep(
        storage,
        { requestedModel: 'gpt', metadata: { topic: 'sea', mood: 'calm' } },
        { requestedModel: 'gpt', metadata: { topic: 'river' } },
        { requestedModel: 'llama', metadata: { topic: 'sea' } },
      );
      assert.deepEqual(await listIds(storage, { model: 'gpt', metadata: { topic: 'sea' } }), [wanted]);
    });

    it('takes sixteen pairs', async (t) => {
      const { storage } = await makeStore(t, open);
      const pairs = Array.from({ length: 16 }, (_, index) => [`key${index}`, `value${index}`]);
      const metadata = Object.fromEntries(pairs);
      const [whole] = await keep(storage, { metadata }, { metadata: { ...metadata, key15: 'other' } });
      assert.deepEqual(await listIds(storage, { metadata, model: 'small' }), [whole]);
    });

    it('without a pair finds everything', async (t) => {
      const { storage } = await makeStore(t, open);
      const ids = await keep(storage, {}, { metadata: { topic: 'sea' } });
      assert.deepEqual(await listIds(storage, { metadata: {} }), ids);
    });

    it('takes values as they are', async (t) => {
      const { storage } = await makeStore(t, open);
      // oxfmt-ignore
      const values = [
        'sea', 'Sea', 'SEA', ' sea', 'sea ', 's e a', '', '%', '_', '*', '1', '1.0', '01', 'true', 'null',
        '\u00e9', 'e\u0301', 'ß', 'ss', 'ı', 'I', '😀', '\u0000', 'a\u0000', 'a\u0000b', "'", '"', '\\', '\n',
      ];
      const ids = await keep(storage, ...values.map((topic) => ({ metadata: { topic } })));
      for (const [index, topic] of values.entries()) {
        assert.deepEqual(
          await listIds(storage, { metadata: { topic } }),
          [ids[index]],
          JSON.stringify(topic),
        );
      }
    });

    it('takes keys as they are', async (t) => {
      const { storage } = await makeStore(t, open);
      // oxfmt-ignore
      const keys = [
        'topic', 'Topic', 'topic ', 'a.b', 'a', 'b', '.', '..', 'a[b]', '[a]', ']', 'metadata', 'metadata.', 'metadata.topic',
        'metadata[topic]', 'model', 'metadata.model', '', ' ', '%', '$', "'", '"', '\\', '😀', '\u00e9', 'e\u0301', '\u0000',
        'constructor', 'toString', '0', '-1',
      ];
      const ids = await keep(storage, ...keys.map((key) => ({ metadata: { [key]: 'value' } })));
      for (const [index, key] of keys.entries()) {
        const found = await listIds(storage, { metadata: { [key]: 'value' } });
        assert.deepEqual(found, [ids[index]], JSON.stringify(key));
      }
    });

    it('does not take the key "model" for the model', async (t) => {
      const { storage } = await makeStore(t, open);
      const [labelled, answered] = await keep(
        storage,
        { metadata: { model: 'gpt' } },
        { requestedModel: 'gpt', model: 'gpt' },
      );
      assert.deepEqual(await listIds(storage, { metadata: { model: 'gpt' } }), [labelled]);
      assert.deepEqual(await listIds(storage, { model: 'gpt' }), [answered]);
    });

    it('does not mix keys and values up', async (t) => {
      const { storage } = await makeStore(t, open);
      await keep(storage, { metadata: { topic: 'sea', mood: 'calm' } });
      const others: Metadata[] = [{ sea: 'topic' }, { topic: 'calm' }, { mood: 'sea' }, { topics: 'ea' }];
      for (const metadata of others) {
        assert.deepEqual(await listIds(storage, { metadata }), []);
      }
    });
  });
}
