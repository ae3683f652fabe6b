// What the client does on every runtime: this runs as it is on each of them, so it asks only for what all have.

import {
  APIUserAbortError,
  type ChatCompletionCreateParamsNonStreaming,
  Colloquy,
  NotFoundError,
} from '@colloquy/client';

const ASK: Pick<ChatCompletionCreateParamsNonStreaming, 'model' | 'messages'> = {
  model: 'eliza',
  messages: [{ role: 'user', content: 'I am sad.' }],
};
const ANSWER = 'I am sorry to hear you are sad.';

/** Throws at the first thing that goes wrong. `baseURL` is that of a server with an empty store. */
export async function program(baseURL: string, fetch?: typeof globalThis.fetch): Promise<void> {
  const { completions } = new Colloquy({ baseURL, apiKey: 'any', fetch }).chat;

  // A browser asks the server first whether a page may send these headers, and hides those that it does not name.
  const { data: first, request_id } = await completions
    .create(
      { ...ASK, store: true, metadata: { turn: 'first' } },
      { idempotencyKey: 'first', headers: { 'x-client-request-id': 'turn 1' } },
    )
    .withResponse();
  equal('create', first.choices[0]?.message.content, ANSWER);
  equal('x-request-id', typeof request_id, 'string');

  const second = { id: '', content: '', chunks: 0 };
  for await (const chunk of await completions.create({ ...ASK, store: true, stream: true })) {
    second.id = chunk.id;
    second.content += chunk.choices[0]?.delta.content ?? '';
    second.chunks += 1;
  }
  equal('stream', second.content, ANSWER);
  equal('the stream comes in pieces', second.chunks > 2, true);

  const third = await completions.create({ ...ASK, store: true });
  // Pages of one: each further completion needs a request of its own.
  const ids: string[] = [];
  for await (const { id } of completions.list({ limit: 1 })) ids.push(id);
  equal('list', ids.join(), [first.id, second.id, third.id].join());

  const stored = await completions.retrieve(second.id);
  equal('retrieve', stored.choices[0]?.message.content, ANSWER);

  const messages = await completions.messages.list(first.id);
  equal('messages.list', messages.data.map(({ content }) => content).join(), 'I am sad.');

  const updated = await completions.update(first.id, { metadata: { turn: 'updated' } });
  equal('update', updated.metadata?.['turn'], 'updated');

  equal('delete', (await completions.delete(first.id)).deleted, true);
  const missing = await thrownBy(() => completions.retrieve(first.id));
  equal('NotFoundError', missing instanceof NotFoundError && missing.status, 404);

  await stopsWhenAborted(completions);
}

async function stopsWhenAborted(completions: Colloquy['chat']['completions']): Promise<void> {
  const controller = new AbortController();
  const stream = await completions.create({ ...ASK, stream: true }, { signal: controller.signal });
  let chunks = 0;
  const error = await thrownBy(async () => {
    for await (const chunk of stream) {
      equal('chunk', chunk.object, 'chat.completion.chunk');
      chunks += 1;
      controller.abort();
    }
  });
  equal('abort throws', error instanceof APIUserAbortError || error, true);
  equal('chunks until the abort', chunks, 1);
}

// Not every runtime has node:assert.
function equal(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: ${String(actual)} instead of ${String(expected)}`);
}

async function thrownBy(action: () => Promise<unknown>): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  return undefined;
}
