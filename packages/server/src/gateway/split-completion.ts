import type { ChatCompletion, ChatCompletionChunk } from '@colloquy/client/contract';

/**
 * Cuts a completion into the chunks of a stream: for each choice its role, all that was said, and its end; then the
 * usage, if it is to be included. Merged again, they are the completion.
 */
export function splitCompletion(completion: ChatCompletion, includeUsage: boolean): ChatCompletionChunk[] {
  const { usage, ...members } = completion;
  const head = { ...members, object: 'chat.completion.chunk' as const };
  // Whoever asked for usage is told in each chunk that it has not come yet.
  const noUsageYet = includeUsage ? { usage: null } : {};
  const chunks: ChatCompletionChunk[] = completion.choices
    .flatMap(splitChoice)
    .map((choice) => ({ ...head, choices: [choice], ...noUsageYet }));
  return includeUsage && usage ? [...chunks, { ...head, choices: [], usage }] : chunks;
}

function splitChoice(choice: ChatCompletion.Choice): ChatCompletionChunk.Choice[] {
  const { index, message, logprobs, finish_reason, ...others } = choice;
  const { role, tool_calls: calls, ...said } = message;
  const delta = Array.isArray(calls) ? { ...said, tool_calls: calls.map(addIndex) } : said;
  const open = { index, logprobs: null, finish_reason: null };
  return [
    { ...open, delta: { role } },
    { ...open, ...others, delta: delta as ChatCompletionChunk.Choice.Delta, logprobs },
    { ...open, delta: {}, finish_reason },
  ];
}

function addIndex<Call extends object>(call: Call, index: number): Call & { index: number } {
  return { ...call, index };
}
