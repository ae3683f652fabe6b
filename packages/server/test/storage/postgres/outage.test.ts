// A database that goes away and comes back: nothing that was acknowledged is lost, nothing crashes, and the store says
// what it can do meanwhile.

import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { openPostgresStorage, type PostgresStorageOptions } from '../../../src/storage/postgres/storage.ts';
import { StorageError, type Storage } from '../../../src/storage/storage.ts';
import { send, startServer, upstreamAt } from '../../start-server.ts';
import { answerPlainly, startUpstream } from '../../start-upstream.ts';
import { listIds } from '../list-ids.ts';
import { makeRecord } from '../make-record.ts';
import { assertKept } from '../test-records.ts';
import { findBinaries, makeServer, type PostgresServer } from './server.ts';
import { run } from './stores.ts';

const ASK = { model: 'small', messages: [{ role: 'user', content: 'Hi.' }] };
const KEEP = { ...ASK, store: true };

const binaries = findBinaries();
/** A server that these tests may stop, whatever others are tested on. */
const skip = binaries === undefined && `no PostgreSQL for ${process.platform}-${process.arch} on npm`;

async function becomes(storage: Storage, available: boolean): Promise<void> {
  const signal = AbortSignal.timeout(20_000);
  while (storage.available !== available) await sleep(20, undefined, { signal });
}

describe('a PostgreSQL server', { skip }, () => {
  let server: PostgresServer;
  let schemas = 0;
  before(async () => {
    server = await makeServer(binaries ?? '');
  });
  after(() => server.remove());

  async function makeUrl(): Promise<string> {
    const schema = `store_${(schemas += 1)}`;
    await run(server.url, `CREATE SCHEMA ${schema}`);
    return `${server.url}?options=-csearch_path%3D${schema}`;
  }

  async function open(t: TestContext, url: string, options?: PostgresStorageOptions): Promise<Storage> {
    const storage = await openPostgresStorage(url, options);
    t.after(() => storage.close());
    return storage;
  }

  for (const mode of ['fast', 'immediate'] as const) {
    it(`that is restarted under load (${mode}) costs no record, acknowledged or under way`, async (t) => {
      const url = await makeUrl();
      const stores = [
        await open(t, url, { patienceMs: 30_000 }),
        await open(t, url, { patienceMs: 30_000 }),
      ] as const;
      const acknowledged: string[] = [];
      const ending = new AbortController();
      const write = async (storage: Storage): Promise<void> => {
        while (!ending.signal.aborted) {
          const record = makeRecord({ metadata: { topic: 'sea' } });
          await storage.insert(record);
          acknowledged.push(record.id);
        }
      };
      const writing = Promise.all(Array.from({ length: 16 }, (_, index) => write(stores[index % 2]!)));
      // Reads may fail meanwhile, but only as reads of a store fail.
      const read = async (): Promise<void> => {
        while (!ending.signal.aborted) {
          await listIds(stores[0]).catch((error) => assert.ok(error instanceof StorageError));
          await sleep(5);
        }
      };
      const reading = read();
      const untilMore = async (): Promise<void> => {
        const goal = acknowledged.length + 100;
        while (acknowledged.length < goal) await Promise.race([sleep(5), writing]);
      };
      for (let round = 0; round < 3; round++) {
        await untilMore();
        await server.stop(mode);
        await server.start();
      }
      await untilMore();
      ending.abort();
      await Promise.all([writing, reading]);

      // Each record once, though it may have been sent twice.
      const ids = await listIds(stores[1], { limit: 100_000 });
      assert.deepEqual(ids, acknowledged.toSorted());
      assert.deepEqual(await listIds(stores[1], { limit: 100_000, metadata: { topic: 'sea' } }), ids);
      assert.deepEqual([stores[0].available, stores[1].available], [true, true]);
      t.diagnostic(
        `3 restarts (${mode}) under load: ${acknowledged.length} completions acknowledged, 0 lost`,
      );
    });
  }

  it('that goes away is missed at once, and found again', async (t) => {
    const storage = await open(t, await makeUrl(), { patienceMs: 0 });
    const record = makeRecord();
    await storage.insert(record);
    await server.stop();
    // Nothing was asked.
    await becomes(storage, false);
    const results = await Promise.allSettled([
      storage.insert(makeRecord()),
      storage.get('home', record.id),
      storage.list('home', { status: 'completed', limit: 1, order: 'asc' }),
      storage.updateMetadata('home', record.id, {}),
      storage.delete('home', record.id),
    ]);
    for (const result of results) {
      assert.ok(result.status === 'rejected' && result.reason instanceof StorageError);
      assert.match(result.reason.message, /^connect E/);
    }
    assert.equal(storage.available, false);
    await server.start();
    await becomes(storage, true);
    await assertKept(storage, record);
    assert.deepEqual(await listIds(storage), [record.id]);
  });

  it('that went away is waited for by what is to be kept, but not for long', async (t) => {
    const url = await makeUrl();
    const patient = await open(t, url, { patienceMs: 60_000 });
    const hasty = await open(t, url, { patienceMs: 50 });
    await server.stop();
    const record = makeRecord();
    const waiting = patient.insert(record);
    await assert.rejects(hasty.insert(makeRecord()), StorageError);
    assert.deepEqual([patient.available, hasty.available], [false, false]);
    await server.start();
    await waiting;
    await assertKept(patient, record);
    assert.deepEqual(await listIds(patient), [record.id]);
  });

  it('that is away does not keep the store from closing', async (t) => {
    const storage = await open(t, await makeUrl(), { patienceMs: 100 });
    await server.stop();
    const insert = storage.insert(makeRecord());
    const closed = storage.close();
    await assert.rejects(insert, StorageError);
    await closed;
    assert.equal(storage.available, false);
    await server.start();
  });

  it('that is away costs no answer but of those who asked for durability', async (t) => {
    const upstream = await startUpstream(t, answerPlainly());
    const { url, context } = await startServer(t, {
      storeUrl: await makeUrl(),
      upstreams: [upstreamAt(upstream.baseURL)],
    });
    const completions = `${url}/v1/chat/completions`;
    const { id } = (await send(completions, { body: KEEP })).json;
    await server.stop();
    await becomes(context.storage, false);
    const asked = upstream.requests.length;
    const refused = await send(completions, { body: KEEP });
    assert.deepEqual([refused.status, refused.json.error.code], [503, 'store_unavailable']);
    assert.equal(upstream.requests.length, asked);
    assert.equal((await send(completions, { body: ASK })).status, 200);
    for (const path of ['', `/${id}`, `/${id}/messages`]) {
      const { status, json } = await send(`${completions}${path}`);
      assert.deepEqual([status, json.error.code], [503, 'store_unavailable']);
    }
    assert.deepEqual((await send(`${url}/healthz`)).json, { status: 'ok', store: 'unavailable' });

    await server.start();
    await becomes(context.storage, true);
    assert.equal((await send(`${completions}/${id}`)).json.id, id);
    assert.equal((await send(completions, { body: KEEP })).status, 200);
  });

  it('that wants a password says whose was wrong, and not what it was', async () => {
    await run(server.url, "CREATE ROLE guest LOGIN SUPERUSER PASSWORD 'guest'");
    const url = new URL(await makeUrl());
    url.username = 'guest';
    for (const [password, reason] of [
      ['secret', 'password authentication failed for user "guest"'],
      ['', 'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'],
    ] as const) {
      url.password = password;
      await assert.rejects(openPostgresStorage(url.href), {
        name: 'StorageError',
        message: `postgres://guest@${url.host}/postgres: ${reason}`,
      });
    }
    url.password = 'guest';
    await (await openPostgresStorage(url.href)).close();
  });
});
