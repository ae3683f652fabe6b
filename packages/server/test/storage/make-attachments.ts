// Requests that carry images, as different libraries spell them.

import { createHash } from 'node:crypto';

import type { CompletionRecord } from '../../src/storage/storage.ts';
import { makeRecord, toBytes } from './make-record.ts';

/** Bytes that nothing shrinks, the same ones for the same seed. */
export function makeBytes(seed: string | number, length = 3000): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, block) =>
    createHash('sha256').update(`${seed} ${block}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}

export function toDataUri(bytes: Buffer): string {
  return `data:image/png;base64,${bytes.toString('base64')}`;
}

/** The JSON text of a request with these images. */
export function spellRequest(text: string, ...images: readonly Buffer[]): string {
  const content = [
    { type: 'text', text },
    ...images.map((bytes) => ({ type: 'image_url', image_url: { url: toDataUri(bytes) } })),
  ];
  return JSON.stringify({ model: 'small', messages: [{ role: 'user', content }] });
}

/** A record that asks `text` about these images. */
export function makeImageRecord(
  images: readonly Buffer[],
  { text = 'What is this?', ...changes }: Partial<CompletionRecord> & { readonly text?: string } = {},
): CompletionRecord {
  return makeRecord({ request: toBytes(spellRequest(text, ...images)), ...changes });
}
