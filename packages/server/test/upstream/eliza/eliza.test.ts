import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { reply } from '../../../src/upstream/eliza/eliza.ts';
import { OPENING } from '../../../src/upstream/eliza/script.ts';

/** The conversation that Weizenbaum published in 1966, in today's upper and lower case. */
const PUBLISHED = [
  ['Men are all alike.', 'In what way?'],
  ["They're always bugging us about something or other.", 'Can you think of a specific example?'],
  ['Well, my boyfriend made me come here.', 'Your boyfriend made you come here?'],
  ["He says I'm depressed much of the time.", 'I am sorry to hear you are depressed.'],
  ["It's true. I am unhappy.", 'Do you think coming here will help you not to be unhappy?'],
  ['I need some help, that much seems certain.', 'What would it mean to you if you got some help?'],
  ['Perhaps I could learn to get along with my mother.', 'Tell me more about your family.'],
  ['My mother takes care of me.', 'Who else in your family takes care of you?'],
  ['My father.', 'Your father?'],
  ['You are like my father in some ways.', 'What resemblance do you see?'],
  [
    "You are not very aggressive but I think you don't want me to notice that.",
    'What makes you think I am not very aggressive?',
  ],
  ["You don't argue with me.", "Why do you think I don't argue with you?"],
  ['You are afraid of me.', 'Does it please you to believe I am afraid of you?'],
  ['My father is afraid of everybody.', 'What else comes to mind when you think of your father?'],
  ['Bullies.', 'Does that have anything to do with the fact that your boyfriend made you come here?'],
] as const;

/** All of ELIZA's side of a conversation. */
function converse(...turns: string[]): string[] {
  return turns.flatMap((_, index) => reply(turns.slice(0, index + 1)));
}

describe('the published conversation', () => {
  const turns = PUBLISHED.map(([turn]) => turn);
  for (const [index, [turn, answer]] of PUBLISHED.entries()) {
    it(`answers "${turn}" with "${answer}"`, () => {
      assert.deepEqual(reply(turns.slice(0, index + 1)), [answer]);
    });
  }
});

describe('ELIZA', () => {
  it('opens the conversation when nothing was said', () => {
    assert.deepEqual(reply([]), [OPENING]);
  });

  it('greets back', () => {
    for (const greeting of ['Hello', 'hi', 'Hey there!']) {
      assert.deepEqual(reply([greeting]), ['How do you do. Please state your problem.']);
    }
  });

  it('uses the replies of a rule in turn and begins again', () => {
    assert.deepEqual(converse('Yes.', 'Yes.', 'Yes.', 'Yes.', 'Yes.'), [
      'You seem quite positive.',
      'You are sure?',
      'I see.',
      'I understand.',
      'You seem quite positive.',
    ]);
  });

  it('answers the keyword of the highest rank, wherever it stands', () => {
    assert.deepEqual(reply(['I think my computer hates me']), ['Do computers worry you?']);
  });

  it('hears only the first clause with a keyword', () => {
    assert.deepEqual(reply(['Listen: I am sad; my computer broke.']), ['I am sorry to hear you are sad.']);
  });

  it('follows a link to another keyword', () => {
    assert.deepEqual(converse('What is it?', 'When is it?'), [
      'Why do you ask?',
      'Does that question interest you?',
    ]);
  });

  it('rewrites the clause before it follows a link', () => {
    assert.deepEqual(reply(["You're mad at me"]), ['What makes you think I am mad at you?']);
  });

  it('goes on with the next keyword where a rule gives up', () => {
    assert.deepEqual(reply(['I like ice cream']), ['You say you like ice cream?']);
  });

  it('falls back on a neutral phrase where no keyword is left', () => {
    assert.deepEqual(reply(['Cats like milk']), ['I am not sure I understand you fully.']);
  });

  it('asks to go on when no rule of the keyword matches', () => {
    assert.deepEqual(reply(['Can we go?']), ['Please continue.']);
  });

  it('brings up memories oldest first, only at every fourth turn, and once each', () => {
    const answers = converse(
      'My cat ran here',
      'My dog ran here',
      'Hm',
      'Hm',
      'Hm',
      'Hm',
      'Hm',
      'Hm',
      'Hm',
      'Hm',
    );
    const isMemory = (answer: string) => answer.startsWith('Does that have anything to do with the fact');
    assert.deepEqual(
      answers.map((answer, index) => (isMemory(answer) ? index + 1 : 0)).filter((turn) => turn > 0),
      [3, 7],
    );
    assert.equal(answers[2], 'Does that have anything to do with the fact that your cat ran here?');
    assert.equal(answers[6], 'Does that have anything to do with the fact that your dog ran here?');
  });

  it('keeps only what is answered as a memory', () => {
    assert.equal(converse('My computer ran here', 'Hm', 'Hm').at(-1), 'Please go on.');
  });

  it('chooses the form of a memory by the last word of what was said', () => {
    const recall = (turn: string) => converse(turn, 'Hm', 'Hm').at(-1);
    assert.equal(recall('My bike ends time'), "Let's discuss further why your bike ends time.");
    assert.equal(recall('My bike ends kids'), 'Earlier you said your bike ends kids.');
    assert.equal(recall('My bike ends Gloucestershire'), 'But your bike ends Gloucestershire.');
  });

  it('leaves no gap where a fragment is empty', () => {
    assert.deepEqual(converse('I am', 'I am'), [
      'Is it because you are that you came to me?',
      'How long have you been?',
    ]);
  });

  it('says names back as they were written, and the first word of a sentence in lower case', () => {
    assert.deepEqual(reply(['- Yesterday I saw Paris with NASA']), [
      'You say yesterday you saw Paris with NASA?',
    ]);
  });

  it('writes I as a capital', () => {
    assert.deepEqual(reply(["my dog knows i've gone"]), ["Your dog knows I've gone?"]);
  });

  it('reads curly apostrophes, quotation marks and words beyond ASCII', () => {
    assert.deepEqual(reply(['“I’m sad!”']), ['I am sorry to hear you are sad.']);
    assert.deepEqual(reply(['I remember 東京 and the 🗼']), ['Do you often think of 東京 and the 🗼?']);
  });

  it('is not taken in by words that every object has', () => {
    assert.deepEqual(reply(['constructor __proto__ toString']), ['I am not sure I understand you fully.']);
  });

  it('gives alternatives as if the last turn were repeated', () => {
    assert.deepEqual(reply(['Yes.', 'Yes.'], 3), ['You are sure?', 'I see.', 'I understand.']);
    assert.deepEqual(reply(['My cat ran here', 'Hm', 'Hm'], 2), [
      'Does that have anything to do with the fact that your cat ran here?',
      'Please go on.',
    ]);
    assert.deepEqual(reply([], 2), [OPENING, OPENING]);
  });

  const anyTurn = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom(...'you I are my was feel like dreamt remember why can . , but'.split(' ')))
      .map((words) => words.join(' ')),
  );

  it('has words for whatever is said', () => {
    fc.assert(
      fc.property(fc.array(anyTurn, { maxLength: 12 }), fc.integer({ min: 1, max: 9 }), (turns, count) => {
        const answers = reply(turns, count);
        assert.equal(answers.length, count);
        for (const answer of answers) assert.match(answer, /^[A-Z].*[.?]$/su);
      }),
    );
  });

  it('depends on the conversation alone', () => {
    fc.assert(
      fc.property(fc.array(anyTurn), (turns) => {
        const first = reply(turns, 3);
        reply(['My mind is full of other conversations', 'Yes', ...turns]);
        assert.deepEqual(reply(turns, 3), first);
      }),
    );
  });
});
