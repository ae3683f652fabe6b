// Calls on their way to a thread. Their bytes go in one piece for all of them, which is handed over: an array buffer for
// each text costs more than everything else in a message, on both sides.

import type { Method } from './worker.ts';

export interface Call {
  readonly number: number;
  readonly method: Method;
  readonly args: readonly unknown[];
  /** Those members of the first argument that are bytes. */
  readonly bytes?: Bytes;
}

export type Bytes = Readonly<Record<string, Uint8Array>>;

export interface CallMessage {
  readonly calls: readonly SentCall[];
  /** The bytes of all calls, in their order. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface SentCall extends Omit<Call, 'bytes'> {
  /** What the bytes are called, and how many they are. */
  readonly lengths?: ReadonlyArray<readonly [name: string, length: number]>;
}

export function packCalls(calls: readonly Call[]): CallMessage {
  const pieces = calls.flatMap(({ bytes = {} }) => Object.values(bytes));
  const packed = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const piece of pieces) {
    packed.set(piece, end);
    end += piece.length;
  }
  return { calls: calls.map(measureBytes), bytes: packed };
}

function measureBytes({ bytes, ...call }: Call): SentCall {
  if (bytes === undefined) return call;
  return { ...call, lengths: Object.entries(bytes).map(([name, { length }]) => [name, length] as const) };
}

/** As they were called, with the bytes in their places. */
export function unpackCalls({ calls, bytes }: CallMessage): Call[] {
  let end = 0;
  return calls.map(({ lengths, ...call }) => {
    if (lengths === undefined) return call;
    const members = lengths.map(([name, length]) => [name, bytes.subarray(end, (end += length))] as const);
    const [first, ...others] = call.args;
    return { ...call, args: [{ ...(first as object), ...Object.fromEntries(members) }, ...others] };
  });
}
