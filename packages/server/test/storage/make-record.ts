import { idBound, mintCompletionId } from '../../src/completion-id.ts';
import type { CompletionRecord, StoredCompletion } from '../../src/storage/storage.ts';

/** A record with an id of its own; `changes` are what a test is about. */
export function makeRecord(changes: Partial<CompletionRecord> = {}): CompletionRecord {
  const id = changes.id ?? mintCompletionId();
  return {
    project: 'home',
    id,
    status: 'completed',
    requestedModel: 'small',
    model: 'small-2026-01-01',
    upstream: 'local',
    upstreamId: 'chatcmpl-7',
    requestId: 'req_1',
    parameters: toBytes('{"temperature":0.5}'),
    request: toBytes(`{"model":"small","user":"${id}"}`),
    response: toBytes(`{"id":"${id}","object":"chat.completion"}`),
    metadata: {},
    usage: { promptTokens: 1, completionTokens: 2, cachedTokens: 3, reasoningTokens: 4 },
    firstByteMs: 5,
    totalMs: 6,
    ...changes,
  };
}

/** What a record holds in which this was said. */
export function makeChat(question: unknown, answer: unknown): Pick<CompletionRecord, 'request' | 'response'> {
  return {
    request: toBytes(JSON.stringify({ model: 'small', messages: [{ role: 'user', content: question }] })),
    response: toBytes(
      JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: answer } }] }),
    ),
  };
}

/** A record as everything but `getRequest` returns it. */
export function withoutRequest({ request: _request, ...completion }: CompletionRecord): StoredCompletion {
  return completion;
}

/** An id of that time, in ms since 1970, whatever others were made before; those of one time sort by `number`. */
export function makeIdOf(ms: number, number = 0): string {
  return idBound(ms) + String(number).padStart(20, '0');
}

export function toBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
