import { AbortFlag } from '../abort-flag.ts';
import { ApiError } from '../api-error.ts';
import type { Caller } from './caller.ts';
import { createChatCompletion, type GatewayContext } from './create-chat-completion.ts';
import type { CreateRequest } from './plan.ts';

interface Run {
  readonly abort: AbortFlag;
  readonly ended: Promise<void>;
  /** Its place in the list. */
  index: number;
}

/** Runs create requests and knows those that are under way: some outlive their caller. */
export class Gateway {
  readonly #context: GatewayContext;
  /**
   * A list, not a set or a map: each time that one of those makes itself a new table, the old one refers to it, so that
   * a table that was kept too long keeps all that come after it, with the requests in them.
   */
  readonly #running: Run[] = [];

  constructor(context: GatewayContext) {
    this.#context = context;
  }

  /** See `createChatCompletion`. */
  async createChatCompletion(request: CreateRequest, caller: Caller): Promise<void> {
    const abort = new AbortFlag();
    const ended = createChatCompletion(this.#context, request, caller, abort);
    const run: Run = { abort, ended, index: this.#running.length };
    this.#running.push(run);
    try {
      await ended;
    } finally {
      this.#remove(run);
    }
  }

  /** Breaks off what is under way: callers get an error, and what arrived of kept completions is kept. */
  abortAll(): void {
    for (const { abort } of this.#running) {
      abort.abort(new ApiError('server_stopping', 'The server is stopping. Try again in a moment.'));
    }
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running.map(({ ended }) => ended));
  }

  /** The last one takes its place. */
  #remove(run: Run): void {
    const last = this.#running.pop();
    if (last === undefined || last === run) return;
    last.index = run.index;
    this.#running[run.index] = last;
  }
}
