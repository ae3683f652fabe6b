// Where a subject spends its time: the functions with the most time of their own, after a warm-up.
// `node bench/client/profile.ts SUBJECT JOB [SHAPE]`, after `npm run bench:client -- --quick` has installed the rest.

import type { Runtime } from 'node:inspector';
import { Session } from 'node:inspector/promises';

import { connect } from './processes/connect.ts';
import { Server } from './processes/processes.ts';
import { SHAPE_NAMES, type Shape } from './streams.ts';
import type { Job, OpenSubject } from './subjects/subject.ts';

const [subject = 'colloquy', job = 'iterate', shape = 'socket, packets of 16 KiB'] = process.argv.slice(2);
const RUNS = 30;
const DELTAS = 10_000;
const CALLS = 3000;
const LINES = 25;
/** Waiting, and the profiler itself. */
const IGNORED = /^\(idle\)|node:inspector/;

if (!SHAPE_NAMES.includes(shape as Shape)) throw new Error(`SHAPE is one of: ${SHAPE_NAMES.join(' · ')}`);
const { open } = (await import(`./subjects/${subject}.ts`)) as { open: OpenSubject };
const server = await Server.start();
const isCall = job === 'call';
const stream = { shape: shape as Shape, content: job === 'parse' ? 'json' : 'prose', count: DELTAS } as const;
const run = open(connect(server.origin, isCall ? undefined : stream))[job as Job];
if (run === undefined) throw new Error(`${subject} has no way to do this: ${job}`);
const runs = isCall ? CALLS : RUNS;
for (let time = 0; time < runs / 3; time += 1) await run();

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.setSamplingInterval', { interval: 200 });
await session.post('Profiler.start');
const before = process.cpuUsage();
for (let time = 0; time < runs; time += 1) await run();
const { user, system } = process.cpuUsage(before);
const { profile } = await session.post('Profiler.stop');
await server.stop();

const nameById = new Map(profile.nodes.map(({ id, callFrame }) => [id, toName(callFrame)]));
const samplesByName = new Map<string, number>();
for (const id of profile.samples ?? []) {
  const name = nameById.get(id) ?? '';
  if (!IGNORED.test(name)) samplesByName.set(name, (samplesByName.get(name) ?? 0) + 1);
}
const total = [...samplesByName.values()].reduce((sum, samples) => sum + samples, 0);
const cpuMicros = (user + system) / (runs * (isCall ? 1 : DELTAS));
console.log(`${subject}, ${job}: ${cpuMicros.toFixed(2)} µs of CPU time each`);
for (const [name, samples] of [...samplesByName].sort((a, b) => b[1] - a[1]).slice(0, LINES)) {
  const share = samples / total;
  console.log(`${(100 * share).toFixed(1).padStart(5)} %  ${(share * cpuMicros).toFixed(3)} µs  ${name}`);
}

function toName({ functionName, url, lineNumber }: Runtime.CallFrame): string {
  const file = url.split('/').slice(-2).join('/');
  return `${functionName || '(anonymous)'}${file === '' ? '' : ` ${file}:${lineNumber + 1}`}`;
}
