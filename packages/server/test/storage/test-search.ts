import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { CompletionRecord, ListQuery, Storage } from '../../src/storage/storage.ts';
import { listIds, walkIds } from './list-ids.ts';
import { makeChat, makeIdOf, makeRecord, toBytes, withoutRequest } from './make-record.ts';
import { makeStore, type OpenStorage } from './make-store.ts';

/** Keeps a record for each of the texts, which is the answer, and returns their ids, oldest first. */
async function keepTexts(
  storage: Storage,
  texts: readonly string[],
  changes: Partial<CompletionRecord> = {},
): Promise<string[]> {
  const records = texts.map((text) => makeRecord({ ...makeChat('Question', text), ...changes }));
  await Promise.all(records.map((record) => storage.insert(record)));
  return records.map(({ id }) => id);
}

export function testSearch(open: OpenStorage): void {
  describe('a search', () => {
    it('finds what was said on either side, as get returns it', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeRecord(makeChat('Where do whales sleep?', 'In the open sea.'));
      await storage.insert(record);
      await keepTexts(storage, ['Nothing of that']);
      for (const q of ['whales', 'sea', 'sea whales']) {
        const page = await storage.list('home', { status: 'completed', limit: 1, order: 'asc', q });
        assert.deepEqual(page, { completions: [withoutRequest(record)], hasMore: false });
      }
      // Neither names of members, nor the rest of the JSON.
      for (const q of ['role', 'assistant', 'content', 'small', record.id]) {
        assert.deepEqual(await listIds(storage, { q }), [], q);
      }
    });

    it('finds words in any order, and phrases as they are', async (t) => {
      const { storage } = await makeStore(t, open);
      const [first, second, third] = await keepTexts(storage, [
        'the white whale swims',
        'a whale, white as snow',
        'nothing but snow',
      ]);
      const cases: Array<[q: string, ids: unknown[]]> = [
        ['whale white', [first, second]],
        ['"white whale"', [first]],
        ['"whale white"', [second]],
        ['"white whale" swims', [first]],
        ['snow', [second, third]],
        ['snow "whale white"', [second]],
        ['snow swims', []],
        ['whal', []],
        ['"white whale', [first]],
        ['"" whale', [first, second]],
      ];
      for (const [q, ids] of cases) assert.deepEqual(await listIds(storage, { q }), ids, q);
    });

    it('does not mind case, accents and punctuation', async (t) => {
      const { storage } = await makeStore(t, open);
      const [id] = await keepTexts(storage, [
        "Don't panic: the Crème-Brûlée is naïve! (42.5 %) snake_case हिन्दी",
      ]);
      for (const q of [
        'PANIC',
        "don't",
        'dont\u2019t don',
        'creme',
        'CRÈME',
        'cre\u0300me',
        'crème-brûlée',
        '"brulee is"',
        '42.5',
        'snake_case',
        'snake',
        'हिन्दी',
      ]) {
        const found = await listIds(storage, { q });
        assert.deepEqual(found, q.startsWith('dont') ? [] : [id], q);
      }
    });

    it('finds words in scripts without spaces', async (t) => {
      const { storage } = await makeStore(t, open);
      const [japanese, thai] = await keepTexts(storage, ['私は東京タワーに行きました。', 'ฉันไปกรุงเทพมหานคร']);
      assert.deepEqual(await listIds(storage, { q: '東京' }), [japanese]);
      assert.deepEqual(await listIds(storage, { q: 'タワー' }), [japanese]);
      assert.deepEqual(await listIds(storage, { q: '京東' }), []);
      assert.deepEqual(await listIds(storage, { q: 'กรุงเทพ' }), [thai]);
    });

    it('takes nothing for a language of queries', async (t) => {
      const { storage } = await makeStore(t, open);
      const [id] = await keepTexts(storage, ['this and that or not near'], { metadata: { text: 'x' } });
      for (const q of ['and', 'AND', 'OR', 'NOT', 'NEAR', 'this OR that', 'NOT that']) {
        assert.deepEqual(await listIds(storage, { q }), [id], q);
      }
      for (const q of ['thi*', 'text:this^', 'labels:x', 'that)', '{this}', 'this\u0000that']) {
        const expected = ['that)', '{this}'].includes(q) ? [id] : [];
        assert.deepEqual(await listIds(storage, { q }), expected, q);
      }
      const many = Array.from({ length: 300 }, () => 'this').join(' ');
      assert.deepEqual(await listIds(storage, { q: many }), [id]);
    });

    it('without a word finds nothing; what is no word is passed over', async (t) => {
      const { storage } = await makeStore(t, open);
      const [id] = await keepTexts(storage, ['panic 😀!']);
      for (const q of ['', ' ', '"', '""', '!?', '😀', '" "'])
        assert.deepEqual(await listIds(storage, { q }), [], q);
      assert.deepEqual(await listIds(storage, { q: '😀 panic !' }), [id]);
    });

    it('reads texts and their parts, refusals and every choice', async (t) => {
      const { storage } = await makeStore(t, open);
      const parts = [
        { type: 'text', text: 'alpha' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,omega' } },
        { type: 'text', text: 'be\u006ata' },
      ];
      const record = makeRecord({
        request: toBytes(
          JSON.stringify({
            messages: [
              { role: 'system', content: 'gamma' },
              { role: 'user', content: parts },
              { role: 'assistant', content: null },
            ],
          }),
        ),
        response: toBytes(
          JSON.stringify({
            choices: [{ message: { content: 'delta' } }, { message: { content: null, refusal: 'epsilon' } }],
          }),
        ),
      });
      await storage.insert(record);
      for (const q of ['alpha', 'bejta', 'gamma', 'delta', 'epsilon']) {
        assert.deepEqual(await listIds(storage, { q }), [record.id], q);
      }
      assert.deepEqual(await listIds(storage, { q: 'omega' }), []);
    });

    it('can do with texts that are no JSON', async (t) => {
      const { storage } = await makeStore(t, open);
      const texts = [
        '',
        '{',
        '[',
        '"',
        'null',
        '{"messages":',
        '{"messages":[{"content":"a\\',
        '{"choices":{}}',
        '\ufffd',
      ];
      for (const text of texts) {
        const { id } = makeRecord();
        await storage.insert(makeRecord({ id, request: toBytes(text), response: toBytes(text) }));
        assert.deepEqual(await listIds(storage, { q: 'a' }), []);
        await storage.updateMetadata('home', id, { topic: 'sea' });
        assert.equal(await storage.delete('home', id), true);
      }
    });

    it('is narrowed by all that narrows lists', async (t) => {
      const { storage } = await makeStore(t, open);
      const ms = 1_800_000_000_000;
      const make = (number: number, changes: Partial<CompletionRecord>): CompletionRecord =>
        makeRecord({ id: makeIdOf(ms + number), ...makeChat('whale', 'sea'), ...changes });
      const records = [
        make(0, { metadata: { topic: 'sea', mood: 'calm' } }),
        make(1, { metadata: { topic: 'sea' }, model: 'large' }),
        make(2, { status: 'failed', metadata: { topic: 'sea' } }),
        make(3, { project: 'other', metadata: { topic: 'sea' } }),
        make(4, { metadata: { topic: 'whale' } }),
      ];
      for (const record of records) await storage.insert(record);
      const ids = records.map(({ id }) => id);
      const cases: Array<[query: Partial<ListQuery>, numbers: number[]]> = [
        [{}, [0, 1, 4]],
        [{ metadata: { topic: 'sea' } }, [0, 1]],
        [{ metadata: { topic: 'sea', mood: 'calm' } }, [0]],
        [{ model: 'large' }, [1]],
        [{ model: 'small', metadata: { topic: 'sea' } }, [0, 1]],
        [{ status: 'failed' }, [2]],
        [{ createdAfterMs: ms + 1 }, [1, 4]],
        [{ createdBeforeMs: ms + 1 }, [0]],
        [{ after: ids[0] }, [1, 4]],
        [{ after: ids[4], order: 'desc' }, [1, 0]],
        [{ metadata: { topic: 'river' } }, []],
      ];
      for (const [query, numbers] of cases) {
        const expected = numbers.map((number) => ids[number]);
        assert.deepEqual(await listIds(storage, { q: 'whale', ...query }), expected, JSON.stringify(query));
      }
      assert.deepEqual(await listIds(storage, { q: 'whale' }, 'other'), [ids[3]]);
      assert.deepEqual(await listIds(storage, { q: 'whale' }, 'none'), []);
    });

    it('is narrowed by what is rare, however frequent the words', async (t) => {
      const { storage } = await makeStore(t, open);
      const ms = 1_800_000_000_000;
      const ids = Array.from({ length: 200 }, (_, index) => makeIdOf(ms + index));
      await Promise.all(
        ids.map((id, index) => {
          // Every other one of the rare ones has the words.
          const text = index % 80 === 40 ? 'a whale, white' : 'a white whale';
          const metadata: Record<string, string> = index % 40 === 0 ? { topic: 'sea' } : {};
          return storage.insert(makeRecord({ id, ...makeChat('What is it?', text), metadata }));
        }),
      );
      const expected = [ids[0], ids[80], ids[160]];
      for (const limit of [1, 2, 3, 4]) {
        const query = { q: '"white whale"', metadata: { topic: 'sea' }, limit };
        assert.deepEqual(await walkIds(storage, { ...query, order: 'asc' }), expected);
        assert.deepEqual(await walkIds(storage, { ...query, order: 'desc' }), expected.toReversed());
      }
    });

    it('is in order of ids and paged, whatever the order in which they were kept', async (t) => {
      const { storage } = await makeStore(t, open);
      const ms = 1_800_000_000_000;
      const count = 1500;
      const ids = Array.from({ length: count }, (_, index) => makeIdOf(ms + index));
      // Not in order at all, so that no part of the store holds neighbours only.
      const shuffled = ids.map((_, index) => ids[(index * 619) % count]!);
      await Promise.all(
        shuffled.map((id) => {
          const isRare = ids.indexOf(id) % 300 === 7;
          return storage.insert(makeRecord({ id, ...makeChat('often', isRare ? 'seldom' : 'no') }));
        }),
      );
      const signal = AbortSignal.timeout(30_000);
      while ((await listIds(storage, { q: 'often', limit: count })).length < count) signal.throwIfAborted();
      const rare = ids.filter((_, index) => index % 300 === 7);
      for (const order of ['asc', 'desc'] as const) {
        const sort = (list: readonly string[]): string[] => (order === 'asc' ? [...list] : list.toReversed());
        assert.deepEqual(await walkIds(storage, { q: 'often', order, limit: 400 }), sort(ids));
        assert.deepEqual(await walkIds(storage, { q: 'seldom often', order, limit: 2 }), sort(rare));
      }
      const range = { createdAfterMs: ms + 100, createdBeforeMs: ms + 900 };
      assert.deepEqual(await walkIds(storage, { q: 'seldom', order: 'desc', limit: 1, ...range }), [
        ids[607],
        ids[307],
      ]);
    });

    it('finds the metadata as it is now', async (t) => {
      const { storage } = await makeStore(t, open);
      const [id] = await keepTexts(storage, ['whale'], { metadata: { topic: 'sea' } });
      assert.deepEqual(await listIds(storage, { q: 'whale', metadata: { topic: 'sea' } }), [id]);
      for (const topic of ['river', 'lake']) {
        await storage.updateMetadata('home', id!, { topic });
        assert.deepEqual(await listIds(storage, { q: 'whale', metadata: { topic } }), [id]);
        assert.deepEqual(await listIds(storage, { q: 'whale', metadata: { topic: 'sea' } }), []);
        assert.deepEqual(await listIds(storage, { q: 'whale' }), [id]);
      }
    });

    it('does not find what was deleted, searched before or not', async (t) => {
      const { storage } = await makeStore(t, open);
      const [first, second, third] = await keepTexts(storage, ['whale', 'whale', 'whale']);
      assert.equal((await listIds(storage, { q: 'whale' })).length, 3);
      await storage.delete('home', second!);
      assert.deepEqual(await listIds(storage, { q: 'whale' }), [first, third]);
      const [fourth] = await keepTexts(storage, ['whale']);
      await storage.delete('home', fourth!);
      await storage.delete('home', first!);
      assert.deepEqual(await listIds(storage, { q: 'whale' }), [third]);
    });

    it('finds what an earlier process kept', async (t) => {
      const { storage, openAgain } = await makeStore(t, open);
      const ids = await keepTexts(
        storage,
        Array.from({ length: 100 }, () => 'whale'),
      );
      await storage.close();
      assert.deepEqual(await listIds(await openAgain(), { q: 'whale' }), ids);
    });
  });
}
