// Requests that carry images, as different libraries spell them.

import { createHash } from 'node:crypto';

import type { Damage } from '../../src/storage/damage.ts';
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

/**
 * Records that share images, and what is to be told of them once a bit of the first image is flipped, the second one is gone,
 * and the last record does not say any longer where its image belongs. The third record is well.
 */
export function makeDamagedImages(): {
  readonly images: readonly [flipped: Buffer, gone: Buffer];
  readonly hashes: readonly [flipped: string, gone: string];
  readonly records: readonly CompletionRecord[];
  readonly damages: readonly Damage[];
} {
  const [flipped, gone, well] = [makeBytes('flipped'), makeBytes('gone'), makeBytes('well')];
  const hashes = [toHash(flipped), toHash(gone)] as const;
  const records = [[flipped, well], [gone], [well], [well, flipped], [well, well]].map((images) =>
    makeImageRecord(images),
  );
  const reasons = [
    `the attachment ${hashes[0]} of its request is damaged`,
    `the attachment ${hashes[1]} of its request is missing`,
    undefined,
    `the attachment ${hashes[0]} of its request is damaged`,
    'its request is damaged',
  ];
  const damages = records.flatMap(({ project, id }, index) => {
    const reason = reasons[index];
    return reason === undefined ? [] : [{ project, id, reason }];
  });
  return { images: [flipped, gone], hashes, records, damages };
}

function toHash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
