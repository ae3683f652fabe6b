// Calls on their way to a thread. The texts of records go in one piece for all of them, which is handed over: an array
// buffer for each text costs more than everything else in a message, on both sides.

import type { CompletionRecord } from '../storage.ts';
import type { Method } from './worker.ts';

/** Those members of a record that are bytes. */
export type RecordTexts = Pick<CompletionRecord, 'request' | 'response' | 'parameters'>;

export interface Call {
  readonly number: number;
  readonly method: Method;
  readonly args: readonly unknown[];
  /** Of the record that is the first argument, which has the rest of it. */
  readonly texts?: RecordTexts;
}

export interface CallMessage {
  readonly calls: readonly SentCall[];
  /** The texts of all calls, in their order. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface SentCall extends Omit<Call, 'texts'> {
  /** Of the request, the response and the parameters. */
  readonly lengths: readonly [number, number, number] | undefined;
}

export function packCalls(calls: readonly Call[]): CallMessage {
  const sent = calls.map(({ number, method, args, texts }) => ({
    number,
    method,
    args,
    lengths: texts && measure(texts),
  }));
  const bytes = new Uint8Array(sent.reduce((sum, { lengths }) => sum + addUp(lengths), 0));
  let end = 0;
  for (const { texts } of calls) {
    if (texts === undefined) continue;
    for (const text of [texts.request, texts.response, texts.parameters]) {
      bytes.set(text, end);
      end += text.length;
    }
  }
  return { calls: sent, bytes };
}

/** As they were called, with the texts in their places. */
export function unpackCalls({ calls, bytes }: CallMessage): Call[] {
  let end = 0;
  return calls.map(({ number, method, args, lengths }) => {
    if (lengths === undefined) return { number, method, args };
    const [record, ...others] = args;
    const [request, response, parameters] = lengths;
    const texts: RecordTexts = {
      request: bytes.subarray(end, (end += request)),
      response: bytes.subarray(end, (end += response)),
      parameters: bytes.subarray(end, (end += parameters)),
    };
    return { number, method, args: [Object.assign(record as object, texts), ...others] };
  });
}

function measure({ request, response, parameters }: RecordTexts): [number, number, number] {
  return [request.length, response.length, parameters.length];
}

function addUp(lengths: SentCall['lengths']): number {
  return lengths === undefined ? 0 : lengths[0] + lengths[1] + lengths[2];
}
