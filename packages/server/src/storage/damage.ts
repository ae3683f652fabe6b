/** What is no longer what was kept. */
export interface Damage {
  /** Undefined if it is not in a record. */
  readonly project?: string;
  readonly id?: string;
  /** What is wrong, in words. */
  readonly reason: string;
}
