// CPU time of a chunk: iterating streams of every shape, and getting the completion of a stream.

import { runRounds, type Effort } from '../rounds.ts';
import { findShape, SHAPE_NAMES, type Shape } from '../streams.ts';
import type { Job } from '../subjects/subject.ts';
import { toCpuRow, type MostTimes } from './cpu-row.ts';

export interface StreamSizes {
  /** Chunks with text. */
  readonly chunks: number;
  /** The same, of a stream that the server sends slowly. */
  readonly slowChunks: number;
}

interface StreamRow {
  readonly name: string;
  readonly job: Job;
  readonly shape: Shape;
  readonly most: MostTimes;
}

const MERGED_SHAPE = 'socket, packets of 16 KiB';

const ROWS: readonly StreamRow[] = [
  ...SHAPE_NAMES.map((shape) => ({
    name: `iterate a chunk: ${shape}`,
    job: 'iterate' as const,
    shape,
    most: { colloquy: 1.15, ...(findShape(shape).from === 'socket' && { 'colloquy-node': 0.95 }) },
  })),
  { name: 'merge a chunk into the completion', job: 'merge', shape: MERGED_SHAPE, most: { colloquy: 1.35 } },
  { name: 'the same, with a listener for text', job: 'listen', shape: MERGED_SHAPE, most: { colloquy: 1.6 } },
];

export async function measureStreamCpu(
  origin: string,
  sizes: StreamSizes,
  effort: Effort,
): Promise<string[][]> {
  const tasks = ROWS.map(({ job, shape }) => {
    const count = findShape(shape).pauseMs === undefined ? sizes.chunks : sizes.slowChunks;
    return { job, times: 1, origin, stream: { shape, content: 'prose' as const, count } };
  });
  const results = await runRounds(tasks, effort);
  return ROWS.map(({ name, most }, index) => {
    const [task, result] = [tasks[index], results[index]];
    if (task === undefined || result === undefined) throw new RangeError(`No result for ${name}`);
    return toCpuRow(name, result, task.stream.count, most);
  });
}
