import type { ChatCompletion } from '@colloquy/client/contract';

import { changeMembers, mapElements, readMembers, type JsonBytes } from '../json/members.ts';
import { isObject } from '../json/parse-object.ts';

const CHOICES = new Set(['choices']);
const CHOICE = new Set(['logprobs', 'message']);
const MESSAGE = new Set(['content', 'refusal']);

/**
 * Adds the members that the API requires and some upstreams leave out: `logprobs` of a choice, `content` and `refusal`
 * of its message. What is there keeps its bytes. `completion` is what the text was parsed to.
 */
export function completeMembers(json: JsonBytes, completion: ChatCompletion): JsonBytes {
  // Most leave out nothing: then there is nothing to look for in the text.
  if (completion.choices.every(isComplete)) return json;
  const choices = readMembers(json, CHOICES).get('choices');
  return choices === undefined
    ? json
    : changeMembers(json, { choices: mapElements(choices, completeChoice) });
}

function isComplete(choice: ChatCompletion.Choice): boolean {
  const { message } = choice;
  // The types promise them, and upstreams do not.
  return hasAll(choice, CHOICE) && isObject(message) && hasAll(message, MESSAGE);
}

function hasAll(members: object, names: ReadonlySet<string>): boolean {
  for (const name of names) if (!Object.hasOwn(members, name)) return false;
  return true;
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
