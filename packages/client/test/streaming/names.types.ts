// The helpers have every public name of those of the official package, and what is read from them reads the same.

import type * as runner from 'openai/lib/ChatCompletionRunner';
import type * as theirs from 'openai/lib/ChatCompletionStream';
import type * as streaming from 'openai/lib/ChatCompletionStreamingRunner';

import type * as ours from '../../src/streaming/index.ts';
import type {
  ChatCompletionRunner,
  ChatCompletionRunnerEvents,
  ChatCompletionStreamingRunner,
  RunnerOptions,
} from '../../src/tools/index.ts';
import type { Assert, IsAssignable } from '../contract/type-assertions.ts';

/** Without what is public for the compiler only. */
type PublicKeys<T> = Exclude<keyof T, `_${string}`>;

type HasNames<Ours, Theirs> = IsAssignable<PublicKeys<Theirs>, keyof Ours>;

export type Members = [
  Assert<HasNames<ours.ChatCompletionStream, theirs.ChatCompletionStream>>,
  Assert<HasNames<ChatCompletionRunner, runner.ChatCompletionRunner>>,
  Assert<HasNames<ChatCompletionStreamingRunner, streaming.ChatCompletionStreamingRunner>>,
  Assert<IsAssignable<'maxChatCompletions' | 'afterCompletion' | 'signal', keyof RunnerOptions>>,
];

export type Events = [
  Assert<HasNames<ours.ChatCompletionStreamEvents, theirs.ChatCompletionStreamEvents>>,
  Assert<HasNames<ChatCompletionRunnerEvents, runner.ChatCompletionRunnerEvents>>,
  Assert<HasNames<ours.ChatCompletionStreamEvents, streaming.ChatCompletionStreamEvents>>,
];

export type Payloads = [
  Assert<IsAssignable<ours.ContentDeltaEvent, theirs.ContentDeltaEvent>>,
  Assert<IsAssignable<ours.ContentDoneEvent<string>, theirs.ContentDoneEvent<string>>>,
  Assert<IsAssignable<ours.RefusalDeltaEvent, theirs.RefusalDeltaEvent>>,
  Assert<IsAssignable<ours.RefusalDoneEvent, theirs.RefusalDoneEvent>>,
  Assert<IsAssignable<ours.FunctionToolCallArgumentsDeltaEvent, theirs.FunctionToolCallArgumentsDeltaEvent>>,
  Assert<IsAssignable<ours.FunctionToolCallArgumentsDoneEvent, theirs.FunctionToolCallArgumentsDoneEvent>>,
  Assert<IsAssignable<ours.LogProbsContentDeltaEvent, theirs.LogProbsContentDeltaEvent>>,
  Assert<IsAssignable<ours.LogProbsContentDoneEvent, theirs.LogProbsContentDoneEvent>>,
  Assert<IsAssignable<ours.LogProbsRefusalDeltaEvent, theirs.LogProbsRefusalDeltaEvent>>,
  Assert<IsAssignable<ours.LogProbsRefusalDoneEvent, theirs.LogProbsRefusalDoneEvent>>,
];
