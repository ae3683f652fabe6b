// The spec report of `node --test`, then one line that people and CI read alike: `N passed, N failed`.

import { Readable } from 'node:stream';
import { spec, type TestEvent } from 'node:test/reporters';

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let counts = { tests: 0, passed: 0, skipped: 0, todo: 0 };

  async function* counted(): AsyncGenerator<TestEvent> {
    for await (const event of events) {
      // A summary without a file is the one of the whole run.
      if (event.type === 'test:summary' && event.data.file === undefined) counts = event.data.counts;
      yield event;
    }
  }

  yield* Readable.from(counted()).compose(new spec());
  const { tests, passed, skipped, todo } = counts;
  yield `\n${passed} passed, ${tests - passed - skipped - todo} failed\n`;
}
