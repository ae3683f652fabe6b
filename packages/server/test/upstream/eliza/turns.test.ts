import assert from 'node:assert/strict';
import { it } from 'node:test';

import { selectTurns } from '../../../src/upstream/eliza/turns.ts';
import { callEliza, say } from './call-eliza.ts';

async function countPromptTokens(body: object): Promise<number> {
  const { status, pieces } = await callEliza(body);
  assert.equal(status, 200);
  return JSON.parse(pieces.join('')).usage.prompt_tokens;
}

it('hears all of a conversation of up to 64 turns', () => {
  const turns = Array.from({ length: 64 }, (_, index) => `${index}`);
  assert.deepEqual(selectTurns(turns), turns);
});

it('forgets the oldest turns of a longer one, 32 at once', () => {
  const turns = Array.from({ length: 97 }, (_, index) => `${index}`);
  assert.deepEqual(selectTurns(turns.slice(0, 65)), turns.slice(32, 65));
  assert.deepEqual(selectTurns(turns.slice(0, 96)), turns.slice(32, 96));
  assert.deepEqual(selectTurns(turns), turns.slice(64));
});

it('still varies its answers once it forgets', async () => {
  const answers = new Set<string>();
  for (const length of [100, 101, 102, 103]) {
    const { pieces } = await callEliza(say(...Array.from({ length }, () => 'Yes.')));
    answers.add(JSON.parse(pieces.join('')).choices[0].message.content);
  }
  assert.equal(answers.size, 4);
});

it('hears the beginning of a long turn, and no half character', () => {
  assert.deepEqual(selectTurns(['a'.repeat(499) + '🗼']), ['a'.repeat(499) + '\uFFFD']);
});

it('reads a bounded part of a conversation of 10,000 messages', async () => {
  assert.equal(await countPromptTokens(say(...Array.from({ length: 10_000 }, () => 'My cat ran'))), 3 * 48);
});

it('reads a bounded part of a message of 10 MB', async () => {
  for (const text of ['i ', 'you are ', '. ', '!', '\n', "'"]) {
    assert.ok(
      (await countPromptTokens(say(text.repeat(10_000_000 / text.length)))) <= 500,
      JSON.stringify(text),
    );
  }
});
