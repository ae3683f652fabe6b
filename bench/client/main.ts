// Measures the client beside its peers and prints the tables that the README quotes.
// `npm run bench:client`; with `-- --quick` in less time, and less exactly.

import { parseArgs } from 'node:util';

import { measureBundleSize } from './measures/bundle-size.ts';
import { measureCallCpu } from './measures/call-cpu.ts';
import { measureImportCpu } from './measures/import-cpu.ts';
import { measureInstallSize } from './measures/install-size.ts';
import { measureMemory } from './measures/memory.ts';
import { measureStreamCpu } from './measures/stream-cpu.ts';
import { measureStructuredOutput } from './measures/structured-output.ts';
import { Server } from './processes/processes.ts';
import { SUBJECTS, TITLES } from './subjects/subjects.ts';
import { formatTable } from './table.ts';

const FULL = {
  imports: 9,
  stream: { sizes: { chunks: 5000, slowChunks: 200 }, effort: { seconds: 90, turns: 8 } },
  call: { calls: 150, effort: { seconds: 30, turns: 20 } },
  structured: { times: 1, effort: { seconds: 30, turns: 6 } },
  memoryChunks: 100_000,
};

const QUICK: typeof FULL = {
  imports: 3,
  stream: { sizes: { chunks: 2000, slowChunks: 50 }, effort: { seconds: 0, turns: 6 } },
  call: { calls: 50, effort: { seconds: 0, turns: 12 } },
  structured: { times: 1, effort: { seconds: 0, turns: 4 } },
  memoryChunks: 10_000,
};

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const plan = values.quick ? QUICK : FULL;
const titles = SUBJECTS.map((name) => TITLES[name]);
const server = await Server.start();
const { origin } = server;

/** The tables come at the end; until then, what is going on. */
async function during<T>(name: string, measure: Promise<T>): Promise<T> {
  const start = performance.now();
  const figures = await measure;
  console.error(`${name}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
  return figures;
}

const tables = [
  await during('Bundles', measureBundleSize()),
  await during('Installations', measureInstallSize()),
  {
    title: 'CPU time: the limit, and the others as multiples of it. Medians of rounds, and their extremes',
    head: ['', ...titles, 'rounds', 'must be'],
    rows: [
      await during('Imports', measureImportCpu(plan.imports)),
      ...(await during('Streams', measureStreamCpu(origin, plan.stream.sizes, plan.stream.effort))),
      ...(await during('Plain calls', measureCallCpu(origin, plan.call.calls, plan.call.effort))),
      await during(
        'Structured output',
        measureStructuredOutput(origin, plan.structured.times, plan.structured.effort),
      ),
    ],
  },
  {
    title: 'Memory',
    head: ['', ...titles],
    rows: await during('Memory', measureMemory(origin, plan.memoryChunks)),
  },
];
await server.stop();
console.log(tables.map(formatTable).join('\n\n'));
