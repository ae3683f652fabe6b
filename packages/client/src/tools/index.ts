export { ChatCompletionRunner, type ChatCompletionRunnerEvents } from './chat-completion-runner.ts';
export { ChatCompletionStreamingRunner } from './chat-completion-streaming-runner.ts';
export { runTools, type ChatCompletionToolRunnerParams, type RunnerOf, type ToolArgs } from './run-tools.ts';
export type {
  RunnableFunctionWithoutParse,
  RunnableFunctionWithParse,
  RunnableTool,
  RunnableToolFunctionWithoutParse,
  RunnableToolFunctionWithParse,
  RunnableTools,
  Runner,
} from './runnable-tool.ts';
export type { RunnerOptions } from './tool-rounds.ts';
