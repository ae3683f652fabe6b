const INITIAL_BYTES = 1024;
export const LENGTH_BYTES = 4;

/** Longer memory is not kept for what is written next. */
const MAX_KEPT_BYTES = 16 * 1_048_576;

/** Of UTF-8, for a unit of UTF-16. */
export const MAX_BYTES_PER_UNIT = 3;

/** Memory that grows as it is written to. Numbers are big-endian, as on the wire. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(INITIAL_BYTES);
  #end = 0;

  /** Where the next byte goes. */
  get end(): number {
    return this.#end;
  }

  /** What was written; it is the memory itself, which is used again after `clear`. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  clear(): void {
    this.#end = 0;
    if (this.#bytes.length > MAX_KEPT_BYTES) this.#bytes = Buffer.allocUnsafe(INITIAL_BYTES);
  }

  writeInt8(value: number): void {
    this.#reserve(1);
    this.#end = this.#bytes.writeInt8(value, this.#end);
  }

  writeInt16(value: number): void {
    this.#reserve(2);
    this.#end = this.#bytes.writeInt16BE(value, this.#end);
  }

  writeInt32(value: number): void {
    this.#reserve(LENGTH_BYTES);
    this.#put(value, this.#end);
    this.#end += LENGTH_BYTES;
  }

  /** An integer below 2^53. */
  writeInt64(value: number): void {
    this.writeInt32(Math.floor(value / 2 ** 32));
    this.writeInt32(value | 0);
  }

  writeBytes(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength);
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.byteLength;
  }

  /** As UTF-8. */
  writeText(text: string): void {
    this.#reserve(text.length * MAX_BYTES_PER_UNIT);
    this.#end += this.#bytes.write(text, this.#end);
  }

  /** The bytes that are spelled in hex. */
  writeHex(hex: string): void {
    this.#reserve(hex.length / 2);
    this.#end += this.#bytes.write(hex, this.#end, 'hex');
  }

  /** Leaves room for a length of 32 bits. Returns what `endSized` takes. */
  beginSized(): number {
    this.writeInt32(0);
    return this.#end;
  }

  /** Fills the room in with how many bytes came after it; and with its own, if they count too. */
  endSized(start: number, ownBytes: 0 | typeof LENGTH_BYTES = 0): void {
    this.#put(this.#end - start + ownBytes, start - LENGTH_BYTES);
  }

  /** An integer of 32 bits: many times as fast as what checks each number. */
  #put(value: number, at: number): void {
    const bytes = this.#bytes;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
  }

  #reserve(bytes: number): void {
    const needed = this.#end + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#end);
    this.#bytes = grown;
  }
}
