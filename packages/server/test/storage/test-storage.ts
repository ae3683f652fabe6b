// The suite that every adapter passes. Each part says what `Storage` promises about one thing.

import { describe } from 'node:test';

import type { OpenStorage } from './make-store.ts';
import { testAttachments } from './test-attachments.ts';
import { testChanges } from './test-changes.ts';
import { testGroups } from './test-groups.ts';
import { testIdempotencyKeys } from './test-idempotency-keys.ts';
import { testJournal } from './test-journal.ts';
import { testLabels } from './test-labels.ts';
import { testLifetime } from './test-lifetime.ts';
import { testLists } from './test-lists.ts';
import { testModel } from './test-model.ts';
import { testPages } from './test-pages.ts';
import { testProjects } from './test-projects.ts';
import { testRecords } from './test-records.ts';
import { testSearch } from './test-search.ts';

/** `open` gets an empty folder for each test, and the same folder for the same store. */
export function testStorage(name: string, open: OpenStorage): void {
  // Each test has a store of its own: most of its time goes by while a thread starts or a disk writes.
  describe(name, { concurrency: 4 }, () => {
    testRecords(open);
    testAttachments(open);
    testChanges(open);
    testLabels(open);
    testLists(open);
    testPages(open);
    testSearch(open);
    testProjects(open);
    testIdempotencyKeys(open);
    testGroups(open);
    testJournal(open);
    testLifetime(open);
    testModel(open);
  });
}
