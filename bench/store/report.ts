// The figures of one store at one size: printed as they come, the times kept for the plot.

export interface Figure {
  readonly store: 'SQLite' | 'PostgreSQL';
  readonly records: number;
  readonly name: string;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export class Report {
  readonly figures: Figure[] = [];
  readonly #store: Figure['store'];
  readonly #records: number;

  constructor(store: Figure['store'], records: number) {
    this.#store = store;
    this.#records = records;
    console.log(`\n## ${records.toLocaleString('en')} records in ${store}\n`);
  }

  say(name: string, figure: string): void {
    console.log(`${name.padEnd(48)} ${figure}`);
  }

  /** Of latencies in milliseconds, which are sorted. */
  sayTimes(name: string, latencies: number[], { before = '', after = '' } = {}): void {
    const sorted = latencies.sort((a, b) => a - b);
    const at = (share: number): number =>
      sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? NaN;
    const [p50Ms, p95Ms] = [at(0.5), at(0.95)];
    this.figures.push({ store: this.#store, records: this.#records, name, p50Ms, p95Ms });
    const times = `p50 ${p50Ms.toFixed(2)} ms, p95 ${p95Ms.toFixed(2)} ms, worst ${at(1).toFixed(1)} ms`;
    this.say(name, `${before}${times}${after}`);
  }

  /** Calls one after another. */
  async timeEach(name: string, times: number, call: () => Promise<unknown>): Promise<void> {
    const latencies: number[] = [];
    for (let time = 0; time < times; time++) {
      const before = performance.now();
      await call();
      latencies.push(performance.now() - before);
    }
    this.sayTimes(name, latencies);
  }
}
