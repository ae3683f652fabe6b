import type { Outcome } from './load.ts';
import { CHUNKS, type Scenario } from './scenarios.ts';

export interface Measured extends Outcome {
  /** Of the gateway, for each request; undefined where there is none. */
  readonly cpuMs: number | undefined;
}

interface Column {
  readonly title: string;
  readonly digits: number;
  readonly read: (measured: Measured) => number | undefined;
}

/** A table of one scenario: medians over the rounds, and beside some their ratio to L, the median of the rounds' own. */
export function report(scenario: Scenario, measured: ReadonlyMap<string, readonly Measured[]>): string {
  const columns = chooseColumns(scenario);
  const rows = [...measured].map(([name, rounds]) => [
    name,
    ...columns.flatMap(({ digits, read }) => {
      const value = findMedian(rounds.map(read));
      const ratio = findMedian(
        rounds.map((round, index) => divide(read(round), read(measured.get('L')?.[index] ?? round))),
      );
      return [format(value, digits), measured.has('L') ? format(ratio, 2) : '–'];
    }),
  ]);
  const titles = ['', ...columns.flatMap(({ title }) => [title, '× L'])];
  return `\n${scenario.name}\n${align([titles, ...rows])}`;
}

function chooseColumns({ model }: Scenario): Column[] {
  const cpu: Column =
    model === 'plain'
      ? { title: 'CPU ms', digits: 4, read: ({ cpuMs }) => cpuMs }
      : {
          title: 'CPU µs/chunk',
          digits: 1,
          read: ({ cpuMs }) => cpuMs && (1000 * cpuMs) / CHUNKS[model],
        };
  const rate: Column = {
    title: 'requests/s',
    digits: 0,
    read: ({ requestsPerSecond }) => requestsPerSecond,
  };
  const latency: Column[] =
    model === 'plain'
      ? [
          { title: 'p50 ms', digits: 2, read: ({ latencyMs }) => latencyMs.p50 },
          { title: 'p99 ms', digits: 2, read: ({ latencyMs }) => latencyMs.p99 },
        ]
      : [{ title: 'first byte ms', digits: 2, read: ({ firstByteMs }) => firstByteMs.p50 }];
  const delays: Column[] =
    model === 'paced'
      ? [
          { title: 'delay p50', digits: 2, read: ({ delayMs }) => delayMs?.p50 },
          { title: 'delay p99', digits: 2, read: ({ delayMs }) => delayMs?.p99 },
        ]
      : [];
  return [cpu, ...(model === 'paced' ? [] : [rate]), ...latency, ...delays];
}

function divide(value: number | undefined, by: number | undefined): number | undefined {
  return value === undefined || by === undefined ? undefined : value / by;
}

function findMedian(values: ReadonlyArray<number | undefined>): number | undefined {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return known[Math.floor(known.length / 2)];
}

function format(value: number | undefined, digits: number): string {
  return value === undefined ? '–' : value.toFixed(digits);
}

function align(rows: ReadonlyArray<readonly string[]>): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    )
    .join('\n');
}
