/** The type's number, as in every PostgreSQL. */
const BYTEA_OID = 17;

/** Number of dimensions, whether there are nulls, type, length, lowest index: 32 bits each. */
const HEADER_BYTES = 20;

/**
 * A `bytea[]` as PostgreSQL sends and receives it. The driver would spell it as text, twice as long, for which the
 * database takes four times as long.
 *
 * @see https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/arrayfuncs.c `array_recv`
 */
export function encodeBytesArray(elements: readonly Uint8Array[]): Buffer {
  const size = elements.reduce((sum, { byteLength }) => sum + 4 + byteLength, HEADER_BYTES);
  const array = Buffer.allocUnsafe(size);
  let end = 0;
  for (const field of [1, 0, BYTEA_OID, elements.length, 1]) end = array.writeInt32BE(field, end);
  for (const element of elements) {
    end = array.writeInt32BE(element.byteLength, end);
    array.set(element, end);
    end += element.byteLength;
  }
  return array;
}
