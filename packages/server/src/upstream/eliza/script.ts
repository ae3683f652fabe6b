// The DOCTOR script of 1966: what ELIZA listens for and what it says, as data. The program is in eliza.ts.
// Keywords, ranks, patterns and the order of the answers are Weizenbaum's; case, punctuation and spelling are ours.
//
// @see Joseph Weizenbaum, "ELIZA: a computer program for the study of natural language communication between man and
// machine", Communications of the ACM 9(1), 1966, appendix. https://doi.org/10.1145/365153.365168

import { parsePattern } from './decompose.ts';
import type { Pattern } from './decompose.ts';

export interface Keyword {
  /** Of the keywords in a clause the one with the highest rank is answered. Default: 0. */
  readonly rank?: number;
  /** Said in its place, so that "my" comes back as "your". */
  readonly substitute?: string;
  /** The first whose pattern matches is used. A word without rules is only substituted. */
  readonly rules: readonly Rule[];
}

export interface Rule {
  readonly pattern: Pattern;
  /** Used in turn, one each time. */
  readonly replies: readonly Reply[];
}

/** An answer, in which `{3}` is the third fragment; or what to do instead of answering. */
export type Reply = string | Link | typeof NEWKEY;

/** Goes on with the rules of another keyword. */
export interface Link {
  readonly link: string;
  /** Put together from the fragments, and decomposed by that keyword in place of what was said. */
  readonly pre?: string;
}

/** Goes on with the next keyword of the clause. */
export const NEWKEY = Symbol('NEWKEY');

/** The words that stand for each other in patterns. */
const FAMILIES: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['/belief', new Set(['feel', 'think', 'believe', 'wish'])],
  ['/family', new Set(['mother', 'father', 'sister', 'brother', 'wife', 'children'])],
]);

/** Said first, before anything was heard. */
export const OPENING = 'How do you do. Please tell me your problem.';

/** What is answered by this keyword is also kept, for when a later turn holds no keyword. */
export const MEMORY = {
  keyword: 'my',
  pattern: parsePattern('0 your 0', FAMILIES),
  replies: [
    "Let's discuss further why your {3}.",
    'Earlier you said your {3}.',
    'But your {3}.',
    'Does that have anything to do with the fact that your {3}?',
  ],
} as const;

const WHAT = { link: 'what' };
const SIMILARITY = { link: 'SIMILARITY' };

export const KEYWORDS: ReadonlyMap<string, Keyword> = new Map(
  Object.entries<Keyword>({
    // Substitutions alone.
    dont: substitute("don't"),
    cant: substitute("can't"),
    wont: substitute("won't"),
    me: substitute('you'),
    myself: substitute('yourself'),
    yourself: substitute('myself'),
    mom: substitute('mother'),
    dad: substitute('father'),

    // Words that are answered as another.
    how: answerAs('what'),
    when: answerAs('what'),
    alike: answerAs('SIMILARITY', { rank: 10 }),
    same: answerAs('SIMILARITY', { rank: 10 }),
    certainly: answerAs('yes'),
    maybe: answerAs('perhaps'),
    deutsch: answerAs('FOREIGN'),
    francais: answerAs('FOREIGN'),
    italiano: answerAs('FOREIGN'),
    espanol: answerAs('FOREIGN'),
    machine: answerAs('computer', { rank: 50 }),
    machines: answerAs('computer', { rank: 50 }),
    computers: answerAs('computer', { rank: 50 }),
    everybody: answerAs('everyone', { rank: 2 }),
    nobody: answerAs('everyone', { rank: 2 }),
    noone: answerAs('everyone', { rank: 2 }),
    dreamed: answerAs('dreamt', { rank: 4, substitute: 'dreamt' }),
    dreams: answerAs('dream', { rank: 3, substitute: 'dream' }),
    were: answerAs('was', { substitute: 'was' }),

    // Ours, not in the script: today's greetings.
    hi: answerAs('hello'),
    hey: answerAs('hello'),

    // The keywords.
    sorry: {
      rules: [
        rule(
          '0',
          "Please don't apologize.",
          'Apologies are not necessary.',
          'What feelings do you have when you apologize?',
          "I've told you that apologies are not required.",
        ),
      ],
    },
    remember: {
      rank: 5,
      rules: [
        rule(
          '0 you remember 0',
          'Do you often think of {4}?',
          'Does thinking of {4} bring anything else to mind?',
          'What else do you remember?',
          'Why do you remember {4} just now?',
          'What in the present situation reminds you of {4}?',
          'What is the connection between me and {4}?',
        ),
        rule(
          '0 do I remember 0',
          'Did you think I would forget {5}?',
          'Why do you think I should recall {5} now?',
          'What about {5}?',
          WHAT,
          'You mentioned {5}.',
        ),
        rule('0', NEWKEY),
      ],
    },
    if: {
      rank: 3,
      rules: [
        rule(
          '0 if 0',
          "Do you think it's likely that {3}?",
          'Do you wish that {3}?',
          'What do you think about {3}?',
          'Really, {2} {3}?',
        ),
      ],
    },
    dreamt: {
      rank: 4,
      rules: [
        rule(
          '0 you dreamt 0',
          'Really, {4}?',
          'Have you ever fantasized {4} while you were awake?',
          'Have you dreamt {4} before?',
          { link: 'dream' },
          NEWKEY,
        ),
      ],
    },
    dream: {
      rank: 3,
      rules: [
        rule(
          '0',
          'What does that dream suggest to you?',
          'Do you dream often?',
          'What persons appear in your dreams?',
          "Don't you believe that dream has something to do with your problem?",
          NEWKEY,
        ),
      ],
    },
    perhaps: {
      rules: [
        rule(
          '0',
          "You don't seem quite certain.",
          'Why the uncertain tone?',
          "Can't you be more positive?",
          "You aren't sure?",
          "Don't you know?",
        ),
      ],
    },
    name: {
      rank: 15,
      rules: [
        rule(
          '0',
          'I am not interested in names.',
          "I've told you before, I don't care about names - please continue.",
        ),
      ],
    },
    hello: { rules: [rule('0', 'How do you do. Please state your problem.')] },
    computer: {
      rank: 50,
      rules: [
        rule(
          '0',
          'Do computers worry you?',
          'Why do you mention computers?',
          'What do you think machines have to do with your problem?',
          "Don't you think computers can help people?",
          'What about machines worries you?',
          'What do you think about machines?',
        ),
      ],
    },
    am: {
      substitute: 'are',
      rules: [
        rule(
          '0 are you 0',
          'Do you believe you are {4}?',
          'Would you want to be {4}?',
          'You wish I would tell you you are {4}.',
          'What would it mean if you were {4}?',
          WHAT,
        ),
        rule('0', "Why do you say 'am'?", "I don't understand that."),
      ],
    },
    are: {
      rules: [
        rule(
          '0 are I 0',
          'Why are you interested in whether I am {4} or not?',
          "Would you prefer if I weren't {4}?",
          'Perhaps I am {4} in your fantasies.',
          'Do you sometimes think I am {4}?',
          WHAT,
        ),
        rule(
          '0 are 0',
          'Did you think they might not be {3}?',
          'Would you like it if they were not {3}?',
          'What if they were not {3}?',
          'Possibly they are {3}.',
        ),
      ],
    },
    your: {
      substitute: 'my',
      rules: [
        rule(
          '0 my 0',
          'Why are you concerned over my {3}?',
          'What about your own {3}?',
          "Are you worried about someone else's {3}?",
          'Really, my {3}?',
        ),
      ],
    },
    was: {
      rank: 2,
      rules: [
        rule(
          '0 was you 0',
          'What if you were {4}?',
          'Do you think you were {4}?',
          'Were you {4}?',
          'What would it mean if you were {4}?',
          "What does '{4}' suggest to you?",
          WHAT,
        ),
        rule(
          '0 you was 0',
          'Were you really?',
          'Why do you tell me you were {4} now?',
          'Perhaps I already knew you were {4}.',
        ),
        rule(
          '0 was I 0',
          'Would you like to believe I was {4}?',
          'What suggests that I was {4}?',
          'What do you think?',
          'Perhaps I was {4}.',
          'What if I had been {4}?',
        ),
        rule('0', NEWKEY),
      ],
    },
    "you're": { substitute: "I'm", rules: [rule("0 I'm 0", { pre: 'I are {3}', link: 'you' })] },
    "i'm": { substitute: "you're", rules: [rule("0 you're 0", { pre: 'you are {3}', link: 'i' })] },
    i: {
      substitute: 'you',
      rules: [
        rule(
          '0 you want|need 0',
          'What would it mean to you if you got {4}?',
          'Why do you want {4}?',
          'Suppose you got {4} soon.',
          'What if you never got {4}?',
          'What would getting {4} mean to you?',
          'What does wanting {4} have to do with this discussion?',
        ),
        rule(
          '0 you are 0 sad|unhappy|depressed|sick 0',
          'I am sorry to hear you are {5}.',
          'Do you think coming here will help you not to be {5}?',
          "I'm sure it's not pleasant to be {5}.",
          'Can you explain what made you {5}?',
        ),
        rule(
          '0 you are 0 happy|elated|glad|better 0',
          'How have I helped you to be {5}?',
          'Has your treatment made you {5}?',
          'What makes you {5} just now?',
          'Can you explain why you are suddenly {5}?',
        ),
        rule('0 you was 0', { link: 'was' }),
        rule(
          '0 you /belief you 0',
          'Do you really think so?',
          'But you are not sure you {5}.',
          'Do you really doubt you {5}?',
        ),
        rule('0 you 0 /belief 0 I 0', { link: 'you' }),
        rule(
          '0 you are 0',
          'Is it because you are {4} that you came to me?',
          'How long have you been {4}?',
          'Do you believe it normal to be {4}?',
          'Do you enjoy being {4}?',
        ),
        rule(
          "0 you can't|cannot 0",
          "How do you know you can't {4}?",
          'Have you tried?',
          'Perhaps you could {4} now.',
          'Do you really want to be able to {4}?',
        ),
        rule(
          "0 you don't 0",
          "Don't you really {4}?",
          "Why don't you {4}?",
          'Do you wish to be able to {4}?',
          'Does that trouble you?',
        ),
        rule(
          '0 you feel 0',
          'Tell me more about such feelings.',
          'Do you often feel {4}?',
          'Do you enjoy feeling {4}?',
          'Of what does feeling {4} remind you?',
        ),
        rule(
          '0 you 0 I 0',
          'Perhaps in your fantasy we {3} each other.',
          'Do you wish to {3} me?',
          'You seem to need to {3} me.',
          'Do you {3} anyone else?',
        ),
        rule(
          '0',
          'You say {1}?',
          'Can you elaborate on that?',
          'Do you say {1} for some special reason?',
          "That's quite interesting.",
        ),
      ],
    },
    you: {
      substitute: 'I',
      rules: [
        rule('0 I remind you of 0', SIMILARITY),
        rule(
          '0 I are 0',
          'What makes you think I am {4}?',
          'Does it please you to believe I am {4}?',
          'Do you sometimes wish you were {4}?',
          'Perhaps you would like to be {4}.',
        ),
        rule(
          '0 I 0 you',
          'Why do you think I {3} you?',
          "You like to think I {3} you - don't you?",
          'What makes you think I {3} you?',
          'Really, I {3} you?',
          'Do you wish to believe I {3} you?',
          'Suppose I did {3} you - what would that mean?',
          'Does someone else believe I {3} you?',
        ),
        rule(
          '0 I 0',
          'We were discussing you - not me.',
          'Oh, I {3}?',
          "You're not really talking about me - are you?",
          'What are your feelings now?',
        ),
      ],
    },
    yes: { rules: [rule('0', 'You seem quite positive.', 'You are sure?', 'I see.', 'I understand.')] },
    no: {
      rules: [
        rule(
          '0',
          "Are you saying 'no' just to be negative?",
          'You are being a bit negative.',
          'Why not?',
          "Why 'no'?",
        ),
      ],
    },
    my: {
      rank: 2,
      substitute: 'your',
      rules: [
        rule(
          '0 your 0 /family 0',
          'Tell me more about your family.',
          'Who else in your family {5}?',
          'Your {4}?',
          'What else comes to mind when you think of your {4}?',
        ),
        rule(
          '0 your 0',
          'Your {3}?',
          'Why do you say your {3}?',
          'Does that suggest anything else which belongs to you?',
          'Is it important to you that {2} {3}?',
        ),
      ],
    },
    can: {
      rules: [
        rule(
          '0 can I 0',
          "You believe I can {4}, don't you?",
          WHAT,
          'You want me to be able to {4}.',
          'Perhaps you would like to be able to {4} yourself.',
        ),
        rule(
          '0 can you 0',
          'Whether or not you can {4} depends on you more than on me.',
          'Do you want to be able to {4}?',
          "Perhaps you don't want to {4}.",
          WHAT,
        ),
      ],
    },
    what: {
      rules: [
        rule(
          '0',
          'Why do you ask?',
          'Does that question interest you?',
          'What is it you really want to know?',
          'Are such questions much on your mind?',
          'What answer would please you most?',
          'What do you think?',
          'What comes to your mind when you ask that?',
          'Have you asked such questions before?',
          'Have you asked anyone else?',
        ),
      ],
    },
    because: {
      rules: [
        rule(
          '0',
          'Is that the real reason?',
          "Don't any other reasons come to mind?",
          'Does that reason seem to explain anything else?',
          'What other reasons might there be?',
        ),
      ],
    },
    why: {
      rules: [
        rule(
          "0 why don't I 0",
          "Do you believe I don't {5}?",
          'Perhaps I will {5} in good time.',
          'Should you {5} yourself?',
          'You want me to {5}?',
          WHAT,
        ),
        rule(
          "0 why can't you 0",
          'Do you think you should be able to {5}?',
          'Do you want to be able to {5}?',
          'Do you believe this will help you to {5}?',
          "Have you any idea why you can't {5}?",
          WHAT,
        ),
        rule('0', WHAT),
      ],
    },
    everyone: {
      rank: 2,
      rules: [
        rule(
          '0 everyone|everybody|nobody|noone 0',
          'Really, {2}?',
          'Surely not {2}.',
          'Can you think of anyone in particular?',
          'Who, for example?',
          'You are thinking of a very special person.',
          'Who, may I ask?',
          'Someone special perhaps?',
          "You have a particular person in mind, don't you?",
          "Who do you think you're talking about?",
        ),
      ],
    },
    always: {
      rank: 1,
      rules: [
        rule(
          '0',
          'Can you think of a specific example?',
          'When?',
          'What incident are you thinking of?',
          'Really, always?',
        ),
      ],
    },
    like: { rank: 10, rules: [rule('0 am|is|are|was 0 like 0', SIMILARITY), rule('0', NEWKEY)] },

    // Never heard, since words are compared in lower case: only the program and the links above lead here.
    SIMILARITY: {
      rules: [
        rule(
          '0',
          'In what way?',
          'What resemblance do you see?',
          'What does that similarity suggest to you?',
          'What other connections do you see?',
          'What do you suppose that resemblance means?',
          'What is the connection, do you suppose?',
          'Could there really be some connection?',
          'How?',
        ),
      ],
    },
    FOREIGN: { rules: [rule('0', 'I am sorry, I speak only English.')] },
    NONE: {
      rules: [
        rule(
          '0',
          'I am not sure I understand you fully.',
          'Please go on.',
          'What does that suggest to you?',
          'Do you feel strongly about discussing such things?',
        ),
      ],
    },
    // Stands in the program's listing, not in the script.
    NO_MATCH: { rules: [rule('0', 'Please continue.', 'Hmm.', 'Go on, please.', 'I see.')] },
  }),
);

function substitute(word: string): Keyword {
  return { substitute: word, rules: [] };
}

function answerAs(other: string, options: { rank?: number; substitute?: string } = {}): Keyword {
  return { ...options, rules: [rule('0', { link: other })] };
}

function rule(notation: string, ...replies: readonly Reply[]): Rule {
  return { pattern: parsePattern(notation, FAMILIES), replies };
}
