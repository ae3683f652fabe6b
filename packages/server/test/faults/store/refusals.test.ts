// Stores that cannot be served, and one that can although it is damaged.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';

import { openSqliteStorage } from '../../../src/storage/sqlite/storage.ts';
import { runColloquy, runServe } from '../../cli/run-colloquy.ts';
import { makeFolder } from '../../make-folder.ts';
import { send } from '../../start-server.ts';
import { makeChat, makeRecord } from '../../storage/make-record.ts';

const PAGE_BYTES = 8192;

interface Refusal {
  /** Takes the path of a store that is well. */
  readonly damage: (path: string, t: TestContext) => unknown;
  /** The error, behind the name of the file. */
  readonly says: RegExp;
  /** Runs the command behind it; takes the folder of the store. */
  readonly wrapper?: (folder: string) => readonly string[];
}

const MOUNT = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"';
const withReadOnlyDisk = (folder: string): string[] => [
  'unshare',
  '--mount',
  '--map-root-user',
  'sh',
  '-c',
  MOUNT,
  folder,
];
/** Root may write everything, unless it is told not to. */
const withoutPrivileges = (): string[] =>
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : [];

const REFUSALS: Readonly<Record<string, Refusal>> = {
  'is no database': {
    damage: (path) => writeFile(path, 'This is a letter. '.repeat(1000)),
    says: /^file is not a database: put a backup into its place with `colloquy restore`, or name another folder$/,
  },
  'has a damaged header': {
    damage: (path) => overwrite(path, 0, 100),
    says: /^file is not a database: put a backup/,
  },
  'has a damaged table of tables': {
    damage: (path) => overwrite(path, 100, PAGE_BYTES),
    says: /^database disk image is malformed: put a backup/,
  },
  'is a folder': {
    damage: async (path) => {
      await rm(path);
      await mkdir(path);
    },
    says: /^unable to open database file: it has to be a file/,
  },
  'is the database of another program': {
    damage: async (path) => {
      await rm(path);
      change(path, 'CREATE TABLE notes (text)');
    },
    says: /^it is an SQLite database, but not one of Colloquy$/,
  },
  'is of a newer release': {
    damage: (path) => change(path, 'PRAGMA user_version = 99'),
    says: /^it has schema 99, and this release knows up to \d+: use a newer Colloquy$/,
  },
  'is locked by another program': {
    damage: (path, t) => {
      const other = new DatabaseSync(path);
      t.after(() => other.close());
      other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    },
    says: /^database is locked: another program holds it, and has to let go of it first$/,
  },
  'may only be read': {
    damage: (path) => chmod(path, 0o400),
    says: /^EACCES: .*: let this user write it, and its folder$/,
    wrapper: withoutPrivileges,
  },
  'is in a folder that may only be read': {
    damage: (path) => chmod(join(path, '..'), 0o500),
    says: /^attempt to write a readonly database: let this user write it, and its folder$/,
    wrapper: withoutPrivileges,
  },
  'is on a disk that may only be read': {
    damage: () => {},
    says: /^EROFS: .*: it is on a disk that is mounted for reading only$/,
    wrapper: withReadOnlyDisk,
  },
};

/** A store with some completions, closed. */
async function makeStore(t: TestContext): Promise<{ folder: string; path: string; ids: string[] }> {
  const folder = await makeFolder(t);
  const path = join(folder, 'colloquy.db');
  const storage = await openSqliteStorage(path);
  const records = Array.from({ length: 40 }, (_, index) => {
    const text = Array.from({ length: 2000 }, (__, word) => ((index + 1) * (word + 7) * 7919).toString(36));
    return makeRecord({ project: 'default', ...makeChat('What is that?', text.join(' ')) });
  });
  await Promise.all(records.map((record) => storage.insert(record)));
  await storage.close();
  return { folder, path, ids: records.map(({ id }) => id) };
}

async function overwrite(path: string, from: number, to: number): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(to - from, 0x5a), 0, to - from, from);
  await file.close();
}

function change(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

function canRun([command = '', ...args]: readonly string[]): boolean {
  return command === '' || spawnSync(command, [...args, 'true']).status === 0;
}

describe('colloquy serve refuses a store that', () => {
  for (const [name, { damage, says, wrapper = () => [] }] of Object.entries(REFUSALS)) {
    it(name, async (t) => {
      const { folder, path } = await makeStore(t);
      const command = wrapper(folder);
      if (!canRun(command)) return t.skip(`${command[0]} cannot be used here`);
      await damage(path, t);
      const { ended, output } = runColloquy(t, ['serve', '--port', '0', '--data', folder], {}, command);
      const exitCode = await ended;
      await chmod(folder, 0o700);
      assert.equal(exitCode, 2);
      assert.equal(output.stdout, '');
      const begin = `error: --data: the store cannot be opened: ${path}: `;
      // One line, and no stack.
      assert.ok(output.stderr.startsWith(begin) && output.stderr.endsWith('\n'), output.stderr);
      assert.match(output.stderr.slice(begin.length, -1), says);
    });
  }
});

describe('A store with a damaged page in the middle', () => {
  it('is served but for what is damaged, which colloquy verify names', async (t) => {
    const { folder, path, ids } = await makeStore(t);
    const db = new DatabaseSync(path, { readOnly: true });
    const texts = db.prepare('SELECT response FROM completions WHERE id = ?').get(ids[20]!)?.['response'];
    db.close();
    const at = (await readFile(path)).indexOf((texts as Uint8Array).subarray(-500));
    assert.notEqual(at, -1);
    await overwrite(path, at, at + 500);

    const { ended, output } = runColloquy(t, ['verify', '--data', folder]);
    assert.equal(await ended, 1);
    assert.equal(
      output.stdout,
      `${ids[20]} of project default: its response is damaged\n40 completions read, 1 damages found: ${path}\n`,
    );
    const { url } = await runServe(t, ['--data', folder, '--log-level', 'silent']);
    const read = async (id: string): Promise<number> =>
      (await send(`${url}/v1/chat/completions/${id}`)).status;
    for (const id of ids) assert.equal(await read(id), id === ids[20] ? 503 : 200);
  });
});
