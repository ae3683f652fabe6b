// The ids of kept completions. They sort by the time at which they were made, so that a list is in order of id and a
// cursor carries its own place: nothing needs to be looked up, even if the completion was deleted meanwhile.

import { randomFillSync } from 'node:crypto';

const PREFIX = 'chatcmpl-';
/** In the order of their bytes, so that ids sort alike as text and as numbers. */
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Enough for any position: 62^9 is more than 2^53. */
const POSITION_DIGITS = 9;
const RANDOM_DIGITS = 20;
const POSITIONS_PER_MS = 4096;
const SHAPE = new RegExp(`^${PREFIX}[0-9A-Za-z]{${POSITION_DIGITS + RANDOM_DIGITS}}$`);

/** Bytes below it fall on each digit equally often. */
const FAIR_BYTES = 256 - (256 % DIGITS.length);

let lastPosition = 0;
/** Drawn for many ids at once, since to ask for a few bytes costs as much as for thousands. */
const randomBytes = new Uint8Array(4096);
let usedBytes = randomBytes.length;

/** Makes an id that sorts after every id that this process made before, also when the clock was set back. */
export function mintCompletionId(nowMs: number = Date.now()): string {
  lastPosition = Math.max(lastPosition + 1, nowMs * POSITIONS_PER_MS);
  return PREFIX + encodePosition(lastPosition) + randomDigits();
}

/** Whether this could be an id of ours; others never name a kept completion. */
export function isCompletionId(id: string): boolean {
  return SHAPE.test(id);
}

/** When the id was made, in ms since 1970. */
export function readMintedAtMs(id: string): number {
  return Math.floor(readPosition(id) / POSITIONS_PER_MS);
}

/** Where the id sorts, or its bound, as a whole number; 0 of an empty text. Ids of several processes may share it. */
export function readPosition(id: string): number {
  let position = 0;
  for (const digit of id.slice(PREFIX.length, PREFIX.length + POSITION_DIGITS)) {
    position = position * DIGITS.length + DIGITS.indexOf(digit);
  }
  return position;
}

/** Sorts before every id that is made at that time or later, in ms since 1970, and behind every earlier one. */
export function idBound(atMs: number): string {
  return PREFIX + encodePosition(Math.min(Math.max(0, atMs) * POSITIONS_PER_MS, Number.MAX_SAFE_INTEGER));
}

function encodePosition(position: number): string {
  let digits = '';
  for (let rest = position; digits.length < POSITION_DIGITS; rest = Math.floor(rest / DIGITS.length)) {
    digits = DIGITS.charAt(rest % DIGITS.length) + digits;
  }
  return digits;
}

/** 119 bits: nobody guesses an id, and two servers on one store do not meet. */
function randomDigits(): string {
  let digits = '';
  while (digits.length < RANDOM_DIGITS) {
    const byte = randomByte();
    if (byte < FAIR_BYTES) digits += DIGITS.charAt(byte % DIGITS.length);
  }
  return digits;
}

function randomByte(): number {
  if (usedBytes === randomBytes.length) {
    randomFillSync(randomBytes);
    usedBytes = 0;
  }
  return randomBytes[usedBytes++]!;
}
