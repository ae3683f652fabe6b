// What must be, and what was: the table at the end.

import { toSpread, type Spread } from '../client/statistics.ts';
import type { Table } from '../client/table.ts';
import { FIGURES, type FigureName, type Measured } from './figures.ts';
import type { GatewayName } from './gateways.ts';
import { SCENARIOS, type ScenarioName } from './scenarios.ts';

/** The rounds of each gateway in each scenario, as far as they were run. */
export type Results = ReadonlyMap<ScenarioName, ReadonlyMap<GatewayName, readonly Measured[]>>;

interface Goal {
  readonly scenario: ScenarioName;
  readonly figure: FigureName;
  readonly of: GatewayName;
  /** What it is measured by. */
  readonly by: GatewayName;
  /** As a multiple of that, or by how many milliseconds above it; at most, or at least. */
  readonly limit: { readonly atMost: number } | { readonly atLeast: number } | { readonly aboveMs: number };
}

const GOALS: readonly Goal[] = [
  ...toGoals('plain, 32 callers', 'colloquy', 'L', { cpu: { atMost: 1.25 }, rate: { atLeast: 0.8 } }),
  ...toGoals('plain, 32 callers', 'colloquy', 'Portkey', { cpu: { atMost: 1 / 15 }, rate: { atLeast: 12 } }),
  ...toGoals('plain, 1 caller', 'colloquy', 'direct', { p50: { aboveMs: 0.15 } }),
  ...toGoals('plain, 256 callers', 'colloquy', 'L', { p99: { atMost: 1.5 } }),
  ...toGoals('a 100 KB prompt', 'colloquy', 'L', { cpu: { atMost: 1.3 } }),
  ...toGoals('200 chunks, fast', 'colloquy', 'L', { chunkCpu: { atMost: 1.25 }, firstByte: { aboveMs: 1 } }),
  ...toGoals('100 chunks, paced', 'colloquy', 'L', {
    chunkCpu: { atMost: 1.25 },
    firstByte: { aboveMs: 1 },
    delayP99: { atMost: 1.25 },
  }),
  ...toGoals('plain, 32 callers', 'kept, SQLite', 'colloquy', {
    rate: { atLeast: 0.45 },
    p50: { aboveMs: 1.5 },
    cpu: { aboveMs: 0.06 },
  }),
  ...toGoals('200 chunks, fast', 'kept, SQLite', 'colloquy', {
    chunkCpu: { atMost: 1.25 },
    firstByte: { atMost: 1.1 },
  }),
  ...toGoals('100 chunks, paced', 'kept, SQLite', 'colloquy', {
    chunkCpu: { atMost: 1.25 },
    firstByte: { atMost: 1.1 },
  }),
];

function toGoals(
  scenario: ScenarioName,
  of: GatewayName,
  by: GatewayName,
  limits: Partial<Record<FigureName, Goal['limit']>>,
): Goal[] {
  return Object.entries(limits).map(([figure, limit]) => ({
    scenario,
    of,
    by,
    figure: figure as FigureName,
    limit,
  }));
}

/** A row for each goal whose two sides were measured. */
export function compareWithGoals(results: Results): Table {
  return {
    title: 'What must be: the median of the rounds, each compared within itself, and the extremes.',
    head: ['scenario', 'figure', 'of', 'measured', 'must be', ''],
    rows: GOALS.map((goal) => toRow(goal, results)).filter((row) => row !== undefined),
  };
}

function toRow(goal: Goal, results: Results): string[] | undefined {
  const scenario = SCENARIOS.find(({ name }) => name === goal.scenario);
  const rounds = results.get(goal.scenario);
  const [own, others] = [rounds?.get(goal.of), rounds?.get(goal.by)];
  if (scenario === undefined || own === undefined || others === undefined) return undefined;
  const { title, read } = FIGURES[goal.figure];
  const isDifference = 'aboveMs' in goal.limit;
  const spread = toSpread(
    own.map((round, index) => {
      const [value, other] = [read(round, scenario) ?? NaN, read(others[index] ?? round, scenario) ?? NaN];
      return isDifference ? value - other : value / other;
    }),
  );
  const by = isDifference ? `ms above ${goal.by}` : `× ${goal.by}`;
  return [goal.scenario, title, goal.of, `${format(spread)} ${by}`, ...judge(goal.limit, spread.median)];
}

function judge(limit: Goal['limit'], median: number): [string, string] {
  if ('atLeast' in limit) return [`≥ ${limit.atLeast}`, median >= limit.atLeast ? 'met' : 'missed'];
  const most = 'atMost' in limit ? limit.atMost : limit.aboveMs;
  return [`≤ ${Number(most.toFixed(3))}`, median <= most ? 'met' : 'missed'];
}

function format({ median, min, max }: Spread): string {
  const write = (value: number): string => value.toFixed(Math.abs(max) < 0.2 ? 3 : 2);
  return min === max ? write(median) : `${write(median)} (${write(min)} to ${write(max)})`;
}
