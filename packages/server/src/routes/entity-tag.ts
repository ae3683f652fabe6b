// The version of a stored completion as HTTP names it, so that one who changes what he has read overwrites nobody else's
// change. Of a stored completion only the metadata changes: its version is that of the whole.
// @see https://www.rfc-editor.org/rfc/rfc9110#name-conditional-requests

import { ApiError } from '../api-error.ts';
import { readMetadataVersion } from '../storage/spell-metadata.ts';
import type { StoredCompletion } from '../storage/storage.ts';

/** A tag may hold commas, and no quotes. */
const TAG = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/;
const TAGS = new RegExp(`^${TAG.source}(?:[ \\t]*,[ \\t]*${TAG.source})*$`);

export const entityTagHeaders = {
  ETag: { schema: { type: 'string' }, description: 'The version of the metadata. Not in the API of OpenAI.' },
} as const;

export const ifMatchSchema = {
  type: 'object',
  properties: {
    'if-match': {
      type: 'string',
      description:
        'The ETag of the completion as it was read: it is changed only if it is still that one. Not in the API of OpenAI.',
    },
  },
} as const;

export function entityTag({ metadata }: StoredCompletion): string {
  return `"${readMetadataVersion(metadata)}"`;
}

/** The versions that the header names; undefined if every one will do. Throws `ApiError` if it cannot be read. */
export function readIfMatch(header: string | undefined): string[] | undefined {
  if (header === undefined || header === '*') return undefined;
  if (!TAGS.test(header)) {
    throw new ApiError(
      'invalid_value',
      `Invalid 'If-Match': send the ETag that came with the completion, with its quotes, such as "${'A'.repeat(22)}".`,
      { param: 'If-Match' },
    );
  }
  const tags = [...header.matchAll(new RegExp(TAG, 'g'))];
  // A weak tag is never the same as ours, which are strong.
  return tags.filter(([, weak]) => weak === undefined).map(([, , version = '']) => version);
}
