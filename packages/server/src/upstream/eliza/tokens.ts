// ELIZA has no tokens, but the API counts and streams them. Ours are words and single punctuation marks, each with
// the white space before it, so that the tokens of a text put together are the text.

const TOKEN = /\s*(?:[\p{L}\p{M}\p{N}_'’]+|\S)|\s+$/gu;

export function splitTokens(text: string): string[] {
  return text.match(TOKEN) ?? [];
}
