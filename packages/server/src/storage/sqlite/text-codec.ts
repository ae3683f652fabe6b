// How the JSON texts of requests and responses lie in the file: compressed if that pays, byte for byte the same when they
// are read. The first byte says how: 0 is the text itself; 1 is zstd with our dictionary, behind the text's length. A short
// request is compressed along with its response, since each time costs more than the text: 2 is a response and its
// request, behind the lengths of both, and 3, in the place of the request, says that it is there.

import { hash } from 'node:crypto';

import type { JsonBytes } from '../../json/members.ts';
import { copyAlone } from './copy-alone.ts';
import { compressFrame, decompressFrames } from './frames.ts';

const PLAIN = 0;
const ZSTD = 1;
const PAIR = 2;
const BESIDE = 3;
/** Of each length. */
const LENGTH_BYTES = 4;
/** Together; whoever reads only the response has to read as much. */
const MAX_PAIR_BYTES = 16_384;
/** What is shorter gains nothing. */
const MIN_BYTES = 64;
/** To be smaller by a tenth pays for the time to read it. */
const MAX_SHARE = 0.9;

export function encodeText(text: JsonBytes): Uint8Array {
  return compress(text, ZSTD, [text.length]) ?? encodePlain(text);
}

export interface EncodedTexts {
  readonly request: Uint8Array;
  readonly response: Uint8Array;
}

export function encodeTexts(request: JsonBytes, response: JsonBytes): EncodedTexts {
  const { length } = response;
  if (length + request.length <= MAX_PAIR_BYTES) {
    const pair = compress(Buffer.concat([response, request]), PAIR, [length, request.length]);
    if (pair !== undefined) return { request: Uint8Array.of(BESIDE), response: pair };
  }
  return { request: encodeText(request), response: encodeText(response) };
}

/** Undefined if it does not pay. */
function compress(text: JsonBytes, kind: number, lengths: readonly number[]): Uint8Array | undefined {
  if (text.length < MIN_BYTES) return undefined;
  const frame = compressFrame(text);
  if (frame.length > text.length * MAX_SHARE) return undefined;
  const start = 1 + LENGTH_BYTES * lengths.length;
  const encoded = Buffer.allocUnsafe(start + frame.length);
  encoded[0] = kind;
  for (const [index, length] of lengths.entries()) encoded.writeUInt32LE(length, 1 + LENGTH_BYTES * index);
  encoded.set(frame, start);
  return encoded;
}

function encodePlain(text: JsonBytes): Uint8Array {
  const encoded = Buffer.allocUnsafe(1 + text.length);
  encoded[0] = PLAIN;
  encoded.set(text, 1);
  return encoded;
}

/** Throws if it is damaged so that it cannot be read; whether it is the text that was kept is not checked. */
export function decodeText(encoded: Uint8Array): JsonBytes {
  return decodeTexts([encoded])[0]!;
}

/** Many are decompressed at once, since each time costs far more than a text. Throws as `decodeText` does. */
export function decodeTexts(encoded: readonly Uint8Array[]): JsonBytes[] {
  return decodeAll(encoded).map(({ text }) => text);
}

/** Throws as `decodeText` does. */
export function decodeRequest({ request, response }: EncodedTexts): JsonBytes {
  return request[0] === BESIDE ? decodeAll([response])[0]!.beside : decodeText(request);
}

export interface HashedTexts extends EncodedTexts {
  readonly requestHash: Uint8Array;
  readonly responseHash: Uint8Array;
}

/** Those with their hashes; undefined where one is damaged. */
export interface IntactTexts {
  readonly request: JsonBytes | undefined;
  readonly response: JsonBytes | undefined;
}

export function decodeIntactTexts(records: readonly HashedTexts[]): IntactTexts[] {
  try {
    const decoded = decodeRecords(records);
    if (decoded.every(({ request, response }) => request && response)) return decoded;
  } catch {
    // One of them is damaged, as below.
  }
  return records.map(decodeIntactRecord);
}

function decodeIntactRecord(record: HashedTexts): IntactTexts {
  const attempt = (decode: () => JsonBytes, sha256: Uint8Array): JsonBytes | undefined => {
    try {
      return checkHash(decode(), sha256);
    } catch {
      return undefined;
    }
  };
  return {
    request: attempt(() => decodeRequest(record), record.requestHash),
    response: attempt(() => decodeText(record.response), record.responseHash),
  };
}

function decodeRecords(records: readonly HashedTexts[]): IntactTexts[] {
  const responses = decodeAll(records.map(({ response }) => response));
  const requests = decodeTexts(records.map(({ request }) => request).filter(([kind]) => kind !== BESIDE));
  return records.map(({ request: [kind], requestHash, responseHash }, index) => {
    const { text, beside } = responses[index]!;
    const request = kind === BESIDE ? beside : requests.shift()!;
    return { request: checkHash(request, requestHash), response: checkHash(text, responseHash) };
  });
}

function checkHash(text: JsonBytes, sha256: Uint8Array): JsonBytes | undefined {
  return hash('sha256', text, 'buffer').equals(sha256) ? text : undefined;
}

interface Decoded {
  readonly text: JsonBytes;
  /** Of a response, the request that is kept along with it; else empty. */
  readonly beside: JsonBytes;
}

function decodeAll(encoded: readonly Uint8Array[]): Decoded[] {
  const parts = encoded.map(readParts);
  const texts = decompress(parts.filter(({ isFrame }) => isFrame));
  let start = 0;
  return parts.map(({ bytes, isFrame, lengths: [length, besideLength] }) => {
    const joined = isFrame ? texts.subarray(start, (start += length + besideLength)) : bytes;
    return { text: joined.subarray(0, length), beside: joined.subarray(length) };
  });
}

interface Parts {
  /** A frame of zstd, or the text itself. */
  readonly bytes: Uint8Array;
  readonly isFrame: boolean;
  /** Of the text, and of that beside it. */
  readonly lengths: readonly [number, number];
}

function readParts(encoded: Uint8Array): Parts {
  const kind = encoded[0];
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.length);
  if (kind === PLAIN) return { bytes: bytes.subarray(1), isFrame: false, lengths: [bytes.length - 1, 0] };
  if (kind !== ZSTD && kind !== PAIR) throw new Error('a text is kept in a way that is not known here');
  const second = 1 + LENGTH_BYTES;
  const besideLength = kind === PAIR ? bytes.readUInt32LE(second) : 0;
  return {
    bytes: bytes.subarray(kind === PAIR ? second + LENGTH_BYTES : second),
    isFrame: true,
    lengths: [bytes.readUInt32LE(1), besideLength],
  };
}

function decompress(frames: readonly Parts[]): Uint8Array {
  if (frames.length === 0) return new Uint8Array();
  const length = frames.reduce((sum, { lengths: [first, second] }) => sum + first + second, 0);
  return copyAlone(decompressFrames(Buffer.concat(frames.map(({ bytes }) => bytes)), length));
}
