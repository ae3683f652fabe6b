// What is read from a measured round of a scenario.

import type { Outcome } from './load.ts';
import { CHUNKS, type Scenario } from './scenarios.ts';

export interface Measured extends Outcome {
  /** Of the gateway, for each request; undefined where there is none. */
  readonly cpuMs: number | undefined;
  /** What it does of that afterwards, when nobody waits: the index of words of what is kept. */
  readonly behindMs: number | undefined;
}

export interface Figure {
  readonly title: string;
  readonly digits: number;
  readonly read: (measured: Measured, scenario: Scenario) => number | undefined;
}

export const FIGURES = {
  cpu: { title: 'CPU ms', digits: 4, read: ({ cpuMs }) => cpuMs },
  chunkCpu: {
    title: 'CPU µs/chunk',
    digits: 1,
    read: ({ cpuMs }, { model }) =>
      cpuMs === undefined || model === 'plain' ? undefined : (1000 * cpuMs) / CHUNKS[model],
  },
  behind: { title: 'CPU ms behind', digits: 4, read: ({ behindMs }) => behindMs },
  rate: { title: 'requests/s', digits: 0, read: ({ requestsPerSecond }) => requestsPerSecond },
  p50: { title: 'p50 ms', digits: 2, read: ({ latencyMs }) => latencyMs.p50 },
  p99: { title: 'p99 ms', digits: 2, read: ({ latencyMs }) => latencyMs.p99 },
  firstByte: { title: 'first event ms', digits: 2, read: ({ firstByteMs }) => firstByteMs.p50 },
  delayP50: { title: 'delay p50', digits: 2, read: ({ delayMs }) => delayMs?.p50 },
  delayP99: { title: 'delay p99', digits: 2, read: ({ delayMs }) => delayMs?.p99 },
} as const satisfies Readonly<Record<string, Figure>>;

export type FigureName = keyof typeof FIGURES;

/** The columns of a scenario's table. */
export function chooseFigures({ model }: Scenario): readonly FigureName[] {
  if (model === 'plain') return ['cpu', 'behind', 'rate', 'p50', 'p99'];
  if (model === 'fast') return ['chunkCpu', 'behind', 'rate', 'firstByte'];
  return ['chunkCpu', 'behind', 'firstByte', 'delayP50', 'delayP99'];
}
