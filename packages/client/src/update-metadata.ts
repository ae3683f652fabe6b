import type { Completions } from './client.ts';
import type { Metadata } from './contract/metadata.ts';
import type { StoredChatCompletion } from './contract/stored-chat-completion.ts';
import { APIError } from './errors.ts';
import { listHeaders, type RequestOptions } from './options.ts';

/** Each time, one of those who write at once is through. */
const MAX_ATTEMPTS = 32;

/** Makes the new labels of those that are there, a copy of its own. */
export type MergeMetadata = (current: Metadata) => Metadata | null | Promise<Metadata | null>;

/**
 * Changes some of the metadata of a stored completion and leaves the rest: reads it, has `merge` make the new metadata of
 * it, and writes that unless somebody else was faster; then it begins again, up to 32 times, and throws the last 412. Returns
 * the completion as it is then. `merge` may be called several times, also with what it returned before, if the answer to that
 * was lost.
 *
 * This is safe against others on a server that answers with an `ETag`, as Colloquy does. On others, such as OpenAI, what is
 * written between the read and the write is overwritten.
 *
 * @example
 * await updateMetadata(client.chat.completions, id, (metadata) => ({ ...metadata, reviewed: 'yes' }));
 */
export async function updateMetadata(
  completions: Pick<Completions, 'retrieve' | 'update'>,
  completionId: string,
  merge: MergeMetadata,
  options?: RequestOptions,
): Promise<StoredChatCompletion> {
  for (let attempt = 1; ; attempt += 1) {
    const { data, response } = await completions.retrieve(completionId, options).withResponse();
    const metadata = await merge({ ...data.metadata });
    // A proxy that compresses the answer calls the tag a weak one, of which none would match.
    const version = response.headers.get('etag')?.replace(/^W\//, '');
    const headers = [...listHeaders(options?.headers), ['if-match', version] as const];
    try {
      return await completions.update(completionId, { metadata }, { ...options, headers });
    } catch (error) {
      if (!(error instanceof APIError && error.status === 412) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}
