/**
 * Labels on a stored completion: up to 16 pairs of strings.
 *
 * Keys have at most 64 characters, values at most 512; both are counted in code points.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/object#chat/object-metadata
 */
export interface Metadata {
  [key: string]: string;
}

/** The limits of {@link Metadata}: pairs, and code points in a key and in a value. */
export const METADATA_LIMITS = { pairs: 16, keyLength: 64, valueLength: 512 } as const;
