// What the relay costs, beside its peers: `npm run bench:relay`, see README.md.

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { forkServer, GATEWAYS, type Gateway } from './gateways.ts';
import type { Job, Outcome } from './load.ts';
import { report, type Measured } from './report.ts';
import { composeBody, SCENARIOS, type Scenario } from './scenarios.ts';

const { values: options } = parseArgs({
  options: {
    /** Enough to see that all works, not for figures. */
    quick: { type: 'boolean', default: false },
    /** How much of each scenario's requests is sent. */
    scale: { type: 'string' },
    rounds: { type: 'string' },
    /** Only scenarios, or gateways, whose names contain this. */
    scenario: { type: 'string', default: '' },
    gateway: { type: 'string', multiple: true },
  },
});
const rounds = Number(options.rounds ?? (options.quick ? 3 : 5));
const scale = Number(options.scale ?? (options.quick ? 0.1 : 1));
/** By count, since slow ones would otherwise be measured cold. */
const warmUpScale = options.quick ? scale : 1;

/** Clock ticks of /proc, in ms: USER_HZ is 100 on every Linux. */
const TICK_MS = 10;

/** What a process, with all its threads, has used of the CPU. */
function readCpuMs({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return TICK_MS * (Number(fields[11]) + Number(fields[12]));
}

async function runJob(load: ChildProcess, job: Job): Promise<Outcome> {
  load.send(job);
  const [outcome] = (await once(load, 'message')) as [Outcome | { error: string }];
  if ('error' in outcome) throw new Error(outcome.error);
  return outcome;
}

async function measure(
  load: ChildProcess,
  scenario: Scenario,
  gateway: Gateway,
  portion: number,
): Promise<Measured> {
  const { port, headers, isKept, share } = gateway;
  const requests = Math.max(scenario.callers, Math.round(scenario.requests * share * portion));
  const job = {
    port,
    headers,
    body: composeBody(scenario, isKept),
    callers: scenario.callers,
    requests,
    isTimed: scenario.model === 'paced',
  };
  const before = gateway.process && readCpuMs(gateway.process);
  try {
    const outcome = await runJob(load, job);
    const after = gateway.process && readCpuMs(gateway.process);
    const cpuMs = before === undefined || after === undefined ? undefined : (after - before) / requests;
    return { ...outcome, cpuMs };
  } catch (error) {
    throw new Error(`${gateway.name}, ${scenario.name}`, { cause: error });
  }
}

async function compare(load: ChildProcess, gateways: readonly Gateway[], scenario: Scenario): Promise<void> {
  const measured = new Map(gateways.map((gateway) => [gateway.name, [] as Measured[]]));
  for (const gateway of gateways) await measure(load, scenario, gateway, warmUpScale);
  for (let round = 0; round < rounds; round += 1) {
    for (const gateway of gateways) {
      measured.get(gateway.name)?.push(await measure(load, scenario, gateway, scale));
    }
  }
  console.log(report(scenario, measured));
}

const folder = await mkdtemp(join(tmpdir(), 'colloquy-bench-'));
const started: ChildProcess[] = [];
process.once('exit', () => started.forEach((child) => child.kill('SIGKILL')));
process.once('SIGINT', () => process.exit(1)).once('SIGTERM', () => process.exit(1));
try {
  const upstream = await forkServer('upstream.ts');
  started.push(upstream.process);
  const load = fork(join(import.meta.dirname, 'load.ts'));
  started.push(load);
  const gateways: Gateway[] = [];
  for (const [name, start] of Object.entries(GATEWAYS)) {
    if (options.gateway !== undefined && !options.gateway.some((part) => name.includes(part))) continue;
    const gateway = await start({ upstreamPort: upstream.port, folder });
    if (gateway === undefined) console.log(`${name} is not installed, and left out.`);
    else gateways.push(gateway);
    if (gateway?.process !== undefined) started.push(gateway.process);
  }
  for (const scenario of SCENARIOS) {
    if (scenario.name.includes(options.scenario)) await compare(load, gateways, scenario);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exit();
