import { AbortFlag } from '../abort-flag.ts';
import { ApiError } from '../api-error.ts';
import type { Caller } from './caller.ts';
import { createChatCompletion, type GatewayContext } from './create-chat-completion.ts';
import type { CreateRequest } from './plan.ts';
import { UnorderedList, type Listed } from './unordered-list.ts';

interface Run extends Listed {
  readonly abort: AbortFlag;
  readonly ended: Promise<void>;
}

/** Runs create requests and knows those that are under way: some outlive their caller. */
export class Gateway {
  readonly #context: GatewayContext;
  readonly #running = new UnorderedList<Run>();

  constructor(context: GatewayContext) {
    this.#context = context;
  }

  /** See `createChatCompletion`. */
  async createChatCompletion(request: CreateRequest, caller: Caller): Promise<void> {
    const abort = new AbortFlag();
    const ended = createChatCompletion(this.#context, request, caller, abort);
    const run: Run = { abort, ended, index: 0 };
    this.#running.add(run);
    try {
      await ended;
    } finally {
      this.#running.remove(run);
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
    await Promise.allSettled(Array.from(this.#running, ({ ended }) => ended));
  }
}
