import { AbortFlag } from '../abort-flag.ts';
import { ApiError } from '../api-error.ts';
import type { Caller } from './caller.ts';
import { createChatCompletion, type GatewayContext } from './create-chat-completion.ts';
import type { CreateRequest } from './plan.ts';

/** Runs create requests and knows those that are under way: some outlive their caller. */
export class Gateway {
  readonly #context: GatewayContext;
  readonly #running = new Map<AbortFlag, Promise<void>>();

  constructor(context: GatewayContext) {
    this.#context = context;
  }

  /** See `createChatCompletion`. */
  async createChatCompletion(request: CreateRequest, caller: Caller): Promise<void> {
    const abort = new AbortFlag();
    const run = createChatCompletion(this.#context, request, caller, abort);
    this.#running.set(abort, run);
    try {
      await run;
    } finally {
      this.#running.delete(abort);
    }
  }

  /** Breaks off what is under way: callers get an error, and what arrived of kept completions is kept. */
  abortAll(): void {
    for (const abort of this.#running.keys()) {
      abort.abort(new ApiError('server_stopping', 'The server is stopping. Try again in a moment.'));
    }
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running.values());
  }
}
