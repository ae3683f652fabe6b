// What retention promises on every adapter.

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import type { RetentionRule } from '../../src/config/config.ts';
import { parseRetain } from '../../src/config/retain.ts';
import { Retention, type RetentionLog } from '../../src/retention/retention.ts';
import type { CompletionStatus, Storage } from '../../src/storage/storage.ts';
import { STATUSES } from '../../src/storage/walk-labels.ts';
import { makeIdOf, makeRecord } from '../storage/make-record.ts';
import { makeStore, type OpenStorage } from '../storage/make-store.ts';
import { START, TestClock } from './test-clock.ts';

const DAY = 86_400_000;

interface Setup {
  readonly storage: Storage;
  readonly clock: TestClock;
  readonly retention: Retention;
  /** What was logged. */
  readonly lines: string[];
}

async function setUp(
  t: TestContext,
  open: OpenStorage,
  retain: unknown,
  fill: (storage: Storage) => Promise<void>,
): Promise<Setup> {
  const { storage } = await makeStore(t, open);
  await fill(storage);
  const lines: string[] = [];
  const log: RetentionLog = {
    info: (details, message) => lines.push(`${message} ${JSON.stringify(details)}`),
    warn: (_details, message) => lines.push(message),
  };
  const clock = new TestClock();
  return { storage, clock, lines, retention: new Retention(storage, rules(retain), log, clock) };
}

function rules(retain: unknown): readonly RetentionRule[] {
  return parseRetain(retain);
}

let count = 0;

/** Keeps a completion that is so many days old, under its name. */
async function keep(
  storage: Storage,
  name: string,
  days: number,
  more: { project?: string; status?: CompletionStatus; metadata?: Record<string, string> } = {},
): Promise<void> {
  const { metadata = {}, ...others } = more;
  await storage.insert(
    makeRecord({
      ...others,
      id: makeIdOf(START - days * DAY, (count += 1)),
      metadata: { ...metadata, name },
    }),
  );
}

/** The names of what is there, in all projects. */
async function readNames(storage: Storage): Promise<string> {
  const names: string[] = [];
  for (const project of await storage.listProjects()) {
    for (const status of STATUSES) {
      const page = await storage.listLabels(project, { status, limit: 100, order: 'asc' });
      names.push(...page.map(({ metadata }) => metadata['name'] ?? ''));
    }
  }
  return names.sort().join(' ');
}

export function testRetention(open: OpenStorage): void {
  describe('retention', () => {
    it('deletes what is older, of every project and status, and says how much that was', async (t) => {
      const { storage, retention, clock, lines } = await setUp(t, open, '30d', async (kept) => {
        await keep(kept, 'a', 31);
        await keep(kept, 'b', 31, { status: 'failed' });
        await keep(kept, 'c', 40, { project: 'other', status: 'interrupted' });
        await keep(kept, 'd', 29);
        await keep(kept, 'e', 0);
      });
      await retention.sweep();
      assert.equal(await readNames(storage), 'd e');
      assert.deepEqual(lines, ['deleted what was kept long enough {"deleted":3}']);
      clock.pass(DAY);
      await retention.sweep();
      assert.equal(await readNames(storage), 'd e');
      clock.pass(1);
      await retention.sweep();
      assert.equal(await readNames(storage), 'e');
    });

    it('keeps what an earlier rule says is kept for longer', async (t) => {
      const retain = [
        { metadata: { keep: 'yes' }, for: 'forever' },
        { project: 'other', metadata: { user: 'ann' }, for: '1d' },
        { project: 'other', for: '90d' },
        { for: '30d' },
      ];
      const { storage, retention } = await setUp(t, open, retain, async (kept) => {
        await keep(kept, 'old', 31);
        await keep(kept, 'new', 29);
        await keep(kept, 'chosen', 400, { metadata: { keep: 'yes' } });
        await keep(kept, 'ann', 29, { metadata: { user: 'ann' } });
        const project = 'other';
        await keep(kept, 'other-ann', 2, { project, metadata: { user: 'ann' } });
        await keep(kept, 'other-chosen', 400, { project, metadata: { user: 'ann', keep: 'yes' } });
        await keep(kept, 'other-old', 89, { project });
        await keep(kept, 'other-ancient', 91, { project });
        await keep(kept, 'now', 0);
      });
      await retention.sweep();
      assert.equal(await readNames(storage), 'ann chosen new now other-chosen other-old');
    });

    it('keeps for ever what no rule is for', async (t) => {
      const retain = [{ metadata: { user: 'ann' }, for: '1h' }];
      const { storage, retention } = await setUp(t, open, retain, async (kept) => {
        await keep(kept, 'a', 400);
        await keep(kept, 'b', 1, { metadata: { user: 'ann' } });
        await keep(kept, 'now', 0);
      });
      await retention.sweep();
      assert.equal(await readNames(storage), 'a now');
    });

    it('deletes nothing when the clock leaps, and nothing too early when it is put right', async (t) => {
      const { storage, retention, clock } = await setUp(t, open, '30d', async (kept) => {
        await keep(kept, 'a', 29);
        await keep(kept, 'now', 0);
      });
      await retention.sweep();
      clock.leap(3650 * DAY);
      await retention.sweep();
      await keep(storage, 'of the future', -3650);
      for (let hour = 0; hour < 23; hour += 1) {
        clock.pass(DAY / 24);
        await retention.sweep();
      }
      assert.equal(await readNames(storage), 'a now of the future');
      clock.leap(-3650 * DAY);
      await retention.sweep();
      assert.equal(await readNames(storage), 'a now of the future');
      clock.pass(DAY);
      await retention.sweep();
      assert.equal(await readNames(storage), 'now of the future');
    });

    it('deletes nothing by a clock that was wrong when the server started, until it has stood for a day', async (t) => {
      const { storage, retention, clock } = await setUp(t, open, '30d', async (kept) => {
        await keep(kept, 'a', 60);
        await keep(kept, 'b', 45);
      });
      await retention.sweep();
      // Only what was due when the newest was kept.
      assert.equal(await readNames(storage), 'a b');
      clock.pass(DAY - 1);
      await retention.sweep();
      assert.equal(await readNames(storage), 'a b');
      clock.pass(1);
      await retention.sweep();
      assert.equal(await readNames(storage), '');
    });

    it('stops at once, and goes on the next time', async (t) => {
      const { storage, retention } = await setUp(t, open, '1h', async (kept) => {
        await Promise.all(
          Array.from({ length: 60 }, (_, n) => kept.insert(makeRecord({ id: makeIdOf(START - DAY, n) }))),
        );
        await keep(kept, 'now', 0);
      });
      const swept = retention.sweep();
      await retention.stop();
      await swept;
      const left = (await storage.listLabels('home', { status: 'completed', limit: 100, order: 'asc' }))
        .length;
      assert.ok(left > 50, `${left} left`);
    });

    it('says that it could not, and does not throw', async (t) => {
      const { storage, retention, lines } = await setUp(t, open, '1h', async (kept) => keep(kept, 'a', 1));
      await storage.close();
      await retention.sweep();
      assert.deepEqual(lines, ['not everything that was kept long enough could be deleted']);
    });
  });
}
