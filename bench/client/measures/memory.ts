// What is held while a long stream is read and its text kept, and what is left behind on a signal that calls share.

import type { Order } from '../processes/orders.ts';
import { Worker } from '../processes/processes.ts';
import { SUBJECTS } from '../subjects/subjects.ts';
import { formatError } from './cpu-row.ts';

const CALLS = 100;

interface Row {
  readonly name: string;
  readonly order: Order;
  readonly format: (figure: number) => string;
}

export async function measureMemory(origin: string, chunks: number): Promise<string[][]> {
  const stream = { shape: 'socket, packets of 16 KiB', content: 'prose', count: chunks } as const;
  const shortStream = { ...stream, count: 10 };
  // The first one needs a process that has done nothing else.
  const rows: readonly Row[] = [
    {
      name: `the most that the process holds while it reads ${chunks} chunks`,
      order: { measure: 'memory', job: 'iterate', times: 1, origin, stream },
      format: (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`,
    },
    {
      name: `listeners left on a signal after ${CALLS} calls`,
      order: { measure: 'listeners', job: 'call', times: CALLS, origin },
      format: String,
    },
    {
      name: `listeners left on a signal after ${CALLS} streams`,
      order: { measure: 'listeners', job: 'iterate', times: CALLS, origin, stream: shortStream },
      format: String,
    },
  ];
  const columns: string[][] = [];
  for (const subject of SUBJECTS) {
    const worker = await Worker.start(subject);
    const cells: string[] = [];
    for (const { order, format } of rows) {
      const answer = await worker.ask(order);
      cells.push('error' in answer ? formatError(answer.error) : format(answer.figure));
    }
    await worker.stop();
    columns.push(cells);
  }
  return rows.map(({ name }, row) => [name, ...columns.map((cells) => cells[row] ?? '')]);
}
