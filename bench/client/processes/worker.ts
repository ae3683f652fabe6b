// One subject in a process of its own, so that neither its garbage nor its compiled code disturbs another one.
// Started with `--expose-gc` and the subject's name; does what orders ask.

import { getEventListeners } from 'node:events';

import { COMPLETION_TEXT } from '../completion.ts';
import { toDeltas } from '../streams.ts';
import type { OpenSubject, Outcome } from '../subjects/subject.ts';
import { connect } from './connect.ts';
import type { Answer, Order } from './orders.ts';

const { open } = (await import(`../subjects/${process.argv[2]}.ts`)) as { open: OpenSubject };

process.on('disconnect', () => process.exit());
process.on('message', async (order: Order) => {
  process.send?.(await follow(order).catch((error: unknown) => ({ error: String(error) })));
});
process.send?.('ready');

async function follow(order: Order): Promise<Answer> {
  const { signal } = new AbortController();
  const run = prepare(order, order.measure === 'listeners' ? signal : undefined);
  const start = process.cpuUsage();
  let outcome: Outcome = { text: '', pieces: 0 };
  for (let time = 0; time < order.times; time += 1) outcome = await run();
  const { user, system } = process.cpuUsage(start);
  verify(outcome, order);
  const { pieces } = outcome;
  if (order.measure === 'cpu') return { figure: user + system, pieces };
  if (order.measure === 'memory') return { figure: process.resourceUsage().maxRSS * 1024, pieces };
  collectGarbage();
  // Some listeners go when a finalizer has run.
  await new Promise(setImmediate);
  return { figure: getEventListeners(signal, 'abort').length, pieces };
}

function prepare({ job, origin, stream }: Order, signal?: AbortSignal): () => Promise<Outcome> {
  const run = open(connect(origin, stream, signal))[job];
  if (run === undefined) throw new Error('no way to do it');
  return run;
}

/** Whoever left out work would seem fast. */
function verify({ text, pieces }: Outcome, { job, stream }: Order): void {
  const deltas = stream === undefined ? [COMPLETION_TEXT] : toDeltas(stream.content, stream.count);
  if (text !== deltas.join('')) throw new Error('the text came out wrong');
  const expected = job === 'iterate' || job === 'listen' ? deltas.length : 1;
  if (job !== 'parse' && pieces !== expected) throw new Error(`${pieces} pieces instead of ${expected}`);
}

function collectGarbage(): void {
  globalThis.gc?.();
}
