/** What each request adds: in the long run, one call in eleven is one that was made again. */
const SHARE = 0.1;
/** What may be saved up, and is there at the start: enough for the few requests that show that an upstream is down. */
const RESERVE = 20;

/**
 * How many calls may be made again because an upstream failed. Without it, an outage would be answered with several times
 * the calls that there are requests.
 */
export class RetryBudget {
  #left = RESERVE;

  /** To be called with the first call of each request. */
  add(): void {
    this.#left = Math.min(this.#left + SHARE, RESERVE);
  }

  /** Whether a call may be made again; it is then paid for. */
  take(): boolean {
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
