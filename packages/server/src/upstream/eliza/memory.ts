// Which of the four memories ELIZA lays down. The paper calls the choice random; the program's listing, found half a
// century later, hashes the last word of what was said. So do we, and the published conversation comes out.

/** The 64 characters of the IBM 7094 in the order of their codes; `~` where the code has none. */
const BCD = ["0123456789~='~~~", '+ABCDEFGHI~.)~~~', '-JKLMNOPQR~$*~~~', ' /STUVWXYZ~,(~~~'].join('');

const CHARACTERS_PER_CELL = 6;

/** 0 to 3: two bits from the middle of the square of the word's last memory cell, as in SLIP's HASH. */
export function hashLastCell(word: string): number {
  const spelling = word.toUpperCase();
  const lastCell = Math.floor(Math.max(spelling.length - 1, 0) / CHARACTERS_PER_CELL) * CHARACTERS_PER_CELL;
  let cell = 0n;
  for (const character of spelling.slice(lastCell).padEnd(CHARACTERS_PER_CELL, ' ')) {
    cell = (cell << 6n) | BigInt(encodeCharacter(character));
  }
  return Number(((cell * cell) >> 34n) & 3n);
}

function encodeCharacter(character: string): number {
  const code = BCD.indexOf(character);
  // The machine had no such character; any fixed code will do.
  return code === -1 ? character.charCodeAt(0) % BCD.length : code;
}
