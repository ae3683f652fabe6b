import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { readNotes } from '../../src/gateway/journal-notes.ts';
import { openPostgresStorage } from '../../src/storage/postgres/storage.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/storage.ts';
import { StorageError } from '../../src/storage/storage.ts';
import { send, startServer, upstreamAt, type TestServer } from '../start-server.ts';
import { chunk, startStream, startUpstream } from '../start-upstream.ts';
import { describeOnDatabase } from '../storage/postgres/stores.ts';
import { testRecovery } from './test-recovery.ts';

describe('on SQLite', { concurrency: 2 }, () =>
  testRecovery(async (folder) => ({
    place: folder,
    storage: await openSqliteStorage(join(folder, 'colloquy.db')),
  })),
);

await describeOnDatabase('on PostgreSQL', (database) =>
  testRecovery(async () => {
    const url = await database.makeSchema();
    return { place: url, storage: await openPostgresStorage(url) };
  }),
);

/** Of which nobody waits for long. */
const TICK_MS = 5;

interface Slow {
  readonly server: TestServer;
  readonly answer: ServerResponse;
  readonly whole: ReturnType<typeof send>;
}

/** A server that is asked for a stream, whose beginning has come. */
async function askSlowly(t: TestContext, prepare: (server: TestServer) => void = () => {}): Promise<Slow> {
  const asked = Promise.withResolvers<ServerResponse>();
  const upstream = await startUpstream(t, asked.resolve);
  const server = await startServer(t, { upstreams: [upstreamAt(upstream.baseURL)] }, { tickMs: TICK_MS });
  prepare(server);
  const whole = send(`${server.baseURL}/chat/completions`, {
    body: { model: 'small', messages: [{ role: 'user', content: 'Hi' }], store: true, stream: true },
  });
  const answer = await asked.promise;
  startStream(answer);
  answer.write(chunk({ role: 'assistant', content: 'one ' }));
  return { server, answer, whole };
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  while (!(await isSo())) await sleep(5, undefined, { signal });
}

describe('a server', () => {
  it('answers, and keeps the answer, although nothing of it can be noted', async (t) => {
    let tries = 0;
    const { server, answer, whole } = await askSlowly(t, ({ context }) => {
      t.mock.method(context.storage, 'note', () => {
        tries += 1;
        return Promise.reject(new StorageError('no'));
      });
    });
    await until(() => tries > 1);
    answer.end(`${chunk({ content: 'two' }, 'stop')}data: [DONE]\n\n`);
    assert.ok((await whole).text.endsWith('data: [DONE]\n\n'));
    const { json } = await send(`${server.baseURL}/chat/completions`);
    assert.equal(json.data[0].choices[0].message.content, 'one two');
  });

  it('that is stopped leaves nothing to be recovered', async (t) => {
    const { server, whole } = await askSlowly(t);
    const { storage, gateway, journal } = server.context;
    await until(async () => {
      const noted = await storage.getNoted(journal.name, '');
      return noted !== undefined && readNotes(noted).parts.length > 0;
    });
    gateway.abortAll();
    assert.match((await whole).text, /"code":"server_stopping"/);
    await gateway.settled();
    assert.equal(await storage.getNoted(journal.name, ''), undefined);
    await journal.close();
    assert.deepEqual(await storage.listNoters(), []);
    const { json } = await send(`${server.baseURL}/chat/completions?status=interrupted`);
    assert.equal(json.data[0].error.code, 'server_stopping');
  });

  it('whose request comes to nothing leaves no notes', async (t) => {
    const { server, answer, whole } = await askSlowly(t, ({ context }) => {
      t.mock.method(context.storage, 'insert', () => Promise.resolve(false));
    });
    const { storage, journal } = server.context;
    await until(async () => (await storage.getNoted(journal.name, '')) !== undefined);
    answer.end(`${chunk({ content: 'two' }, 'stop')}data: [DONE]\n\n`);
    assert.match((await whole).text, /"idempotency_key_in_use"/);
    await until(async () => (await storage.getNoted(journal.name, '')) === undefined);
  });
});
