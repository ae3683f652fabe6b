// How the CPU time of a delta of structured output, with a look at the value after each, grows with the stream.

import { runRounds, type Effort } from '../rounds.ts';
import { median, toRatios, toSpread } from '../statistics.ts';
import { SUBJECTS } from '../subjects/subjects.ts';
import { formatLimit, formatSpread } from '../table.ts';
import { formatError } from './cpu-row.ts';

const SHORT = 1000;
const LONG = 8000;
const MOST_TIMES = 1.3;

/** The long stream is read `times` times in a turn, the short one as often as makes as many deltas. */
export async function measureStructuredOutput(
  origin: string,
  times: number,
  effort: Effort,
): Promise<string[]> {
  const [short, long] = await runRounds(
    [SHORT, LONG].map((count) => ({
      job: 'parse' as const,
      times: (times * LONG) / count,
      origin,
      // The requests themselves, of which the short streams need more, shall not count.
      stream: { shape: 'memory, one event per read' as const, content: 'json' as const, count },
    })),
    effort,
  );
  if (short === undefined || long === undefined) throw new RangeError('No results');
  const cells = SUBJECTS.map((subject) => {
    const error = short[subject].error ?? long[subject].error;
    if (error !== undefined) return formatError(error);
    const fresh = Math.floor((100 * long[subject].pieces) / LONG);
    const growth = formatSpread(toSpread(toRatios(long[subject].micros, short[subject].micros)), '×');
    return `${growth}; fresh at ${fresh} %`;
  });
  const growth = median(toRatios(long.colloquy.micros, short.colloquy.micros));
  return [
    `a delta of ${LONG} over one of ${SHORT}, structured`,
    ...cells,
    String(long.colloquy.micros.length),
    formatLimit(growth, MOST_TIMES, '×'),
  ];
}
