/** The machine's monotonic clock in milliseconds: the same for all processes. */
export function readClockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
