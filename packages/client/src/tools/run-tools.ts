import type { ChatCompletionCreateParamsBase } from '../contract/create-chat-completion.ts';
import type { ResponseFormat } from '../contract/response-format.ts';
import type { ClientOptions } from '../options.ts';
import type { ParsedContent } from '../schema/parsed-chat-completion.ts';
import { ChatCompletionRunner } from './chat-completion-runner.ts';
import { ChatCompletionStreamingRunner } from './chat-completion-streaming-runner.ts';
import type { RunnableTools } from './runnable-tool.ts';
import type { RunnerOptions, RunParams } from './tool-rounds.ts';

/** The arguments of each tool; the empty list makes the compiler see a tuple. */
export type ToolArgs = readonly unknown[] | [];

/** A run's request: tools come with their functions. */
export interface ChatCompletionToolRunnerParams<
  Args extends ToolArgs = readonly unknown[],
  ToolContext = unknown,
  Format extends ResponseFormat = ResponseFormat,
  IsStream extends boolean = boolean,
> extends Omit<ChatCompletionCreateParamsBase, 'tools' | 'response_format' | 'stream'> {
  /** What the model may call. */
  tools: RunnableTools<Args, ToolContext>;
  /** What the model's words must look like; `standardResponseFormat` also reads them. */
  response_format?: Format | undefined;
  /** Whether each completion arrives as a stream, its events with it. */
  stream?: IsStream | undefined;
}

/** What runs the tools, by whether it streams. */
export type RunnerOf<IsStream extends boolean, ParsedT> = IsStream extends true
  ? ChatCompletionStreamingRunner<ParsedT>
  : ChatCompletionRunner<ParsedT>;

/**
 * Asks a model, runs the functions that it calls, and asks again with what they gave back, until it calls nothing
 * more. `toolContext` is given to each function.
 *
 * A call of an unknown function, and arguments that cannot be parsed, are told to the model, which may try again. An
 * error that a function throws ends the run. Calls of one answer run at the same time, unless `parallel_tool_calls` is
 * false. Made to call one function, by `tool_choice`, the model is not asked again once that has run.
 *
 * @example
 * const runner = runTools(options, {
 *   model: 'gpt-5',
 *   messages,
 *   tools: [standardFunction({ name: 'weather', parameters: z.object({ city: z.string() }), function: findWeather })],
 * });
 * console.log(await runner.finalContent());
 */
export function runTools<
  Args extends ToolArgs,
  ToolContext,
  Format extends ResponseFormat = never,
  IsStream extends boolean = false,
  ParsedT = ParsedContent<Format>,
>(
  options: ClientOptions,
  params: ChatCompletionToolRunnerParams<Args, ToolContext, Format, IsStream> & { toolContext: ToolContext },
  runnerOptions?: RunnerOptions,
): RunnerOf<IsStream, ParsedT>;
export function runTools<
  Args extends ToolArgs,
  Format extends ResponseFormat = never,
  IsStream extends boolean = false,
  ParsedT = ParsedContent<Format>,
>(
  options: ClientOptions,
  params: ChatCompletionToolRunnerParams<Args, unknown, Format, IsStream> & { toolContext?: undefined },
  runnerOptions?: RunnerOptions,
): RunnerOf<IsStream, ParsedT>;
export function runTools<ParsedT>(
  options: ClientOptions,
  params: RunParams,
  runnerOptions?: RunnerOptions,
): ChatCompletionRunner<ParsedT> | ChatCompletionStreamingRunner<ParsedT> {
  const Runner = params.stream ? ChatCompletionStreamingRunner : ChatCompletionRunner;
  return Runner.runTools<ParsedT>(options, params, runnerOptions);
}
