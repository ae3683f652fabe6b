// Whatever is done in whatever order, a store behaves like a plain map.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Metadata } from '@colloquy/client/contract';
import fc from 'fast-check';

import { readMintedAtMs } from '../../src/completion-id.ts';
import {
  StorageError,
  type CompletionRecord,
  type ListPage,
  type ListQuery,
} from '../../src/storage/storage.ts';
import { makeIdOf, makeRecord, withoutRequest } from './make-record.ts';
import { makeStore, type OpenStorage } from './make-store.ts';

/** Few of each, so that they meet often. */
const TIMES = [1_800_000_000_000, 1_800_000_000_001, 1_800_000_000_002];
const IDS = TIMES.flatMap((ms) => [makeIdOf(ms, 1), makeIdOf(ms, 2)]);
const id = fc.constantFrom(...IDS);
const time = fc.constantFrom(...TIMES, 0);
const project = fc.constantFrom('a', 'b');
const model = fc.constantFrom('m', 'M', 'm-2');
const status = fc.constantFrom('completed' as const, 'completed' as const, 'failed' as const);
const metadata: fc.Arbitrary<Metadata> = fc.dictionary(
  fc.constantFrom('k', 'K', 'model', 'metadata.k', 'k.k'),
  fc.constantFrom('v', 'V', 'v ', ''),
  { maxKeys: 3, noNullPrototype: true },
);

const operation = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('insert' as const),
      project,
      record: fc.record({ id, status, model, requestedModel: model, metadata }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('update' as const), project, id, metadata }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), project, id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('get' as const), project, id }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('list' as const),
      project,
      query: fc.record(
        {
          status,
          model,
          metadata,
          after: id,
          createdAfterMs: time,
          createdBeforeMs: time,
          limit: fc.integer({ min: 1, max: 6 }),
          order: fc.constantFrom('asc', 'desc'),
        },
        { requiredKeys: ['status', 'limit', 'order'] },
      ),
    }),
  },
);

class MapOfRecords {
  readonly #records = new Map<string, CompletionRecord>();

  get(owner: string, key: string): CompletionRecord | undefined {
    return this.#records.get(`${owner} ${key}`);
  }

  set(record: CompletionRecord): void {
    this.#records.set(`${record.project} ${record.id}`, record);
  }

  delete(owner: string, key: string): boolean {
    return this.#records.delete(`${owner} ${key}`);
  }

  list(owner: string, query: ListQuery): ListPage {
    const sign = query.order === 'asc' ? 1 : -1;
    const compare = (a: string, b: string): number => (a < b ? -sign : Number(a > b) * sign);
    const found = [...this.#records.values()]
      .filter((record) => record.project === owner && record.status === query.status)
      .filter(
        (record) => query.model === undefined || [record.model, record.requestedModel].includes(query.model),
      )
      .filter((record) =>
        Object.entries(query.metadata ?? {}).every(([key, value]) => record.metadata[key] === value),
      )
      .filter((record) => query.after === undefined || compare(record.id, query.after) > 0)
      .filter(({ id: key }) => (query.createdAfterMs ?? 0) <= readMintedAtMs(key))
      .filter(({ id: key }) => (query.createdBeforeMs ?? Infinity) > readMintedAtMs(key))
      .sort((a, b) => compare(a.id, b.id));
    return {
      completions: found.slice(0, query.limit).map(withoutRequest),
      hasMore: found.length > query.limit,
    };
  }
}

export function testModel(open: OpenStorage): void {
  describe('any sequence of calls', () => {
    it('does to the store what it would do to a map', async (t) => {
      const { storage } = await makeStore(t, open);
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 30 }), async (operations) => {
          const run = (runs += 1);
          const map = new MapOfRecords();
          for (const given of operations) {
            // Projects of its own for each run: the store need not be emptied.
            const owner = `${given.project}${run}`;
            switch (given.kind) {
              case 'insert': {
                const record = makeRecord({ ...given.record, project: owner });
                if (map.get(owner, record.id) === undefined) {
                  await storage.insert(record);
                  map.set(record);
                } else {
                  await assert.rejects(storage.insert(record), StorageError);
                }
                break;
              }
              case 'update': {
                const before = map.get(owner, given.id);
                const after = before && { ...before, metadata: given.metadata };
                if (after !== undefined) map.set(after);
                const expected = after && withoutRequest(after);
                assert.deepEqual(await storage.updateMetadata(owner, given.id, given.metadata), expected);
                break;
              }
              case 'delete':
                assert.equal(await storage.delete(owner, given.id), map.delete(owner, given.id));
                break;
              case 'get': {
                const record = map.get(owner, given.id);
                assert.deepEqual(await storage.get(owner, given.id), record && withoutRequest(record));
                assert.deepEqual(await storage.getRequest(owner, given.id), record?.request);
                break;
              }
              case 'list':
                assert.deepEqual(await storage.list(owner, given.query), map.list(owner, given.query));
                break;
            }
          }
          assert.equal(storage.available, true);
        }),
      );
    });
  });
}
