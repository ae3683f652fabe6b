// The functions behind a run's tools: what the model is told of them, and one call of one of them.

import type { ChatCompletionToolMessageParam } from '../contract/messages.ts';
import type { ChatCompletionMessageFunctionToolCall, ChatCompletionTool } from '../contract/tools.ts';
import { APIUserAbortError, ColloquyError } from '../errors.ts';
import type { AutoParseableTool } from '../schema/parsed-chat-completion.ts';
import type { AnyTool, Runner } from './runnable-tool.ts';

interface Callable {
  readonly function: (args: unknown, runner: Runner, toolContext: unknown) => unknown;
  readonly parse: ((args: string) => unknown) | undefined;
}

export class ToolBox {
  /** The tools as the model is told of them. JSON leaves out the functions in them. */
  readonly offered: ChatCompletionTool[];
  readonly #callables = new Map<string, Callable>();

  /** Calls only the function named `only`, if that is given. Throws `ColloquyError` at a tool without a function. */
  constructor(tools: readonly AnyTool[], only: string | undefined) {
    this.offered = tools.map((tool) => {
      if (tool.type !== 'function') return tool;
      const { $callback, $parseRaw } = tool as Partial<AutoParseableTool<unknown>>;
      // Some tools have these members, the others those above.
      const definition = tool.function as Partial<Callable> & { name?: string };
      const { function: callback = $callback, parse = $parseRaw, name = callback?.name ?? '' } = definition;
      if (callback === undefined) throw new ColloquyError(`tools: "${name}" has no function to run`);
      if (only === undefined || only === name) this.#callables.set(name, { function: callback, parse });
      const offer = { ...tool, function: { ...tool.function, name } } as ChatCompletionTool;
      return Object.defineProperty(offer, '$parseRaw', { value: forgive($parseRaw ?? JSON.parse) });
    });
  }

  /**
   * Calls a function. What the model did wrong is told to it, so that it may try again; what the function throws is
   * thrown.
   */
  async call(
    { id, function: { name, arguments: args } }: ChatCompletionMessageFunctionToolCall,
    runner: Runner,
    toolContext: unknown,
  ): Promise<{ message: ChatCompletionToolMessageParam; hasRun: boolean }> {
    const answer = (content: string, hasRun = false) => ({
      message: { role: 'tool', tool_call_id: id, content } as const,
      hasRun,
    });
    const callable = this.#callables.get(name);
    if (callable === undefined) {
      const names = [...this.#callables.keys()].map((known) => JSON.stringify(known)).join(', ');
      return answer(
        `Invalid tool_call: ${JSON.stringify(name)}. Available options are: ${names}. Please try again`,
      );
    }
    let value: unknown = args;
    try {
      if (callable.parse !== undefined) value = await callable.parse(args);
    } catch (error) {
      return answer(error instanceof Error ? error.message : String(error));
    }
    const { signal } = runner.controller;
    if (signal.aborted) throw new APIUserAbortError(signal.reason);
    const result = await callable.function(value, runner, toolContext);
    return answer(toText(result), true);
  }
}

/** Some values have no JSON; `undefined` is what functions return that have nothing to say. */
function toText(result: unknown): string {
  if (typeof result === 'string') return result;
  const json: string | undefined = JSON.stringify(result);
  return json ?? 'undefined';
}

/** The same, but null for what cannot be read: the model is told of that, and the run goes on. */
function forgive(read: (text: string) => unknown): (text: string) => unknown {
  return (text) => {
    try {
      return read(text);
    } catch {
      return null;
    }
  };
}
