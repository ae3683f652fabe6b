// The rounds of a run: the model answers, what it calls is run, and the results go into the next request.

import type { ChatCompletion } from '../contract/chat-completion.ts';
import type { ChatCompletionCreateParamsBase } from '../contract/create-chat-completion.ts';
import type { ChatCompletionMessageParam } from '../contract/messages.ts';
import type { ChatCompletionMessageToolCall } from '../contract/tools.ts';
import { ColloquyError } from '../errors.ts';
import type { RequestOptions } from '../options.ts';
import type { ParsedFunction } from '../schema/parsed-chat-completion.ts';
import type { AnyTool, Runner } from './runnable-tool.ts';
import { ToolBox } from './tool-box.ts';

const DEFAULT_MAX_CHAT_COMPLETIONS = 10;

/** What a run may change beside its requests. */
export interface RunnerOptions extends RequestOptions {
  /** How often the model is asked at most; then the run ends with what there is. Default: 10. */
  readonly maxChatCompletions?: number | undefined;
  /**
   * Called after each completion and the tools that it called; awaited before the next request, and before the end.
   * What it adds to `runner.messages` is part of the next request.
   */
  readonly afterCompletion?:
    | ((completion: ChatCompletion, runner: Runner) => void | Promise<void>)
    | undefined;
}

/** What runs have in common, whatever their tools and their context are. */
export interface RunParams extends Omit<ChatCompletionCreateParamsBase, 'tools'> {
  tools: readonly AnyTool[];
  toolContext?: unknown;
}

/** One request of a run. */
export type RunRequest = Omit<ChatCompletionCreateParamsBase, 'stream'>;

/** How a run asks the model, and what it adds to its conversation. */
export interface Rounds {
  readonly runner: Runner;
  /** Asks the model, and adds its answer to the conversation. */
  readonly complete: (request: RunRequest) => Promise<ChatCompletion>;
  readonly addMessage: (message: ChatCompletionMessageParam) => void;
}

/** Asks and calls until the model calls nothing more, or was asked often enough. */
export async function runRounds(
  { runner, complete, addMessage }: Rounds,
  { tools, toolContext, tool_choice = 'auto', ...params }: RunParams,
  { maxChatCompletions = DEFAULT_MAX_CHAT_COMPLETIONS, afterCompletion }: RunnerOptions,
): Promise<void> {
  if ((params.n ?? 1) > 1)
    throw new ColloquyError('n: a run follows one answer; leave n out, or use create()');
  if (!Array.isArray(tools)) throw new ColloquyError('tools: a run needs a list of tools');
  const isNamed = typeof tool_choice === 'object' && tool_choice?.type === 'function';
  const box = new ToolBox(tools, isNamed ? tool_choice.function.name : undefined);
  const isOneByOne = isNamed || params.parallel_tool_calls === false;
  for (let round = 0; round < maxChatCompletions; round += 1) {
    const messages = runner.messages.map(toRequestMessage);
    const completion = await complete({ ...params, messages, tools: box.offered, tool_choice });
    const calls = completion.choices[0]?.message.tool_calls ?? [];
    // Custom tools are the caller's own affair.
    const ours = calls.filter((call) => call.type === 'function');
    let isOver = ours.length === 0;
    for (const batch of isOneByOne ? ours.map((call) => [call]) : [ours]) {
      const results = await settle(batch.map((call) => box.call(call, runner, toolContext)));
      for (const { message } of results) addMessage(message);
      // The model was made to call this one function; asked again, it would have to call it again.
      isOver ||= isNamed && results.some(({ hasRun }) => hasRun);
      if (isOver) break;
    }
    await afterCompletion?.(completion, runner);
    if (isOver) return;
  }
}

/** Awaits all, and then throws the first error: nothing that was begun goes on unseen. */
async function settle<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/** An answer as it goes back to the model: without what only helpers know, its sound by reference. */
function toRequestMessage(message: ChatCompletionMessageParam): ChatCompletionMessageParam {
  if (message.role !== 'assistant') return message;
  const { parsed: _parsed, ...said } = message as typeof message & { parsed?: unknown };
  if (said.audio) said.audio = { id: said.audio.id };
  if (said.tool_calls) said.tool_calls = said.tool_calls.map(toRequestCall);
  return said;
}

function toRequestCall(call: ChatCompletionMessageToolCall): ChatCompletionMessageToolCall {
  if (call.type !== 'function') return call;
  const { parsed_arguments: _parsed, ...called } = call.function as ParsedFunction;
  return { ...call, function: called };
}
