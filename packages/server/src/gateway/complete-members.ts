import { changeMembers, mapElements, readMembers, type JsonBytes } from '../json/members.ts';

const CHOICES = new Set(['choices']);
const CHOICE = new Set(['logprobs', 'message']);
const MESSAGE = new Set(['content', 'refusal']);

/**
 * Adds the members that the API requires and some upstreams leave out: `logprobs` of a choice, `content` and `refusal`
 * of its message. What is there keeps its bytes.
 */
export function completeMembers(completion: JsonBytes): JsonBytes {
  const choices = readMembers(completion, CHOICES).get('choices');
  return choices === undefined
    ? completion
    : changeMembers(completion, { choices: mapElements(choices, completeChoice) });
}

function completeChoice(choice: JsonBytes): JsonBytes {
  const { message, ...others } = Object.fromEntries(readMembers(choice, CHOICE));
  const seen = message ?? Buffer.from('{"role":"assistant"}');
  return changeMembers(choice, {
    logprobs: others['logprobs'] ?? 'null',
    message: changeMembers(seen, {
      content: 'null',
      refusal: 'null',
      ...Object.fromEntries(readMembers(seen, MESSAGE)),
    }),
  });
}
