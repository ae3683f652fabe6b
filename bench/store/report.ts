// How figures are printed.

export function report(name: string, figure: string): void {
  console.log(`${name.padEnd(48)} ${figure}`);
}

/** Of times in milliseconds, which are sorted. */
export function describe(latencies: number[]): string {
  const sorted = latencies.sort((a, b) => a - b);
  const at = (share: number): string => sorted[Math.floor(sorted.length * share)]?.toFixed(2) ?? '–';
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, worst ${sorted.at(-1)?.toFixed(1)} ms`;
}

/** Calls one after another. */
export async function timeEach(name: string, times: number, call: () => Promise<unknown>): Promise<void> {
  const latencies: number[] = [];
  for (let time = 0; time < times; time++) {
    const before = performance.now();
    await call();
    latencies.push(performance.now() - before);
  }
  report(name, describe(latencies));
}
