// What is under way when a server is killed, on every adapter. The servers are processes of their own on one store.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { mintCompletionId } from '../../src/completion-id.ts';
import { readNotes, writeAsked } from '../../src/gateway/journal-notes.ts';
import { Recovery, type RecoveryLog } from '../../src/recovery/recovery.ts';
import { StorageError, type CompletionStatus, type Storage } from '../../src/storage/storage.ts';
import { makeFolder } from '../make-folder.ts';
import { post, send } from '../start-server.ts';
import { chunk, startStream, startUpstream } from '../start-upstream.ts';
import { toBytes } from '../storage/make-record.ts';

const SCRIPT = fileURLToPath(new URL('./serve-until-killed.ts', import.meta.url));

/** A process is taken for dead after fifty of them. */
const TICK_MS = 10;

const ASK = {
  model: 'small',
  messages: [{ role: 'user', content: 'Where do whales sleep?' }],
  metadata: { topic: 'sea' },
  store: true,
  temperature: 0.5,
};

const DONE = 'data: [DONE]\n\n';

interface Place {
  /** As `serve-until-killed.ts` takes it. */
  readonly place: string;
  /** The same store, for the test to look into. */
  readonly storage: Storage;
}

/** Makes a store. */
export type OpenPlace = (folder: string) => Promise<Place>;

interface Served {
  /** Of the operations. */
  readonly url: string;
  readonly process: ChildProcess;
  kill(): Promise<void>;
}

/** An upstream that leaves its answers to the test, in the order in which they are asked for. */
interface Setup extends Place {
  readonly answers: ServerResponse[];
  serve(): Promise<Served>;
}

async function setUp(t: TestContext, open: OpenPlace): Promise<Setup> {
  const answers: ServerResponse[] = [];
  const upstream = await startUpstream(t, (response) => answers.push(response));
  const opened = await openStore(t, open);
  return { ...opened, answers, serve: () => serve(t, opened.place, upstream.baseURL) };
}

async function serve(t: TestContext, place: string, upstream: string): Promise<Served> {
  const args = ['--conditions=@colloquy/source', SCRIPT, place, upstream, String(TICK_MS)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  t.after(kill);
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { url: `${line}/v1/chat/completions`, process: child, kill };
}

/** Asks again until it is so. */
async function until<T>(ask: () => Promise<T> | T, isSo: (value: T) => boolean): Promise<T> {
  const signal = AbortSignal.timeout(30_000);
  for (;;) {
    const value = await ask();
    if (isSo(value)) return value;
    await sleep(10, undefined, { signal });
  }
}

/** Begins a stream of which nobody waits for the end; its answer is the last one. */
async function begin({ answers }: Setup, { url }: Served, body: object = {}): Promise<ServerResponse> {
  const { length } = answers;
  post(url, { ...ASK, stream: true, ...body })
    .then(
      (response) => response.text(),
      () => undefined,
    )
    .catch(() => undefined);
  await until(
    () => answers.length,
    (count) => count > length,
  );
  return answers.at(-1)!;
}

/** What the notes in the store say of the answers, by id. */
async function readNoted({ storage }: Place): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { name } of await storage.listNoters()) {
    let noted = await storage.getNoted(name, '');
    for (; noted !== undefined; noted = await storage.getNoted(name, noted.id)) {
      found.set(noted.id, Buffer.concat(readNotes(noted).parts).toString());
    }
  }
  return found;
}

async function untilNoted(setup: Setup, text: string): Promise<void> {
  await until(
    () => readNoted(setup),
    (noted) => [...noted.values()].some((each) => each.includes(text)),
  );
}

async function list({ url }: Served, status: CompletionStatus): Promise<any[]> {
  return (await send(`${url}?status=${status}`)).json.data;
}

function untilListed(served: Served, status: CompletionStatus, count: number): Promise<any[]> {
  return until(
    () => list(served, status),
    ({ length }) => length === count,
  );
}

export function testRecovery(open: OpenPlace): void {
  describe('a server that is killed', () => {
    it('leaves a stream as interrupted, with what had come', async (t) => {
      const setup = await setUp(t, open);
      const killed = await setup.serve();
      const answer = await begin(setup, killed);
      startStream(answer);
      const [first, second] = [chunk({ role: 'assistant', content: 'In 🐋 the ' }), chunk({ content: 'se' })];
      // A piece ends within a character, and is noted so.
      const bytes = Buffer.from(first);
      const middle = bytes.indexOf(Buffer.from('🐋')) + 2;
      answer.write(bytes.subarray(0, middle));
      await untilNoted(setup, '"content":"In ');
      answer.write(bytes.subarray(middle));
      await untilNoted(setup, '🐋 the');
      answer.write(second);
      await untilNoted(setup, '"se"');
      answer.write('data: {"choices":[{"index":0,"delta":{"content":"never whole');
      await untilNoted(setup, 'never whole');
      await killed.kill();

      const next = await setup.serve();
      const [kept] = await untilListed(next, 'interrupted', 1);
      assert.deepEqual(await list(next, 'completed'), []);
      const { json } = await send(`${next.url}/${kept.id}`);
      assert.deepEqual(
        [json.status, json.choices[0].message.content, json.choices[0].finish_reason, json.error.code],
        ['interrupted', 'In 🐋 the se', null, 'server_ended'],
      );
      assert.deepEqual(
        [json.metadata, json.temperature, json.model],
        [{ topic: 'sea' }, 0.5, 'small-2024-01-01'],
      );
      const messages = await send(`${next.url}/${kept.id}/messages`);
      assert.equal(messages.json.data[0].content, 'Where do whales sleep?');
      assert.equal((await send(`${next.url}?status=interrupted&q=whales`)).json.data.length, 1);
      assert.equal((await readNoted(setup)).size, 0);
      const found = await setup.storage.get('default', kept.id);
      assert.ok(found && found.upstream === 'upstream' && found.upstreamId !== null);
      assert.ok(found.firstByteMs !== null && found.totalMs >= found.firstByteMs);
    });

    it('leaves as interrupted what had not begun to be answered, plain or not', async (t) => {
      const setup = await setUp(t, open);
      const killed = await setup.serve();
      await begin(setup, killed, { stream: false });
      await begin(setup, killed);
      await until(
        () => readNoted(setup),
        ({ size }) => size === 2,
      );
      await killed.kill();
      const next = await setup.serve();
      for (const kept of await untilListed(next, 'interrupted', 2)) {
        assert.deepEqual([kept.choices, kept.error.code, kept.model], [[], 'server_ended', 'small']);
        assert.equal((await send(`${next.url}/${kept.id}/messages`)).json.data.length, 1);
        assert.equal((await setup.storage.get('default', kept.id))?.firstByteMs, null);
      }
    });

    it('takes none of the others with it, which keep once what it left', async (t) => {
      const setup = await setUp(t, open);
      const [killed, other, third] = await Promise.all([setup.serve(), setup.serve(), setup.serve()]);
      const lost = await begin(setup, killed);
      const whole = send(other.url, { body: { ...ASK, stream: true } });
      await until(
        () => setup.answers.length,
        (count) => count === 2,
      );
      const goesOn = setup.answers[1]!;
      for (const [answer, content] of [
        [lost, 'lost '],
        [goesOn, 'one '],
      ] as const) {
        startStream(answer);
        answer.write(chunk({ role: 'assistant', content }));
      }
      await untilNoted(setup, 'lost ');
      await untilNoted(setup, 'one ');
      await killed.kill();
      const readTexts = async (status: CompletionStatus): Promise<string[]> => {
        const found = await list(third, status);
        return found.map(({ choices }) => choices[0].message.content);
      };
      await until(
        () => readTexts('interrupted'),
        (texts) => texts.includes('lost '),
      );
      goesOn.end(`${chunk({ content: 'two' }, 'stop')}${DONE}`);
      assert.ok((await whole).text.endsWith(DONE));
      assert.deepEqual(await readTexts('completed'), ['one two']);
      assert.deepEqual(await readTexts('interrupted'), ['lost ']);
    });

    it('in the eyes of another but lives, completes what it has under way', async (t) => {
      const setup = await setUp(t, open);
      const stopped = await setup.serve();
      const whole = send(stopped.url, {
        body: { ...ASK, stream: true },
        headers: { 'idempotency-key': 'k' },
      });
      await until(
        () => setup.answers.length,
        (count) => count === 1,
      );
      const [answer] = setup.answers;
      startStream(answer!);
      answer!.write(chunk({ role: 'assistant', content: 'one ' }));
      await untilNoted(setup, 'one ');
      stopped.process.kill('SIGSTOP');
      const other = await setup.serve();
      const [early] = await untilListed(other, 'interrupted', 1);
      assert.equal(early.choices[0].message.content, 'one ');
      stopped.process.kill('SIGCONT');
      answer!.end(`${chunk({ content: 'two' }, 'stop')}${DONE}`);
      const { text } = await whole;
      assert.ok(text.endsWith(DONE));
      const [completed] = await untilListed(other, 'completed', 1);
      assert.equal(completed.id, early.id);
      assert.equal(completed.choices[0].message.content, 'one two');
      assert.deepEqual(await list(other, 'interrupted'), []);
      const again = await send(other.url, {
        body: { ...ASK, stream: true },
        headers: { 'idempotency-key': 'k' },
      });
      assert.ok(again.text.includes(early.id) && again.text.endsWith(DONE));
    });
  });

  describe('a server that is killed while it keeps what another left', () => {
    it('leaves the rest to the next, and nothing is kept twice or not at all', async (t) => {
      const setup = await setUp(t, open);
      const ids = Array.from({ length: 300 }, () => mintCompletionId());
      for (let start = 0; start < ids.length; start += 50) {
        await note(setup.storage, 'still', 1, ...ids.slice(start, start + 50));
      }
      const killed = await setup.serve();
      await until(
        () => countKept(setup.storage),
        (count) => count > 100,
      );
      await killed.kill();
      t.diagnostic(`killed when ${await countKept(setup.storage)} of ${ids.length} were kept`);
      await setup.serve();
      await until(
        () => setup.storage.listNoters(),
        (noters) => noters.length === 0,
      );
      assert.equal(await countKept(setup.storage), ids.length);
      for (const id of ids) assert.equal((await setup.storage.get('home', id))?.status, 'interrupted');
    });
  });

  describe('a sweep', () => {
    it('keeps what those have noted whose beat stands still, and nothing of the others or its own', async (t) => {
      const { storage } = await openStore(t, open);
      const { recovery, lines } = makeRecovery(storage);
      const [own, still, alive] = [mintCompletionId(), mintCompletionId(), mintCompletionId()];
      await note(storage, 'own', 1, own);
      await note(storage, 'still', 1, still, mintCompletionId());
      await note(storage, 'alive', 1, alive);
      await recovery.sweep();
      assert.equal((await listTexts(storage)).length, 0);
      await note(storage, 'alive', 2);
      await recovery.sweep();
      assert.deepEqual(await listTexts(storage), ['Hello', 'Hello']);
      assert.deepEqual(lines, [
        'kept as interrupted what a process that ended had under way {"recovered":2}',
      ]);
      assert.equal((await storage.get('home', still))?.status, 'interrupted');
      const names = (await storage.listNoters()).map(({ name }) => name);
      assert.deepEqual(names.toSorted(), ['alive', 'own']);
      await recovery.sweep();
      assert.equal((await storage.get('home', alive))?.status, 'interrupted');
      assert.equal(await storage.get('home', own), undefined);
    });

    it('keeps each once, with others at the same time', async (t) => {
      const { storage } = await openStore(t, open);
      const ids = Array.from({ length: 20 }, () => mintCompletionId());
      await note(storage, 'still', 1, ...ids);
      const recoveries = [1, 2, 3].map(() => makeRecovery(storage));
      for (let turn = 0; turn < 2; turn += 1)
        await Promise.all(recoveries.map(({ recovery }) => recovery.sweep()));
      assert.equal((await listTexts(storage)).length, ids.length);
      assert.deepEqual(await storage.listNoters(), []);
    });

    it('goes on the next time where it was stopped by trouble, which it tells once', async (t) => {
      const { storage } = await openStore(t, open);
      await note(storage, 'still', 1, mintCompletionId(), mintCompletionId());
      const { recovery, lines } = makeRecovery(storage);
      const failing = t.mock.method(storage, 'recover', () => Promise.reject(new StorageError('no')));
      for (let turn = 0; turn < 3; turn += 1) await recovery.sweep();
      assert.deepEqual(lines, ['what a process that ended had under way could not be kept yet']);
      failing.mock.restore();
      await recovery.sweep();
      assert.equal((await listTexts(storage)).length, 2);
    });
  });
}

async function openStore(t: TestContext, open: OpenPlace): Promise<Place> {
  const opened = await open(await makeFolder(t));
  t.after(() => opened.storage.close());
  return opened;
}

/** Of a process that has the name `own`. Nothing is done but when it is asked for. */
function makeRecovery(storage: Storage): { recovery: Recovery; lines: string[] } {
  const lines: string[] = [];
  const log: RecoveryLog = {
    info: (details, message) => lines.push(`${message} ${JSON.stringify(details)}`),
    warn: (_details, message) => lines.push(message),
  };
  return { recovery: new Recovery(storage, { name: 'own', silenceMs: 1000 }, log), lines };
}

/** Notes streams in which "Hello" has come. */
async function note(storage: Storage, name: string, beat: number, ...ids: readonly string[]): Promise<void> {
  const known = { requestedModel: 'small', requestId: 'req_1', metadata: {} };
  const [request, part] = ['{"model":"small"}', chunk({ content: 'Hello' })].map(toBytes);
  const notes = ids.flatMap((id) =>
    [...writeAsked({ ...known, project: 'home', id, request: request! }), part!].map((bytes, number) => ({
      project: 'home',
      id,
      number,
      bytes,
      upstream: 'local',
      firstByteMs: 1,
      totalMs: 2,
    })),
  );
  await storage.note({ noter: { name, beat }, notes, dropped: [] });
}

async function countKept(storage: Storage): Promise<number> {
  return (await storage.listLabels('home', { status: 'interrupted', limit: 1000, order: 'asc' })).length;
}

/** What was recovered. */
async function listTexts(storage: Storage): Promise<unknown[]> {
  const page = await storage.list('home', { status: 'interrupted', limit: 100, order: 'asc' });
  return page.completions.map(
    ({ response }) => JSON.parse(Buffer.from(response).toString()).choices[0].message.content,
  );
}
