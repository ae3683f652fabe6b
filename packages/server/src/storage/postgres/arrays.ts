// Arrays as PostgreSQL receives them. The driver would spell them as text, for which it takes several times as long, and so
// does the database.

import { ByteWriter } from './byte-writer.ts';

/** Integers are below 2^53. A text of the type `bytea` is the bytes in hex. */
export type Value = string | number | Uint8Array | null;

export type Row = readonly Value[];

export type ArrayType = keyof typeof OIDS;

/** The numbers of the types of elements, as in every PostgreSQL. */
const OIDS = { bytea: 17, bigint: 20, text: 25 };

const DIMENSIONS = 1;
const MAY_HAVE_NULLS = 1;
const LOWEST_INDEX = 1;
const NULL_LENGTH = -1;
const BIGINT_BYTES = 8;

/**
 * A column of rows, as an array.
 *
 * @see https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/arrayfuncs.c `array_recv`
 */
export function writeColumn(writer: ByteWriter, type: ArrayType, rows: readonly Row[], column: number): void {
  for (const field of [DIMENSIONS, MAY_HAVE_NULLS, OIDS[type], rows.length, LOWEST_INDEX])
    writer.writeInt32(field);
  for (const row of rows) writeElement(writer, type, row[column]!);
}

/** The same for the driver, which passes bytes on as they are. */
export function encodeColumn(type: ArrayType, rows: readonly Row[], column: number): Buffer {
  const writer = new ByteWriter();
  writeColumn(writer, type, rows, column);
  return writer.written;
}

function writeElement(writer: ByteWriter, type: ArrayType, element: Value): void {
  if (element === null) {
    writer.writeInt32(NULL_LENGTH);
  } else if (typeof element === 'string') {
    const start = writer.beginSized();
    if (type === 'bytea') writer.writeHex(element);
    else writer.writeText(element);
    writer.endSized(start);
  } else if (typeof element === 'number') {
    writer.writeInt32(BIGINT_BYTES);
    writer.writeInt64(element);
  } else {
    writer.writeInt32(element.byteLength);
    writer.writeBytes(element);
  }
}
