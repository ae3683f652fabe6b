// Text into clauses of words. ELIZA hears one clause of what was said: the first that holds a keyword.

export interface Word {
  /** Lower case: what patterns and keywords are compared with. */
  readonly key: string;
  /** As it will be said back. */
  readonly text: string;
}

/** Ends a sentence, so that the next word is capitalised for its place alone. */
const SENTENCE_ENDS = '.?!…。？！';

// The original knew the comma and the full stop: its keypunch had no others.
const CLAUSE_ENDS = `${SENTENCE_ENDS},;:–—，、；：`;

/** Taken off both ends of a word, and kept inside it: `don't`, `3.5`, `example.org`. */
const EDGES = `${CLAUSE_ENDS}-'"\`‘“”«»()[]{}<>*_~¿¡`;

/** Clauses without words are left out. */
export function splitClauses(text: string): Word[][] {
  const clauses: Word[][] = [[]];
  let opensSentence = true;
  for (const chunk of text.replaceAll('’', "'").split(/\s+/)) {
    const [spelling, after] = trimEdges(chunk);
    const word = toWord(opensSentence ? lowerInitial(spelling) : spelling);
    // Not in the paper, but in the program's listing and in the published conversation: "but" parts clauses too.
    if (word.key === 'but') clauses.push([]);
    else if (word.key !== '') clauses.at(-1)?.push(word);
    if (includesAny(after, CLAUSE_ENDS)) clauses.push([]);
    opensSentence = includesAny(after, SENTENCE_ENDS) || (opensSentence && spelling === '');
  }
  return clauses.filter((clause) => clause.length > 0);
}

export function toWord(spelling: string): Word {
  const key = spelling.toLowerCase();
  return { key, text: key.startsWith("i'") ? `I${spelling.slice(1)}` : spelling };
}

/** The word, and the punctuation behind it. Loops: a pattern for the edges costs the square of a line of dots. */
function trimEdges(chunk: string): [word: string, after: string] {
  let end = chunk.length;
  while (end > 0 && EDGES.includes(chunk.charAt(end - 1))) end -= 1;
  let start = 0;
  while (start < end && EDGES.includes(chunk.charAt(start))) start += 1;
  return [chunk.slice(start, end), chunk.slice(end)];
}

/** `Perhaps` → `perhaps`, since it will be said in the middle of an answer; `NASA` stays. */
function lowerInitial(spelling: string): string {
  const rest = spelling.slice(1);
  return rest === rest.toLowerCase() ? spelling.toLowerCase() : spelling;
}

function includesAny(text: string, characters: string): boolean {
  return Array.from(text).some((character) => characters.includes(character));
}
