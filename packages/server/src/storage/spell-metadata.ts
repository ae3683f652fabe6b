import { hash } from 'node:crypto';

import type { Metadata } from '@colloquy/client/contract';

/** Of a hash in base64url: 128 bits. */
const VERSION_LENGTH = 22;

/** As a list of pairs: `JSON.parse` may take a name for another. @see https://github.com/nodejs/node/issues/63785 */
export function spellMetadata(metadata: Metadata): string {
  return JSON.stringify(Object.entries(metadata));
}

/** Takes what `spellMetadata` returned. */
export function readMetadata(json: string): Metadata {
  return Object.fromEntries(JSON.parse(json) as Array<[string, string]>);
}

/** Names what the metadata is: two that are alike, also in the order of their pairs, have one version. */
export function readMetadataVersion(metadata: Metadata): string {
  return hash('sha256', spellMetadata(metadata), 'base64url').slice(0, VERSION_LENGTH);
}
