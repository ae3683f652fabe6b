import type { ChatCompletionMessageParam } from '../contract/messages.ts';
import { createChatCompletion } from '../operations/create-chat-completion.ts';
import type { ClientOptions } from '../options.ts';
import { ChatCompletionStream } from '../streaming/chat-completion-stream.ts';
import { toMessageLine } from '../streaming/message-line.ts';
import { runRounds, type RunnerOptions, type RunParams, type RunRequest } from './tool-rounds.ts';

/** A conversation in which the model's calls are answered by functions, each completion arriving as a stream. */
export class ChatCompletionStreamingRunner<ParsedT = null> extends ChatCompletionStream<ParsedT> {
  /** See `runTools`. */
  static runTools<ParsedT>(
    options: ClientOptions,
    params: RunParams,
    runnerOptions: RunnerOptions = {},
  ): ChatCompletionStreamingRunner<ParsedT> {
    const runner = new ChatCompletionStreamingRunner<ParsedT>(runnerOptions.signal);
    const requestOptions = { ...runnerOptions, signal: runner.controller.signal };
    const rounds = {
      runner,
      addMessage: (message: ChatCompletionMessageParam) => runner.addMessage(message),
      complete: async (request: RunRequest) => {
        const chunks = await createChatCompletion(options, { ...request, stream: true }, requestOptions);
        return runner.read(chunks, request, true);
      },
    };
    return runner.converse(params.messages, () => runRounds(rounds, params, runnerOptions));
  }

  /** The results of tools go on with the stream as well. */
  protected override addMessage(message: ChatCompletionMessageParam): void {
    super.addMessage(message);
    const completion = this.allChatCompletions().at(-1);
    if (message.role === 'tool' && completion !== undefined)
      this.emit('line', toMessageLine(message, completion));
  }

  /** The run from which another one's `toReadableStream` came, on the other side of a connection. */
  static override fromReadableStream(lines: ReadableStream<Uint8Array>): ChatCompletionStreamingRunner {
    const runner = new ChatCompletionStreamingRunner();
    return runner.converse([], () => runner.readLines(lines));
  }
}
