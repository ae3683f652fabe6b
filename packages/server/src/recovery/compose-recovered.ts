import { setImmediate } from 'node:timers/promises';

import type { ChatCompletion } from '@colloquy/client/contract';

import { ApiError } from '../api-error.ts';
import { composeRecord, composeStreamed } from '../gateway/compose-record.ts';
import { readNotes } from '../gateway/journal-notes.ts';
import { KeptStream } from '../gateway/kept-stream.ts';
import type { JsonBytes } from '../json/members.ts';
import type { NotedCompletion } from '../storage/journal.ts';
import type { CompletionRecord } from '../storage/storage.ts';

/** As a stream is kept that broke off there. Throws if the notes are damaged. */
export async function composeRecovered(noted: NotedCompletion): Promise<CompletionRecord> {
  const { asked, parts } = readNotes(noted);
  const { completion, error } = await merge(asked.id, parts);
  return composeRecord(asked, {
    status: 'interrupted',
    progress: noted.progress,
    response: composeStreamed(asked, { ...completion, error }),
    completion,
  });
}

interface Merged {
  readonly completion: ChatCompletion;
  readonly error: unknown;
}

/** By the same rules as when it came; requests are served in between. */
async function merge(id: string, parts: readonly JsonBytes[]): Promise<Merged> {
  // What the caller saw is gone.
  const stream = new KeptStream({ id, hidesUsage: false, choices: 1 });
  for (const part of parts) {
    stream.push(part);
    await setImmediate();
  }
  const ended = new ApiError('server_ended', 'The server ended while it was answering.');
  return { completion: stream.completion(), error: stream.error ?? ended.toBody().error };
}
