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

/**
 * Records that share images, what counts them wrong in SQL, which spells a hash as `spellHash` does, and what is to be told
 * then: the first image is counted as used less often than it is, the second more often, and the third is used by nobody any
 * more. The fourth is well.
 */
export function makeMiscountedImages(spellHash: (hash: string) => string): {
  readonly records: readonly CompletionRecord[];
  readonly sql: string;
  readonly damages: readonly Damage[];
} {
  const [less, more, unused, well] = [
    makeBytes('less'),
    makeBytes('more'),
    makeBytes('unused'),
    makeBytes('well'),
  ];
  const records = [
    ...[[less, well], [less, less], [more], [unused]].map((images) => makeImageRecord(images)),
    makeImageRecord([less], { project: 'other' }),
  ];
  const setUses = (uses: number, bytes: Buffer) =>
    `UPDATE attachments SET uses = ${uses} WHERE project = 'home' AND sha256 = ${spellHash(toHash(bytes))};`;
  const sql = `${setUses(1, less)} ${setUses(7, more)}
    UPDATE completions SET request_attachments = NULL WHERE id = '${records[3]!.id}';`;
  const tell = (bytes: Buffer, found: number, counted: number): Damage => ({
    reason: `the attachment ${toHash(bytes)} of project home is used by ${found} completions, but counted as used by ${counted}`,
  });
  return { records, sql, damages: [tell(less, 2, 1), tell(more, 1, 7), tell(unused, 0, 1)] };
}

function toHash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
