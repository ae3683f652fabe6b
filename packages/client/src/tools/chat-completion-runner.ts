import type { ChatCompletionMessageParam } from '../contract/messages.ts';
import { createChatCompletion } from '../operations/create-chat-completion.ts';
import type { ClientOptions } from '../options.ts';
import { readCompletion } from '../schema/parsed-chat-completion.ts';
import type { ConversationEvents } from '../streaming/chat-completion-events.ts';
import { Conversation } from '../streaming/conversation.ts';
import { runRounds, type RunnerOptions, type RunParams, type RunRequest } from './tool-rounds.ts';

/** What a run without streams tells. */
export interface ChatCompletionRunnerEvents extends ConversationEvents {
  /** The model has said something, in words. */
  content: (content: string) => void;
}

/** A conversation in which the model's calls are answered by functions, each completion coming as a whole. */
export class ChatCompletionRunner<ParsedT = null> extends Conversation<ChatCompletionRunnerEvents, ParsedT> {
  /** See `runTools`. */
  static runTools<ParsedT>(
    options: ClientOptions,
    params: RunParams,
    runnerOptions: RunnerOptions = {},
  ): ChatCompletionRunner<ParsedT> {
    const runner = new ChatCompletionRunner<ParsedT>(runnerOptions.signal);
    const requestOptions = { ...runnerOptions, signal: runner.controller.signal };
    const rounds = {
      runner,
      addMessage: (message: ChatCompletionMessageParam) => runner.addMessage(message),
      complete: async (request: RunRequest) => {
        const completion = await createChatCompletion(options, { ...request, stream: false }, requestOptions);
        runner.emit('connect');
        return runner.addCompletion(readCompletion<ParsedT>(completion, request));
      },
    };
    return runner.converse(params.messages, () => runRounds(rounds, params, runnerOptions));
  }

  protected override addMessage(message: ChatCompletionMessageParam): void {
    super.addMessage(message);
    if (message.role === 'assistant' && message.content) this.emit('content', message.content as string);
  }
}
