import { median, toRatios } from '../client/statistics.ts';
import type { Table } from '../client/table.ts';
import { chooseFigures, FIGURES, type FigureName, type Measured } from './figures.ts';
import type { GatewayName } from './gateways.ts';
import type { Scenario } from './scenarios.ts';

/** A table of one scenario: medians over the rounds, and beside each its ratio to L, the median of the rounds' own. */
export function report(scenario: Scenario, measured: ReadonlyMap<GatewayName, readonly Measured[]>): Table {
  const names = chooseFigures(scenario);
  const limit = measured.get('L');
  const readAll = (name: FigureName, rounds: readonly Measured[]): number[] =>
    rounds.map((round) => FIGURES[name].read(round, scenario) ?? NaN);
  const rows = [...measured].map(([gateway, rounds]) => [
    gateway,
    ...names.flatMap((name) => {
      const values = readAll(name, rounds);
      const ratio = limit === undefined ? NaN : median(toRatios(values, readAll(name, limit)));
      return [format(median(values), FIGURES[name].digits), format(ratio, 2)];
    }),
  ]);
  const head = ['', ...names.flatMap((name) => [FIGURES[name].title, '× L'])];
  return { title: `**${scenario.name}**`, head, rows };
}

function format(value: number, digits: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(digits);
}
