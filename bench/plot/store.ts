// Draws how the cost of a store grows with its size: from the figures that bench/store kept, to an SVG.
//
//   node bench/plot/store.ts FIGURES.json PLOT.svg

import { readFileSync, writeFileSync } from 'node:fs';

import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

import type { Figure } from '../store/report.ts';

/** What is drawn, and under which name: of the lists one of each kind, by the page that costs more. */
const LINES: Readonly<Record<string, string>> = {
  get: 'get',
  'list: everything, deep page': 'list: everything',
  'list: model, 1 %, deep page': 'list: model',
  'list: one pair, a hundred records, deep page': 'list: one pair',
  'list: two pairs, 50 % and 2 %, deep page': 'list: two pairs',
  'list: q: one word, first page': 'search: one word',
  'list: q: a phrase of three words, first page': 'search: a phrase',
  'insert 500, 1 callers': 'create, synced',
  update: 'update, synced',
  delete: 'delete, synced',
};

/** What the axes are marked with. */
const POWERS = [0.01, 0.1, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000];

const [source, target] = process.argv.slice(2);
if (source === undefined || target === undefined) throw new Error('usage: store.ts FIGURES.json PLOT.svg');

const figures = JSON.parse(readFileSync(source, 'utf8')) as readonly Figure[];
const { spec } = compile(describePlot(figures.filter(({ name }) => name in LINES)));
writeFileSync(target, `${await new View(parse(spec), { renderer: 'none' }).toSVG()}\n`);

/** Both axes go by powers of ten: what grows with the size is a line that rises as the size does. */
function describePlot(drawn: readonly Figure[]): TopLevelSpec {
  return {
    background: 'white',
    padding: 8,
    data: { values: drawn.map(({ name, ...figure }) => ({ ...figure, name: LINES[name] })) },
    facet: { column: { field: 'store', type: 'nominal', title: null, sort: 'descending' } },
    spec: {
      width: 300,
      height: 320,
      mark: { type: 'line', point: true },
      encoding: {
        x: {
          field: 'records',
          type: 'quantitative',
          scale: { type: 'log' },
          title: 'completions in the store',
          axis: { values: POWERS },
        },
        y: {
          field: 'p50Ms',
          type: 'quantitative',
          scale: { type: 'log', nice: false },
          title: 'median, ms',
          axis: { values: POWERS },
        },
        color: {
          field: 'name',
          type: 'nominal',
          title: null,
          sort: Object.values(LINES),
          scale: { scheme: 'tableau10' },
        },
      },
    },
  };
}
