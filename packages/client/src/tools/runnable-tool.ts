// Tools that can be run: what the model is told, and the function behind it.

import type { ChatCompletionCustomTool, FunctionDefinition, FunctionParameters } from '../contract/tools.ts';
import type { AutoParseableTool } from '../schema/parsed-chat-completion.ts';
import type { ChatCompletionRunner } from './chat-completion-runner.ts';
import type { ChatCompletionStreamingRunner } from './chat-completion-streaming-runner.ts';

/** What a function may look at, and stop, while it runs. */
export type Runner = ChatCompletionRunner<unknown> | ChatCompletionStreamingRunner<unknown>;

interface RunnableDefinition extends Omit<FunctionDefinition, 'name' | 'parameters'> {
  /** Default: the name of `function`. */
  name?: string | undefined;
  /** The JSON Schema of the arguments. */
  parameters: FunctionParameters | object;
}

/** A function that takes its arguments as the model writes them. */
export interface RunnableFunctionWithoutParse<ToolContext = unknown> extends RunnableDefinition {
  /** What it returns is sent to the model: text as it is, anything else as JSON. What it throws ends the run. */
  function: (args: string, runner: Runner, toolContext: ToolContext) => unknown;
  parse?: undefined;
}

/** A function that takes its arguments as a value. */
export interface RunnableFunctionWithParse<Args, ToolContext = unknown> extends RunnableDefinition {
  /** What it returns is sent to the model: text as it is, anything else as JSON. What it throws ends the run. */
  function: (args: Args, runner: Runner, toolContext: ToolContext) => unknown;
  /** Makes a value of what the model writes. What it throws is sent to the model, which may try again. */
  parse: (args: string) => Args | Promise<Args>;
}

/** A tool for `runTools`, its function within. */
export interface RunnableToolFunctionWithoutParse<ToolContext = unknown> {
  type: 'function';
  function: RunnableFunctionWithoutParse<ToolContext>;
}

/** A tool for `runTools`, its function within. */
export interface RunnableToolFunctionWithParse<Args, ToolContext = unknown> {
  type: 'function';
  function: RunnableFunctionWithParse<Args, ToolContext>;
}

/** A tool for `runTools`; a custom one is only passed on. */
export type RunnableTool<Args, ToolContext = unknown> =
  | RunnableToolFunctionWithParse<Args, ToolContext>
  | RunnableToolFunctionWithoutParse<ToolContext>
  | AutoParseableTool<any, true>
  | ChatCompletionCustomTool;

/** Any of them: that its parts fit together was checked where it was written. */
export type AnyTool = RunnableTool<any, any>;

/** Tools for `runTools`, of which each has arguments of its own. */
export type RunnableTools<Args extends readonly unknown[], ToolContext = unknown> = {
  readonly [Index in keyof Args]: RunnableTool<Args[Index], ToolContext>;
};
