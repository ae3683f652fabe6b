import type { Metadata } from '@colloquy/client/contract';

/** As a list of pairs: `JSON.parse` may take a name for another. @see https://github.com/nodejs/node/issues/63785 */
export function spellMetadata(metadata: Metadata): string {
  return JSON.stringify(Object.entries(metadata));
}

/** Takes what `spellMetadata` returned. */
export function readMetadata(json: string): Metadata {
  return Object.fromEntries(JSON.parse(json) as Array<[string, string]>);
}
