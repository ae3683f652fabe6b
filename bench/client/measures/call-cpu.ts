// CPU time of a plain call with a small answer, one after the other over one connection.

import { runRounds, type Effort } from '../rounds.ts';
import { toCpuRow } from './cpu-row.ts';

export async function measureCallCpu(origin: string, calls: number, effort: Effort): Promise<string[][]> {
  const results = await runRounds([{ job: 'call', times: calls, origin }], effort);
  return results.map((result) =>
    toCpuRow('a plain call', result, calls, { colloquy: 1.2, 'colloquy-node': 0.4 }),
  );
}
