import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { mintCompletionId } from '../../src/completion-id.ts';
import { StorageError, type CompletionRecord, type Storage } from '../../src/storage/storage.ts';
import { makeRecord, toBytes, withoutRequest } from './make-record.ts';
import { makeStore, type OpenStorage } from './make-store.ts';

const MEGABYTE = 1_048_576;

/** Any characters, NUL included, but no half of a surrogate pair. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary-ascii', maxLength: 40 }),
);
const count = fc.option(fc.maxSafeNat());

export async function assertKept(storage: Storage, record: CompletionRecord): Promise<void> {
  const { project, id, request } = record;
  assert.deepEqual(await storage.get(project, id), withoutRequest(record));
  assert.deepEqual(await storage.getRequest(project, id), request);
}

export function testRecords(open: OpenStorage): void {
  describe('a record', () => {
    it('comes back as it was kept', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeRecord({ metadata: { topic: 'sea', mood: 'calm' } });
      await storage.insert(record);
      await assertKept(storage, record);
    });

    it('comes back with null where its upstream said nothing', async (t) => {
      const { storage } = await makeStore(t, open);
      const usage = {
        promptTokens: null,
        completionTokens: null,
        cachedTokens: null,
        reasoningTokens: null,
      };
      const record = makeRecord({ upstreamId: null, firstByteMs: null, usage });
      await storage.insert(record);
      await assertKept(storage, record);
    });

    it('is undefined if it was never kept', async (t) => {
      const { storage } = await makeStore(t, open);
      await storage.insert(makeRecord());
      assert.equal(await storage.get('home', mintCompletionId()), undefined);
      assert.equal(await storage.getRequest('home', mintCompletionId()), undefined);
    });

    it('keeps JSON that no parser could repeat', async (t) => {
      const { storage } = await makeStore(t, open);
      const json = toBytes(
        String.raw`{ "n": 9007199254740993, "f": 1.0, "e": 1E400, "z": -0, "n" :1, "\u0061": "\ud800", "é": "\/ \u00e9 😀" }`,
      );
      const record = makeRecord({ request: json, response: json, parameters: json });
      await storage.insert(record);
      await assertKept(storage, record);
    });

    it('keeps every byte', async (t) => {
      const { storage } = await makeStore(t, open);
      const bytes = fc.uint8Array({ maxLength: 2000 });
      await fc.assert(
        fc.asyncProperty(bytes, bytes, bytes, async (request, response, parameters) => {
          const record = makeRecord({ request, response, parameters });
          await storage.insert(record);
          await assertKept(storage, record);
        }),
      );
    });

    it('keeps only its own part of a larger buffer', async (t) => {
      const { storage } = await makeStore(t, open);
      const whole = Buffer.from('secret{"a":1}secret');
      const record = makeRecord({ request: whole.subarray(6, 13), response: whole.subarray(6, 13) });
      await storage.insert(record);
      const expected = toBytes('{"a":1}');
      await assertKept(storage, { ...record, request: expected, response: expected });
    });

    it('keeps names, labels and counts of any kind', async (t) => {
      const { storage } = await makeStore(t, open);
      const changes = fc.record({
        project: text,
        status: fc.constantFrom('completed', 'interrupted', 'failed'),
        requestedModel: text,
        model: text,
        upstream: text,
        upstreamId: fc.option(text),
        requestId: text,
        metadata: fc.dictionary(text, text, { maxKeys: 16, noNullPrototype: true }),
        usage: fc.record(
          { promptTokens: count, completionTokens: count, cachedTokens: count, reasoningTokens: count },
          { noNullPrototype: true },
        ),
        firstByteMs: count,
        totalMs: fc.maxSafeNat(),
      });
      await fc.assert(
        fc.asyncProperty(changes, async (given) => {
          const record = makeRecord(given);
          await storage.insert(record);
          await assertKept(storage, record);
        }),
      );
    });

    it('may hold halves of surrogate pairs, which JSON can spell', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeRecord({
        requestedModel: '\ud800',
        model: '\ud801',
        metadata: { '\ud800': '\udc00', '\ud801': '\udc00' },
      });
      await storage.insert(record);
      assert.deepEqual((await storage.get('home', record.id))?.metadata, record.metadata);
      const metadata = { '\ud802': '\udc00', '\ud803': '\udc00' };
      await storage.updateMetadata('home', record.id, metadata);
      assert.deepEqual((await storage.get('home', record.id))?.metadata, metadata);
      assert.equal(await storage.delete('home', record.id), true);
    });

    it('keeps labels apart that the JSON parser of Node mixes up (nodejs/node#63785)', async (t) => {
      const { storage } = await makeStore(t, open);
      for (const key of ['\\', '"', '\n', 'a\\', 'a"', 'a\\"']) {
        const record = makeRecord({ metadata: { before: '', [key]: '' } });
        await storage.insert(record);
        await assertKept(storage, record);
        const metadata = { behind: '', [key]: '' };
        await storage.updateMetadata('home', record.id, metadata);
        await assertKept(storage, { ...record, metadata });
      }
    });

    it('may be large', async (t) => {
      const { storage } = await makeStore(t, open);
      const request = Buffer.alloc(5 * MEGABYTE, 'question ');
      const response = Buffer.alloc(5 * MEGABYTE, 'answer ');
      const record = makeRecord({ request, response });
      await storage.insert(record);
      assert.ok(request.equals((await storage.getRequest('home', record.id)) ?? toBytes('')));
      assert.ok(response.equals((await storage.get('home', record.id))?.response ?? toBytes('')));
    });
  });

  describe('an id that is taken', () => {
    it('is refused, and the first record stays', async (t) => {
      const { storage } = await makeStore(t, open);
      const first = makeRecord({ metadata: { turn: 'first' } });
      await storage.insert(first);
      const second = makeRecord({ id: first.id, metadata: { turn: 'second' }, response: toBytes('{}') });
      await assert.rejects(storage.insert(second), StorageError);
      await assertKept(storage, first);
      const page = await storage.list('home', {
        status: 'completed',
        metadata: { turn: 'second' },
        limit: 9,
        order: 'asc',
      });
      assert.deepEqual(page, { completions: [], hasMore: false });
    });

    it('is the fault of the record, not of the store', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeRecord();
      await storage.insert(record);
      await assert.rejects(storage.insert(record), StorageError);
      assert.equal(storage.available, true);
      await storage.insert(makeRecord());
    });

    it('is free again after its record was deleted', async (t) => {
      const { storage } = await makeStore(t, open);
      const record = makeRecord({ metadata: { topic: 'sea' } });
      await storage.insert(record);
      await storage.delete('home', record.id);
      await storage.insert(record);
      await assertKept(storage, record);
    });
  });
}
