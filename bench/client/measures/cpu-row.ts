// A row of the table of CPU times: the limit's time, and everyone else's as a multiple of it.

import type { Results } from '../rounds.ts';
import { median, toRatios, toSpread } from '../statistics.ts';
import { SUBJECTS, TITLES, type SubjectName } from '../subjects/subjects.ts';
import { formatLimit, formatSpread } from '../table.ts';

/** What a subject's multiple must not exceed. */
export type MostTimes = Partial<Record<SubjectName, number>>;

/** `units` are what a turn consists of: its chunks or calls. */
export function toCpuRow(name: string, results: Results, units: number, most: MostTimes): string[] {
  const cells = SUBJECTS.map((subject) => {
    const { micros, error } = results[subject];
    if (error !== undefined) return formatError(error);
    if (subject === 'limit') return `${(median(micros) / units).toFixed(2)} µs`;
    return formatSpread(toSpread(toRatios(micros, results.limit.micros)), '×');
  });
  const verdicts = SUBJECTS.filter((subject) => subject in most).map((subject, _, all) => {
    const times = median(toRatios(results[subject].micros, results.limit.micros));
    const verdict = formatLimit(times, most[subject] ?? NaN, '×');
    return all.length === 1 ? verdict : `${TITLES[subject]} ${verdict}`;
  });
  return [name, ...cells, String(results.limit.micros.length), verdicts.join(' · ')];
}

/** Failures are shown; what a subject does not offer is no failure. */
export function formatError(error: string): string {
  return error.endsWith('no way to do it') ? '—' : `failed: ${error}`;
}
