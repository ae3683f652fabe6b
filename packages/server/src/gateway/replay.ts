import type { ChatCompletion } from '@colloquy/client/contract';

import type { StoredCompletion } from '../storage/storage.ts';
import type { Exchange } from './exchange.ts';
import { splitCompletion } from './split-completion.ts';

/** Answers with a completion that is kept, plain or as a stream, whichever the request asks for. */
export async function replay(
  { request: { owned }, caller }: Pick<Exchange, 'request' | 'caller'>,
  { response }: StoredCompletion,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  if (owned.stream === true) {
    caller.start(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      ...headers,
    });
    // Only completions are replayed, and the store holds them as they are.
    const completion = JSON.parse(Buffer.from(response).toString()) as ChatCompletion;
    await caller.write(formatStream(completion, owned.stream_options?.include_usage === true));
  } else {
    caller.start(200, {
      'content-type': 'application/json',
      'content-length': String(response.length),
      ...headers,
    });
    await caller.write(response);
  }
  caller.end();
}

function formatStream(completion: ChatCompletion, includeUsage: boolean): Uint8Array {
  const chunks = splitCompletion(completion, includeUsage).map((chunk) => JSON.stringify(chunk));
  return Buffer.from([...chunks, '[DONE]'].map((data) => `data: ${data}\n\n`).join(''));
}
