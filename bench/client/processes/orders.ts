// What the parent may ask of a subject's process, and what it answers.

import type { StreamPlan } from '../streams.ts';
import type { Job } from '../subjects/subject.ts';

export interface Order {
  readonly measure: 'cpu' | 'memory' | 'listeners';
  readonly job: Job;
  /** How often the job is done, one after the other. */
  readonly times: number;
  /** Of the server. */
  readonly origin: string;
  /** What is streamed; a plain call without. */
  readonly stream?: StreamPlan;
}

export type Answer = Measured | { readonly error: string };

export interface Measured {
  /**
   * For `cpu` the time of all threads, in the kernel too, in microseconds; for `memory` the most that the process has
   * held, in bytes; for `listeners` how many are left on a signal that all the calls were given.
   */
  readonly figure: number;
  /** How often text was handed out, the last time. */
  readonly pieces: number;
}
