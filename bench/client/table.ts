// Tables as Markdown, so that a README can quote them as they are printed, and how figures are written in them.

import type { Spread } from './statistics.ts';

export interface Table {
  /** A sentence before the table. */
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function formatTable({ title, head, rows }: Table): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const formatRow = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [title, '', formatRow(head), rule, ...rows.map(formatRow)].join('\n');
}

/** `1.13 × (1.08–1.20)`: the median, and the extremes of all rounds if there were several. */
export function formatSpread({ median, min, max }: Spread, unit: string): string {
  const write = (figure: number) => figure.toFixed(max < 20 ? 2 : 0);
  const extremes = min === max ? '' : ` (${write(min)}–${write(max)})`;
  return `${write(median)} ${unit}${extremes}`;
}

/** `≤ 1.15 ×: met` */
export function formatLimit(figure: number, limit: number, unit: string): string {
  return `≤ ${limit} ${unit}: ${figure <= limit ? 'met' : 'missed'}`;
}
