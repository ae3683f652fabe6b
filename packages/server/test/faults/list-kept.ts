import type { ChatCompletion, ErrorObject } from '@colloquy/client/contract';

import type { CompletionStatus } from '../../src/storage/storage.ts';
import type { TestServer } from '../start-server.ts';

export interface Kept {
  readonly status: CompletionStatus;
  /** What the model said, as far as it arrived. */
  readonly text: string;
  /** The code of the error that the caller saw. */
  readonly error: string | null | undefined;
}

const STATUSES: readonly CompletionStatus[] = ['completed', 'interrupted', 'failed'];

/** Every record, by status. */
export async function listKept({ context }: TestServer): Promise<Kept[]> {
  const lists = STATUSES.map(async (status) => {
    const page = await context.storage.list('default', { status, limit: 100, order: 'asc' });
    return page.completions.map(({ response }) => {
      const { choices, error } = JSON.parse(Buffer.from(response).toString()) as Partial<ChatCompletion> & {
        error?: ErrorObject;
      };
      return { status, text: choices?.[0]?.message.content ?? '', error: error?.code };
    });
  });
  return (await Promise.all(lists)).flat();
}
