import type { ChatCompletion } from '@colloquy/client/contract';

import { changeMembers, type JsonBytes } from '../json/members.ts';

/**
 * Adds the members that the API requires and some upstreams leave out: `logprobs` of a choice, `content` and `refusal`
 * of its message. An answer that has them is returned to the byte.
 */
export function completeMembers(json: JsonBytes, completion: ChatCompletion): JsonBytes {
  const isWhole = completion.choices.every(
    ({ logprobs, message }) =>
      logprobs !== undefined && message?.content !== undefined && message.refusal !== undefined,
  );
  if (isWhole) return json;
  const choices = completion.choices.map((choice) => ({
    ...choice,
    logprobs: choice.logprobs ?? null,
    message: {
      ...choice.message,
      content: choice.message?.content ?? null,
      refusal: choice.message?.refusal ?? null,
    },
  }));
  return changeMembers(json, { choices: JSON.stringify(choices) });
}
