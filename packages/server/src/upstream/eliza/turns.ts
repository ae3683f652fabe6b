// How much of a conversation ELIZA hears. All of it is lived through again for every answer, on the event loop that
// every request shares, so both its turns and their lengths are bounded.

const MAX_TURNS = 64;

/** In UTF-16 units; a turn is answered by one of its clauses, seldom a late one. */
const MAX_TURN_LENGTH = 500;

/**
 * The oldest turns are forgotten by the block. If each new turn pushed out one old, then the count of a reply's uses
 * would stand still, and one who always says the same would always hear the same.
 */
const TURNS_FORGOTTEN_AT_ONCE = 32;

export function selectTurns(turns: readonly string[]): string[] {
  const excess = Math.max(turns.length - MAX_TURNS, 0);
  const forgotten = Math.ceil(excess / TURNS_FORGOTTEN_AT_ONCE) * TURNS_FORGOTTEN_AT_ONCE;
  // Well-formed, because the cut may halve a surrogate pair, and words are echoed.
  return turns.slice(forgotten).map((turn) => turn.slice(0, MAX_TURN_LENGTH).toWellFormed());
}
