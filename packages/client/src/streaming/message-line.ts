// The results of tools among the chunks of a run, disguised as chunks that bring nothing: `openai` reads and writes them
// so, and readers that do not know them lose nothing but these.

import type { ChatCompletionChunk } from '../contract/chat-completion-chunk.ts';
import type { ChatCompletion } from '../contract/chat-completion.ts';
import type { ChatCompletionMessageParam } from '../contract/messages.ts';

const PREFIX = 'chat.completion.chunk.message:';

/** `completion` is the one that the message follows. */
export function toMessageLine(message: ChatCompletionMessageParam, completion: ChatCompletion): object {
  const { id, created, model } = completion;
  return {
    id,
    choices: [],
    created,
    model,
    object: `${PREFIX}${JSON.stringify({ type: 'message', message })}`,
  };
}

/** The message that a line stands for, if it is none of a chunk. */
export function readMessageLine({ object }: ChatCompletionChunk): ChatCompletionMessageParam | undefined {
  const text: unknown = object;
  if (typeof text !== 'string' || !text.startsWith(PREFIX)) return undefined;
  const { message } = JSON.parse(text.slice(PREFIX.length)) as { message: ChatCompletionMessageParam };
  return message;
}
