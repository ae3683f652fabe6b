import type { ChatCompletion, ErrorObject } from '@colloquy/client/contract';

import type { Context } from '../../src/context.ts';
import type { CompletionStatus, StoredCompletion } from '../../src/storage/storage.ts';
import type { TestServer } from '../start-server.ts';

export interface Kept {
  readonly status: CompletionStatus;
  /** What the model said, as far as it arrived. */
  readonly text: string;
  /** What its metadata calls it. */
  readonly name: string | undefined;
  /** The code of the error that the caller saw. */
  readonly error: string | null | undefined;
}

const STATUSES: readonly CompletionStatus[] = ['completed', 'interrupted', 'failed'];

async function* readAll({ storage }: Context, status: CompletionStatus): AsyncGenerator<StoredCompletion> {
  let after: string | undefined;
  do {
    const page = await storage.list('default', { status, limit: 100, order: 'asc', ...(after && { after }) });
    yield* page.completions;
    after = page.hasMore ? page.completions.at(-1)?.id : undefined;
  } while (after !== undefined);
}

/** Every record, by status. */
export async function listKept({ context }: TestServer): Promise<Kept[]> {
  const lists = STATUSES.map(async (status) => {
    const records = await Array.fromAsync(readAll(context, status));
    return records.map(({ response, metadata }) => {
      const { choices, error } = JSON.parse(Buffer.from(response).toString()) as Partial<ChatCompletion> & {
        error?: ErrorObject;
      };
      return {
        status,
        text: choices?.[0]?.message.content ?? '',
        error: error?.code,
        name: metadata['name'],
      };
    });
  });
  return (await Promise.all(lists)).flat();
}
