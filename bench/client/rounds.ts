// Measures CPU time in rounds. Each has fresh processes, one for each subject; in it they take turns at every job, one
// at a time, in an order drawn anew. What the machine does meanwhile, it does to all of them.

import type { Order } from './processes/orders.ts';
import { Worker } from './processes/processes.ts';
import { SUBJECTS, type SubjectName } from './subjects/subjects.ts';

/** Who has used up so much CPU time, in microseconds, has no more turns at a job of a round. */
const PATIENCE_MICROS = 2_000_000;

export interface Effort {
  /** Another round begins if it is likely to end within this time; one there is always. */
  readonly seconds: number;
  /** Turns of each subject at each job of a round. The first ones make it warm: the quickest one counts. */
  readonly turns: number;
}

export type Task = Omit<Order, 'measure'>;

export interface Result {
  /** The CPU time of each round's quickest turn, in microseconds: what else the machine does can only add to it. */
  readonly micros: number[];
  /** How often text was handed out. */
  pieces: number;
  /** Why there is nothing else. */
  error?: string;
}

export type Results = Readonly<Record<SubjectName, Result>>;

/** Resolves with the results of each task, in the order of the tasks. */
export async function runRounds(tasks: readonly Task[], { seconds, turns }: Effort): Promise<Results[]> {
  const contests = tasks.map((task) => ({
    task,
    results: newRecord((): Result => ({ micros: [], pieces: 0 })),
  }));
  const start = performance.now();
  let rounds = 0;
  let elapsed = 0;
  do {
    await runRound(contests, turns);
    rounds += 1;
    elapsed = performance.now() - start;
  } while (elapsed + elapsed / rounds < seconds * 1000);
  return contests.map(({ results }) => results);
}

interface Contest {
  readonly task: Task;
  readonly results: Results;
}

async function runRound(contests: readonly Contest[], turns: number): Promise<void> {
  const workers = await Promise.all(
    SUBJECTS.map(async (name) => ({ name, worker: await Worker.start(name) })),
  );
  for (const contest of contests) {
    const figures = newRecord((): number[] => []);
    for (let turn = 0; turn < turns; turn += 1) {
      for (const { name, worker } of shuffle(workers)) {
        const result = contest.results[name];
        if (result.error !== undefined || sum(figures[name]) > PATIENCE_MICROS) continue;
        const answer = await worker.ask({ ...contest.task, measure: 'cpu' });
        if ('error' in answer) {
          result.error = answer.error;
        } else {
          figures[name].push(answer.figure);
          result.pieces = answer.pieces;
        }
      }
    }
    for (const name of SUBJECTS) contest.results[name].micros.push(Math.min(...figures[name]));
  }
  await Promise.all(workers.map(({ worker }) => worker.stop()));
}

function sum(figures: readonly number[]): number {
  return figures.reduce((total, figure) => total + figure, 0);
}

function newRecord<T>(newValue: () => T): Record<SubjectName, T> {
  return Object.fromEntries(SUBJECTS.map((name) => [name, newValue()])) as Record<SubjectName, T>;
}

function shuffle<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
