// Work on large texts in steps of a millisecond or two, so that a thread that has other things to do can do them in between.

import { createHash, hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** May be interrupted wherever it yields. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** What is hashed or copied in one step. */
const STEP_BYTES = 1_048_576;

export function runAtOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Each step has a turn of the event loop. */
export async function runInTurns<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await nextTurn();
  }
}

/** SHA-256 in hex, which costs half of what it costs to make a `Buffer` of it, and to collect that. */
export function* hashInSteps(bytes: Uint8Array): Steps<string> {
  if (bytes.length <= STEP_BYTES) return hash('sha256', bytes);
  const content = createHash('sha256');
  for (let at = 0; at < bytes.length; at += STEP_BYTES) {
    content.update(bytes.subarray(at, at + STEP_BYTES));
    yield;
  }
  return content.digest('hex');
}

/** A copy that other threads can read as it is. */
export function* shareInSteps(bytes: Uint8Array): Steps<Uint8Array> {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  for (let at = 0; at < bytes.length; at += STEP_BYTES) {
    shared.set(bytes.subarray(at, at + STEP_BYTES), at);
    yield;
  }
  return shared;
}
