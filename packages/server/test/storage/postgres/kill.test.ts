// A database whose first process is killed by force, as by a kernel that is short of memory, again and again: what was
// acknowledged is there, each once, and what was refused is there whole or not at all.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { DEFAULT_PROJECT } from '../../../src/middleware/access.ts';
import { openPostgresStorage } from '../../../src/storage/postgres/storage.ts';
import { verifyDatabase } from '../../../src/storage/postgres/verify.ts';
import { readMetadata } from '../../../src/storage/spell-metadata.ts';
import { StorageError, type CompletionRecord, type Storage } from '../../../src/storage/storage.ts';
import { send, startServer, upstreamAt } from '../../start-server.ts';
import { answerPlainly, startUpstream } from '../../start-upstream.ts';
import { makeRecord } from '../make-record.ts';
import { assertKept } from '../test-records.ts';
import { findBinaries, makeServer } from './server.ts';
import { run } from './stores.ts';

const KILLS = 5;
/** Of each kind. */
const CALLERS = 8;
/** How many calls of each kind are told so between two kills, at least. */
const CALLS = { acknowledged: 50, refused: 5 };
/** Whoever is refused asks again after this time. */
const PAUSE_MS = 20;

const binaries = findBinaries();
const skip = binaries === undefined && `no PostgreSQL for ${process.platform}-${process.arch} on npm`;

/** What callers of one kind asked for, by the label of each call, and what they were told. */
class Calls<T> {
  readonly acknowledged = new Map<string, T>();
  readonly refused = new Map<string, T>();
  asked = 0;

  /** `ask` returns what the store is to hold, and whether it was acknowledged. */
  async repeat(
    kind: string,
    ending: AbortSignal,
    ask: (call: string) => Promise<readonly [kept: T, isAcknowledged: boolean]>,
  ): Promise<void> {
    while (!ending.aborted) {
      const call = `${kind} ${(this.asked += 1)}`;
      const [kept, isAcknowledged] = await ask(call);
      (isAcknowledged ? this.acknowledged : this.refused).set(call, kept);
      if (!isAcknowledged) await sleep(PAUSE_MS);
    }
  }
}

/** The callers of a server. One that is refused is told why. */
function askServer(url: string): (call: string) => Promise<readonly [answer: string, boolean]> {
  return async (call) => {
    const messages = [{ role: 'user', content: call }];
    const { status, text, json } = await send(`${url}/v1/chat/completions`, {
      body: { model: 'small', messages, store: true, metadata: { call } },
    });
    if (status !== 200) assert.deepEqual([status, json.error.code], [503, 'store_unavailable']);
    return [text, status === 200];
  };
}

/** The callers of a store that waits for nothing: what they are refused may have been committed. */
function insertInto(storage: Storage): (call: string) => Promise<readonly [CompletionRecord, boolean]> {
  return async (call) => {
    const record = makeRecord({ metadata: { call } });
    try {
      return [record, await storage.insert(record)];
    } catch (error) {
      assert.ok(error instanceof StorageError);
      return [record, false];
    }
  };
}

describe('a PostgreSQL server whose first process is killed', { skip }, () => {
  it('has what it acknowledged, each once, and serves again those who waited', async (t) => {
    const server = await makeServer(binaries ?? '', []);
    t.after(() => server.remove());
    const upstream = await startUpstream(t, answerPlainly());
    const { url, context } = await startServer(t, {
      storeUrl: server.url,
      upstreams: [upstreamAt(upstream.baseURL)],
    });
    const hasty = await openPostgresStorage(server.url, { patienceMs: 0 });
    t.after(() => hasty.close());

    const [answers, records] = [new Calls<string>(), new Calls<CompletionRecord>()];
    const kinds = [answers, records];
    const ending = new AbortController();
    const calling = Promise.all(
      Array.from({ length: CALLERS }, () => [
        answers.repeat('answer', ending.signal, askServer(url)),
        records.repeat('record', ending.signal, insertInto(hasty)),
      ]).flat(),
    );
    const untilMore = async (told: keyof typeof CALLS): Promise<void> => {
      const goals = kinds.map((calls) => calls[told].size + CALLS[told]);
      while (kinds.some((calls, index) => calls[told].size < goals[index]!)) {
        await Promise.race([sleep(1), calling]);
      }
    };
    const readyMs: number[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      await untilMore('acknowledged');
      await server.stop('kill');
      await untilMore('refused');
      await server.start();
      const started = performance.now();
      const before = answers.acknowledged.size;
      while (answers.acknowledged.size === before) await Promise.race([sleep(1), calling]);
      readyMs.push(performance.now() - started);
    }
    await untilMore('acknowledged');
    ending.abort();
    await calling;

    assert.deepEqual([context.storage.available, hasty.available], [true, true]);
    const ids = await readIds(server.url);
    for (const calls of kinds) {
      assert.equal(calls.asked, calls.acknowledged.size + calls.refused.size);
      for (const call of calls.acknowledged.keys()) assert.ok(ids.has(call), call);
    }
    for (const [call, answer] of answers.acknowledged) {
      const id = ids.get(call)!;
      assert.equal(JSON.parse(answer).id, id);
      const { response } = (await context.storage.get(DEFAULT_PROJECT, id))!;
      assert.equal(Buffer.from(response).toString(), answer);
    }
    for (const [call, record] of [...records.acknowledged, ...records.refused]) {
      if (ids.has(call)) await assertKept(hasty, record);
    }
    const keptAll = await verifyDatabase(server.url, ({ reason }) => assert.fail(reason));
    assert.equal(keptAll, ids.size);
    const count = (told: keyof typeof CALLS) => answers[told].size + records[told].size;
    const keptButRefused = ids.size - count('acknowledged');
    readyMs.sort((a, b) => a - b);
    t.diagnostic(
      `${KILLS} kills under load: ${count('acknowledged')} completions acknowledged, 0 lost, ${count('refused')} refused, ` +
        `${keptButRefused} of them kept; ` +
        `one more kept ${readyMs[KILLS >> 1]!.toFixed(0)} ms after the restart (median; longest ${readyMs.at(-1)!.toFixed(0)} ms)`,
    );
  });
});

/** The ids of all that is kept, by the labels of their calls. Throws if there are two of one call. */
async function readIds(url: string): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const { id, metadata } of await run(url, 'SELECT id, metadata FROM completions')) {
    const { call = '' } = readMetadata(String(metadata));
    assert.ok(!ids.has(call), `${call} is there twice`);
    ids.set(call, String(id));
  }
  return ids;
}
