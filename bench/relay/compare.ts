// Every scenario, by every gateway in turn, round after round.

import type { ChildProcess } from 'node:child_process';

import { formatTable } from '../client/table.ts';
import type { Measured } from './figures.ts';
import { GATEWAYS, type Comparison, type Gateway, type GatewayName } from './gateways.ts';
import { compareWithGoals } from './goals.ts';
import type { Outcome } from './load.ts';
import { ask, forkProgram, readCpuMs, stop, waitForRest } from './processes.ts';
import { report } from './report.ts';
import { composeBody, SCENARIOS, type Scenario } from './scenarios.ts';

export interface Extent {
  readonly rounds: number;
  /** How much of each scenario's requests is sent in a round. */
  readonly scale: number;
  /** Only scenarios whose names contain this. */
  readonly scenario: string;
  /** Only gateways whose names begin with one of these; undefined: all. */
  readonly gateways: readonly string[] | undefined;
}

type Running = ReadonlyMap<GatewayName, Gateway>;

/** Prints a table for each scenario, and one of what must be. */
export async function compare(place: Comparison, extent: Extent): Promise<void> {
  const load = forkProgram('load.ts');
  const gateways = await startGateways(place, extent);
  try {
    const results = new Map<Scenario['name'], ReadonlyMap<GatewayName, readonly Measured[]>>();
    for (const scenario of SCENARIOS) {
      if (!scenario.name.includes(extent.scenario)) continue;
      const measured = await runRounds(load, gateways, scenario, extent);
      results.set(scenario.name, measured);
      console.log(`${formatTable(report(scenario, measured))}\n`);
    }
    console.log(`${formatTable(compareWithGoals(results))}\n`);
  } finally {
    await stop(load);
    for (const gateway of gateways.values()) {
      if (gateway.process !== undefined) await stop(gateway.process);
      await gateway.stop?.();
    }
  }
}

async function startGateways(place: Comparison, extent: Extent): Promise<Running> {
  const gateways = new Map<GatewayName, Gateway>();
  for (const [key, start] of Object.entries(GATEWAYS)) {
    const name = key as GatewayName;
    if (extent.gateways?.some((part) => name.startsWith(part)) === false) continue;
    const gateway = await start(place);
    if (gateway !== undefined) gateways.set(name, gateway);
    else if (!name.startsWith('beside')) console.error(`${name} is not installed, and left out.`);
  }
  return gateways;
}

async function runRounds(
  load: ChildProcess,
  gateways: Running,
  scenario: Scenario,
  { rounds, scale }: Extent,
): Promise<ReadonlyMap<GatewayName, readonly Measured[]>> {
  const measured = new Map([...gateways.keys()].map((name) => [name, [] as Measured[]]));
  for (const [name, gateway] of gateways) await measure(load, scenario, name, gateway, scale);
  for (let round = 0; round < rounds; round += 1) {
    // There and back, so that nobody always follows the same one.
    const order = round % 2 === 0 ? [...gateways] : [...gateways].toReversed();
    for (const [name, gateway] of order) {
      measured.get(name)?.push(await measure(load, scenario, name, gateway, scale));
    }
  }
  return measured;
}

async function measure(
  load: ChildProcess,
  scenario: Scenario,
  name: GatewayName,
  { port, headers, isKept, share, process }: Gateway,
  scale: number,
): Promise<Measured> {
  const requests = Math.max(scenario.callers, Math.round(scenario.requests * share * scale));
  const job = {
    port,
    headers,
    body: composeBody(scenario, isKept),
    callers: scenario.callers,
    requests,
    isTimed: scenario.model === 'paced',
  };
  const before = process && readCpuMs(process);
  try {
    const outcome = await ask<Outcome>(load, job);
    const after = process && readCpuMs(process);
    const cpuMs = before === undefined || after === undefined ? undefined : (after - before) / requests;
    if (!isKept || process === undefined || after === undefined) {
      return { ...outcome, cpuMs, behindMs: undefined };
    }
    // What it has put off would be at the cost of whoever is measured next.
    await waitForRest(process);
    return { ...outcome, cpuMs, behindMs: (readCpuMs(process) - after) / requests };
  } catch (error) {
    throw new Error(`${name}, ${scenario.name}`, { cause: error });
  }
}
