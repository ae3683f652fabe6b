// Which files are opened, and which are left alone.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { listFilters } from '../../../src/storage/filters.ts';
import { MIGRATIONS, applyMigrations } from '../../../src/storage/sqlite/migrate.ts';
import { openSqliteStorage } from '../../../src/storage/sqlite/storage.ts';
import { encodeText } from '../../../src/storage/sqlite/text-codec.ts';
import { StorageError, type CompletionRecord } from '../../../src/storage/storage.ts';
import { makeFolder } from '../../make-folder.ts';
import { listIds } from '../list-ids.ts';
import { makeBytes, makeImageRecord } from '../make-attachments.ts';
import { makeChat, makeIdOf, makeRecord } from '../make-record.ts';
import { assertKept } from '../test-records.ts';

const APPLICATION_ID = 0x436c7179;
const NEWEST = MIGRATIONS.length;

async function makePath(t: TestContext): Promise<string> {
  return join(await makeFolder(t), 'colloquy.db');
}

/** Makes an SQLite database without us. */
async function makeDatabase(t: TestContext, sql: string): Promise<string> {
  const path = await makePath(t);
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
  return path;
}

/** A store of ours with a few records. */
async function makeOurs(t: TestContext): Promise<string> {
  const path = await makePath(t);
  const storage = await openSqliteStorage(path);
  for (let count = 0; count < 20; count++) await storage.insert(makeRecord());
  await storage.close();
  return path;
}

/** Opening fails with one sentence that begins with the path, and neither the file nor its folder changes. */
/** What the refusals advise. */
const BACKUP = 'put a backup into its place with `colloquy restore`, or name another folder';
const FILE = 'it has to be a file, in a folder in which this user may read and write';

async function assertRefused(path: string, reason: string): Promise<void> {
  const folder = join(path, '..');
  const before = await readFolder(folder);
  await assert.rejects(openAndClose(path, 50), (error) => {
    assert.ok(error instanceof StorageError);
    assert.equal(error.message, `${path}: ${reason}`);
    return true;
  });
  assert.deepEqual(await readFolder(folder), before);
}

async function openAndClose(path: string, lockTimeoutMs: number): Promise<void> {
  const storage = await openSqliteStorage(path, { lockTimeoutMs });
  await storage.close();
}

async function readFolder(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const contents = await Promise.all(files.map(({ name }) => readFile(join(folder, name), 'base64')));
  return Object.fromEntries(files.map(({ name }, index) => [name, contents[index] ?? '']));
}

/** Overwrites bytes of a file. */
async function damage(path: string, from: number, length: number): Promise<void> {
  const bytes = await readFile(path);
  bytes.fill(0x5a, from, from + length);
  await writeFile(path, bytes);
}

function readPragma(path: string, name: string): unknown {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db.prepare(`PRAGMA ${name}`).get()?.[name];
  } finally {
    db.close();
  }
}

describe('a file of ours', () => {
  it('is marked as ours, with its schema', async (t) => {
    const path = await makeOurs(t);
    assert.equal(readPragma(path, 'application_id'), APPLICATION_ID);
    assert.equal(readPragma(path, 'user_version'), NEWEST);
    assert.equal(readPragma(path, 'integrity_check'), 'ok');
  });

  it('is made where there is none, or an empty one', async (t) => {
    const path = await makePath(t);
    await writeFile(path, '');
    const storage = await openSqliteStorage(path);
    await storage.close();
    assert.equal(readPragma(path, 'application_id'), APPLICATION_ID);
  });

  it('may be of any name', async (t) => {
    const path = join(await makeFolder(t), "it's a ünïcode file?mode=ro#%20.db");
    const storage = await openSqliteStorage(path);
    await storage.insert(makeRecord());
    await storage.close();
    assert.equal(readPragma(path, 'application_id'), APPLICATION_ID);
  });

  it('is opened while another process writes to it', async (t) => {
    const path = await makeOurs(t);
    const other = new DatabaseSync(path);
    try {
      other.exec('BEGIN IMMEDIATE');
      await openAndClose(path, 0);
    } finally {
      other.close();
    }
  });

  it('is waited for while another process makes it', async (t) => {
    const path = await makePath(t);
    const other = new DatabaseSync(path);
    try {
      other.exec('BEGIN IMMEDIATE');
      const opened = openAndClose(path, 5000);
      // Long enough to be refused at once, if it does not wait.
      await Promise.race([opened, sleep(300)]);
      other.exec('ROLLBACK');
      await opened;
    } finally {
      other.close();
    }
    assert.equal(readPragma(path, 'user_version'), NEWEST);
  });

  it('is migrated once, by the process that comes first', async (t) => {
    const path = await makePath(t);
    const first = new DatabaseSync(path);
    try {
      first.exec('PRAGMA journal_mode = WAL; BEGIN IMMEDIATE');
      applyMigrations(first, 0);
      const second = openAndClose(path, 5000);
      // Long enough for the second to find the file empty, and to wait for the lock.
      await sleep(300);
      first.exec('COMMIT');
      await second;
    } finally {
      first.close();
    }
    assert.equal(readPragma(path, 'user_version'), NEWEST);
  });
});

describe('a file of an older release', () => {
  it('has everything after it is migrated', async (t) => {
    const path = await makePath(t);
    const records = [
      makeRecord({ metadata: { topic: 'sea', mood: 'calm' } }),
      makeRecord({ metadata: { topic: 'sea' }, status: 'failed' }),
      makeRecord({ project: 'other', metadata: { topic: 'sea' }, model: 'small' }),
      // As it was kept before attachments were kept apart.
      makeImageRecord([makeBytes('image')], { project: 'images' }),
    ];
    const old = new DatabaseSync(path);
    applyMigrations(old, 0, 1);
    for (const record of records.toReversed()) insertOld(old, record);
    old.close();
    const storage = await openSqliteStorage(path);
    t.after(() => storage.close());
    for (const record of records) await assertKept(storage, record);
    const [completed, failed, foreign] = records.map(({ id }) => id);
    for (const filter of [{}, { model: 'small' }, { metadata: { topic: 'sea' }, model: 'small' }]) {
      assert.deepEqual(await listIds(storage, filter), [completed]);
      assert.deepEqual(await listIds(storage, { ...filter, status: 'failed' }), [failed]);
      assert.deepEqual(await listIds(storage, filter, 'other'), [foreign]);
    }
    assert.equal(await storage.delete('home', completed!), true);
    assert.equal(await storage.delete('images', records[3]!.id), true);
    await storage.insert(makeRecord());
  });
});

describe('a file with the fifth schema', () => {
  it('has everything after it is migrated, in the same order', async (t) => {
    const path = await makePath(t);
    const old = new DatabaseSync(path);
    applyMigrations(old, 0, 5);
    // The first two share their place in time, so that the rest of the id decides.
    const records = [makeIdOf(1e12, 1), makeIdOf(1e12, 2), makeIdOf(1e12 + 1), makeIdOf(1e12 + 2)].map(
      (id, index) =>
        makeRecord({
          id,
          status: index === 2 ? 'failed' : 'completed',
          metadata: { topic: 'sea', half: '\ud800' },
          ...makeChat(`whale ${index}`, 'sighted'),
        }),
    );
    for (const record of records.toReversed()) insertFifth(old, record);
    old.close();
    const storage = await openSqliteStorage(path);
    t.after(() => storage.close());
    for (const record of records) await assertKept(storage, record);
    const [first, second, failed, last] = records.map(({ id }) => id);
    for (const filter of [{}, { model: 'small' }, { metadata: { topic: 'sea' } }, { q: 'whale' }]) {
      assert.deepEqual(await listIds(storage, { ...filter, order: 'asc' }), [first, second, last]);
      assert.deepEqual(await listIds(storage, { ...filter, order: 'desc', after: second }), [first]);
      assert.deepEqual(await listIds(storage, { ...filter, status: 'failed' }), [failed]);
    }
    for (const { id } of records) assert.equal(await storage.delete('home', id), true);
    const db = new DatabaseSync(path, { readOnly: true });
    t.after(() => db.close());
    assert.equal(db.prepare('SELECT count(*) AS count FROM filters').get()?.['count'], 0);
    assert.equal(db.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
  });
});

/** As the release with the fifth schema kept it. */
function insertFifth(db: DatabaseSync, record: CompletionRecord): void {
  const { project, status, id } = record;
  insertCompletion(
    db,
    {
      ...record,
      request: encodeText(record.request),
      response: encodeText(record.response),
    },
    [record.request, record.response],
  );
  const seq = Number(db.prepare('SELECT max(seq) AS seq FROM completions').get()?.['seq']);
  for (const [name, value] of listFilters(record)) {
    db.prepare('INSERT INTO filters VALUES (?, ?, ?, ?, ?, ?)').run(project, name, value, status, id, seq);
  }
  db.prepare('INSERT INTO unindexed VALUES (?)').run(seq);
}

/** As the first release kept it. */
function insertOld(db: DatabaseSync, record: CompletionRecord): void {
  const { project, id } = record;
  insertCompletion(db, record);
  const filters = [
    ...[...new Set([record.model, record.requestedModel])].map((model) => ['model', model] as const),
    ...Object.entries(record.metadata).map(([key, value]) => [`metadata.${key}`, value] as const),
  ];
  for (const filter of filters) {
    db.prepare('INSERT INTO filters VALUES (?, ?, ?, ?)').run(project, ...filter, id);
  }
}

/** The hashes are those of `texts`, which may lie in the file in another form. */
function insertCompletion(
  db: DatabaseSync,
  { usage, ...record }: CompletionRecord,
  texts: readonly Uint8Array[] = [record.request, record.response],
): void {
  db.prepare(
    `INSERT INTO completions (project, id, status, requested_model, model, upstream, upstream_id, request_id,
       metadata, prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, first_byte_ms, total_ms,
       request_sha256, response_sha256, parameters, response, request)
     VALUES (${Array.from({ length: 20 }, () => '?').join()})`,
  ).run(
    record.project,
    record.id,
    record.status,
    record.requestedModel,
    record.model,
    record.upstream,
    record.upstreamId,
    record.requestId,
    JSON.stringify(Object.entries(record.metadata)),
    usage.promptTokens,
    usage.completionTokens,
    usage.cachedTokens,
    usage.reasoningTokens,
    record.firstByteMs,
    record.totalMs,
    ...texts.map((text) => createHash('sha256').update(text).digest()),
    record.parameters,
    record.response,
    record.request,
  );
}

describe('a file that is not ours', () => {
  it('is refused if it is another SQLite database', async (t) => {
    const path = await makeDatabase(t, 'CREATE TABLE notes (text)');
    await assertRefused(path, 'it is an SQLite database, but not one of Colloquy');
  });

  it('is refused if another program has only marked it so far', async (t) => {
    for (const pragma of ['user_version = 1', 'user_version = 9', 'application_id = 252006674']) {
      const path = await makeDatabase(t, `PRAGMA ${pragma}`);
      await assertRefused(path, 'it is an SQLite database, but not one of Colloquy');
    }
  });

  it('is refused if a newer release made it', async (t) => {
    const path = await makeOurs(t);
    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 99');
    db.close();
    await assertRefused(
      path,
      `it has schema 99, and this release knows up to ${NEWEST}: use a newer Colloquy`,
    );
  });

  it('is refused if it is no database', async (t) => {
    const path = await makePath(t);
    for (const content of ['no', 'This is a text. '.repeat(1000)]) {
      await writeFile(path, content);
      await assertRefused(path, `file is not a database: ${BACKUP}`);
    }
  });

  it('is refused if its first page is damaged', async (t) => {
    const path = await makeOurs(t);
    // Behind the header: the table of tables.
    await damage(path, 100, 3900);
    await assertRefused(path, `database disk image is malformed: ${BACKUP}`);
  });

  it('is refused if it is a folder', async (t) => {
    const path = await makePath(t);
    await mkdir(path);
    await assertRefused(path, `unable to open database file: ${FILE}`);
  });

  it('is refused if its folder is missing, which is not made', async (t) => {
    const folder = join(await makeFolder(t), 'missing');
    await assertRefused(join(folder, 'colloquy.db'), `unable to open database file: ${FILE}`);
    await assert.rejects(readdir(folder), { code: 'ENOENT' });
  });

  it('is refused while another process does not let go of it', async (t) => {
    const path = await makeDatabase(t, '');
    const other = new DatabaseSync(path);
    try {
      other.exec('BEGIN EXCLUSIVE');
      await assert.rejects(openAndClose(path, 10), {
        name: 'StorageError',
        message: `${path}: database is locked: another program holds it, and has to let go of it first`,
      });
    } finally {
      other.close();
    }
  });
});

describe('a damaged page behind the first', () => {
  it('makes reads fail that need it, never lie', async (t) => {
    const path = await makePath(t);
    const records = Array.from({ length: 20 }, () => makeRecord());
    const storage = await openSqliteStorage(path);
    for (const record of records) await storage.insert(record);
    await storage.close();
    const pageBytes = Number(readPragma(path, 'page_size'));
    await damage(path, pageBytes, (await readFile(path)).length - pageBytes);
    const damaged = await openSqliteStorage(path);
    try {
      await assert.rejects(damaged.get('home', records[0]!.id), StorageError);
      await assert.rejects(listIds(damaged), StorageError);
      await assert.rejects(damaged.insert(makeRecord()), StorageError);
    } finally {
      await damaged.close();
    }
  });
});
