// The least that can be done with `fetch`: the same bytes decoded, split and parsed, without a look at anything that
// may go wrong.

import type { ChatCompletion, ChatCompletionChunk } from '@colloquy/client';

import { MESSAGES, MODEL, type Connection, type Outcome, type Subject } from './subject.ts';

export function open({ baseURL, fetch, signal }: Connection): Subject {
  const post = (body: object) =>
    fetch(`${baseURL}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer none' },
      body: JSON.stringify({ model: MODEL, messages: MESSAGES, ...body }),
      signal: signal ?? null,
    });

  async function iterate(): Promise<Outcome> {
    const response = await post({ stream: true });
    const decoder = new TextDecoder();
    let rest = '';
    let text = '';
    let pieces = 0;
    for await (const bytes of response.body ?? []) {
      const events = (rest + decoder.decode(bytes, { stream: true })).split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) {
        const data = event.slice('data: '.length);
        if (data === '[DONE]') continue;
        const content = (JSON.parse(data) as ChatCompletionChunk).choices[0]?.delta.content;
        if (!content) continue;
        text += content;
        pieces += 1;
      }
    }
    return { text, pieces };
  }

  return {
    async call() {
      const completion = (await (await post({})).json()) as ChatCompletion;
      return { text: completion.choices[0]?.message.content ?? '', pieces: 1 };
    },
    iterate,
    // Its text is merged already.
    merge: async () => ({ ...(await iterate()), pieces: 1 }),
    listen: iterate,
  };
}
