export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

/** Sorts the values. */
export function findQuantiles(values: number[]): Quantiles {
  values.sort((a, b) => a - b);
  const at = (quantile: number): number => values[Math.floor(quantile * (values.length - 1))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
