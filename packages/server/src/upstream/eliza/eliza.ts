// ELIZA, Joseph Weizenbaum's program of 1966, written anew. It matches patterns and turns sentences around; it is not
// a language model and understands nothing.
//
// @see https://doi.org/10.1145/365153.365168, Communications of the ACM 9(1), 1966

import { decompose } from './decompose.ts';
import { hashLastCell } from './memory.ts';
import { KEYWORDS, MEMORY, NEWKEY, OPENING } from './script.ts';
import type { Reply, Rule } from './script.ts';
import { splitClauses, toWord } from './words.ts';
import type { Word } from './words.ts';

/** "A certain counting mechanism": it counts the turns round to this state, the only one in which memories come up. */
const RECALLING = 4;

/** What the original kept between turns. */
interface Session {
  clock: number;
  readonly timesUsed: Map<Rule, number>;
  readonly memories: string[];
}

/**
 * Answers the last of the user's turns, in `count` ways.
 *
 * The turns before are lived through again, so the answer depends on nothing else. The second way is what would
 * follow if the last turn were said once more, and so on: the next of the rule's replies, as far as it has several.
 */
export function reply(turns: readonly string[], count = 1): string[] {
  const last = turns.at(-1);
  if (last === undefined) return Array.from({ length: count }, () => OPENING);

  const session: Session = { clock: 1, timesUsed: new Map(), memories: [] };
  for (const turn of turns.slice(0, -1)) answerTurn(session, turn);
  return Array.from({ length: count }, () => answerTurn(session, last));
}

function answerTurn(session: Session, turn: string): string {
  session.clock = (session.clock % RECALLING) + 1;
  const { keywords, words } = listen(turn);
  if (keywords.length === 0 && session.clock === RECALLING) {
    const memory = session.memories.shift();
    if (memory !== undefined) return memory;
  }
  if (keywords[0] === MEMORY.keyword) memorize(session, words);
  return transform(session, keywords, words);
}

/** The first clause with a keyword: its keywords, the highest rank first, and its words, substituted. */
function listen(turn: string): { keywords: string[]; words: Word[] } {
  for (const clause of splitClauses(turn)) {
    const keywords: string[] = [];
    let topRank = 0;
    const words = clause.map((word) => {
      const { rank = 0, substitute, rules = [] } = KEYWORDS.get(word.key) ?? {};
      if (rank > topRank) {
        keywords.unshift(word.key);
        topRank = rank;
      } else if (rules.length > 0) {
        keywords.push(word.key);
      }
      return substitute === undefined ? word : toWord(substitute);
    });
    if (keywords.length > 0) return { keywords, words };
  }
  return { keywords: [], words: [] };
}

function memorize(session: Session, words: readonly Word[]): void {
  const fragments = decompose(MEMORY.pattern, words);
  const template = MEMORY.replies[hashLastCell(words.at(-1)?.key ?? '')];
  if (fragments !== undefined && template !== undefined) session.memories.push(fill(template, fragments));
}

/** Follows the keywords, and their links, to the first that answers. */
function transform(session: Session, keywords: readonly string[], words: readonly Word[]): string {
  const stack = [...keywords];
  let heard = words;
  for (;;) {
    const rules = KEYWORDS.get(stack.shift() ?? 'NONE')?.rules ?? [];
    const { rule, fragments } = findRule(rules, heard);
    const next = rule === undefined ? { link: 'NO_MATCH' } : takeReply(session, rule);
    if (typeof next === 'string') return fill(next, fragments);
    if (next === NEWKEY) continue;
    stack.unshift(next.link);
    if (next.pre !== undefined) heard = fill(next.pre, fragments).split(' ').map(toWord);
  }
}

function findRule(rules: readonly Rule[], words: readonly Word[]): { rule?: Rule; fragments: Word[][] } {
  for (const rule of rules) {
    const fragments = decompose(rule.pattern, words);
    if (fragments !== undefined) return { rule, fragments };
  }
  return { fragments: [] };
}

/** The reply whose turn it is. */
function takeReply(session: Session, rule: Rule): Reply {
  const used = session.timesUsed.get(rule) ?? 0;
  session.timesUsed.set(rule, used + 1);
  return rule.replies[used % rule.replies.length] ?? NEWKEY;
}

/** Puts the fragments in their places. An empty one takes its space with it: "How long have you been?" */
function fill(template: string, fragments: readonly Word[][]): string {
  return template
    .replace(/\{(\d)\}/g, (_, place: string) => joinWords(fragments[Number(place) - 1] ?? []))
    .replace(/ +(?=[ .,?]|$)/g, '');
}

function joinWords(words: readonly Word[]): string {
  return words.map((word) => word.text).join(' ');
}
