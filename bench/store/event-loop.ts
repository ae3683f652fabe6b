import type { Storage } from '../../packages/server/src/storage/storage.ts';
import { LISTS } from './list-shapes.ts';
import type { ChatMaker, Sample } from './make-chats.ts';
import type { Report } from './report.ts';

/** How often each operation is asked for in a round. */
const TIMES = 20;
const ROUNDS = 5;
/** The largest page of the API. */
const LIMIT = 100;

/**
 * Prints how long the event loop, on which answers are relayed, was stopped at most while one operation after another was
 * done: its longest turn in a round, and of the rounds the median, since a turn may have to wait for the processor, too.
 */
export async function measureStops(
  report: Report,
  storage: Storage,
  some: readonly Sample[],
  maker: ChatMaker,
): Promise<void> {
  const pick = (): Sample => some[Math.floor(maker.random() * some.length)]!;
  const operations: Record<string, (sample: Sample) => Promise<unknown>> = {
    insert: () => storage.insert(records.next().value!),
    get: ({ project, id }) => storage.get(project, id),
    'get the request': ({ project, id }) => storage.getRequest(project, id),
    update: ({ project, id, metadata }) => storage.updateMetadata(project, id, metadata),
    ...Object.fromEntries(
      LISTS.map(([name, make]) => [
        `list: ${name}`,
        (sample: Sample) =>
          storage.list('home', { status: 'completed', limit: LIMIT, order: 'desc', ...make(sample) }),
      ]),
    ),
  };
  // Made before: to make one takes longer than to hand it over.
  const records = Array.from({ length: TIMES * ROUNDS }, () => maker.make()).values();
  const stops: Array<readonly [string, number]> = [];
  for (const [name, operate] of Object.entries(operations)) {
    const longestMs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const endTurns = watchTurns();
      for (let time = 0; time < TIMES; time++) await operate(pick());
      longestMs.push(endTurns());
    }
    stops.push([name, median(longestMs)]);
  }
  const [name, longestMs] = stops.reduce((worst, stop) => (stop[1] > worst[1] ? stop : worst));
  report.say(
    'longest stop of the event loop',
    `${longestMs.toFixed(1)} ms (${name}); of the median operation ${median(stops.map(([, stopMs]) => stopMs)).toFixed(1)} ms`,
  );
}

/** Until the function that it returns is called, which returns how long the longest turn took, in milliseconds. */
function watchTurns(): () => number {
  let longestMs = 0;
  let startedAt = performance.now();
  let next = setImmediate(turn);
  function turn(): void {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - startedAt);
    startedAt = now;
    next = setImmediate(turn);
  }
  return () => {
    clearImmediate(next);
    return longestMs;
  };
}

function median(figures: number[]): number {
  return figures.sort((a, b) => a - b)[figures.length >> 1]!;
}
