// When words are indexed: in the writing thread, where nothing else waits.

import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';

import type { CallMessage } from './call-message.ts';
import type { SqliteWriter } from './writer.ts';

/** How long no call must have come before words are indexed. */
const PAUSE_MS = 5;
/** In a rush, the callers need the processor for longer than that. */
const RUSH_PAUSE_MS = 250;
/** So many calls in a second are a rush. */
const RUSH_CALLS = 500;

/** Indexes words when no call came for a moment, and makes way for the next one. */
export class Indexing {
  readonly #port: MessagePort;
  readonly #writer: SqliteWriter;
  readonly #take: (message: CallMessage) => void;
  #timer: NodeJS.Timeout | undefined;
  /** Since when calls are counted, for a second, and how many there were. */
  #countedSince = 0;
  #calls = 0;

  /** `take` gets what comes meanwhile. */
  constructor(port: MessagePort, writer: SqliteWriter, take: (message: CallMessage) => void) {
    this.#port = port;
    this.#writer = writer;
    this.#take = take;
  }

  /** To be called after calls, with their number and that of the writes among them. */
  follow(calls: number, writes: number): void {
    this.#try(() => this.#writer.indexFor(writes));
    this.#count(calls);
    this.#schedule(this.#calls > RUSH_CALLS ? RUSH_PAUSE_MS : PAUSE_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #count(calls: number): void {
    const now = performance.now();
    if (now - this.#countedSince > 1000) {
      this.#countedSince = now;
      this.#calls = 0;
    }
    this.#calls += calls;
  }

  #schedule(pauseMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), pauseMs);
  }

  #run(): void {
    let arrived: CallMessage | undefined;
    const isQuiet = (): boolean => {
      arrived ??= receiveMessageOnPort(this.#port)?.message as CallMessage | undefined;
      return arrived === undefined;
    };
    const isDone = this.#try(() => this.#writer.indexSome(isQuiet)) ?? true;
    if (arrived !== undefined) this.#take(arrived);
    else if (!isDone) this.#schedule(0);
  }

  /** What fails stays to be done: the next call brings the next chance. */
  #try<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch {
      return undefined;
    }
  }
}
