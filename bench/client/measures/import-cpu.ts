// CPU time of importing, each time in a fresh process, less that of an empty module.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { median, toSpread } from '../statistics.ts';
import { IMPORTS, SUBJECTS, type SubjectName } from '../subjects/subjects.ts';
import { formatSpread } from '../table.ts';

const MOST_MS = 5;
const LEAST_TIMES_LESS = 15;

/** Runs in the folder of the subjects, from which Node finds what they import. */
const PROBE = `
const names = process.argv.slice(1);
const start = process.cpuUsage();
for (const name of names) await import(name);
const { user, system } = process.cpuUsage(start);
console.log(user + system);
`;

export async function measureImportCpu(runs: number): Promise<string[]> {
  const millis = new Map<SubjectName, number[]>(SUBJECTS.map((name) => [name, []]));
  for (let run = 0; run < runs; run += 1) {
    const empty = await importAlone(['data:text/javascript,']);
    for (const name of SUBJECTS) {
      if (IMPORTS[name].length === 0) continue;
      millis.get(name)?.push((await importAlone(IMPORTS[name])) - empty);
    }
  }
  const cells = SUBJECTS.map((name) => {
    const figures = millis.get(name) ?? [];
    return figures.length === 0 ? '—' : formatSpread(toSpread(figures), 'ms');
  });
  const [ours, theirs] = [median(millis.get('colloquy') ?? []), median(millis.get('openai') ?? [])];
  const isMet = ours <= MOST_MS || ours * LEAST_TIMES_LESS <= theirs;
  return [
    'import',
    ...cells,
    String(runs),
    `≤ ${MOST_MS} ms or 1/${LEAST_TIMES_LESS} of \`openai\`: ${isMet ? 'met' : 'missed'}`,
  ];
}

async function importAlone(names: readonly string[]): Promise<number> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', PROBE, '--', ...names],
    { cwd: join(import.meta.dirname, '../subjects') },
  );
  return Number(stdout) / 1000;
}
