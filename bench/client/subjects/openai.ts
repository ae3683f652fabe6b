import OpenAI from 'openai';
import { makeParseableResponseFormat } from 'openai/lib/parser';

import { JSON_FORMAT, MESSAGES, MODEL, type Connection, type Subject } from './subject.ts';

const REQUEST = { model: MODEL, messages: MESSAGES };

/** What its helpers for schema libraries make. */
const RESPONSE_FORMAT = makeParseableResponseFormat(JSON_FORMAT, (content) => JSON.parse(content) as unknown);

export function open({ baseURL, fetch, signal }: Connection): Subject {
  const { completions } = new OpenAI({ baseURL, apiKey: 'none', fetch }).chat;
  const options = signal && { signal };
  return {
    async call() {
      const completion = await completions.create(REQUEST, options);
      return { text: completion.choices[0]?.message.content ?? '', pieces: 1 };
    },
    async iterate() {
      let text = '';
      let pieces = 0;
      for await (const chunk of await completions.create({ ...REQUEST, stream: true }, options)) {
        const content = chunk.choices[0]?.delta.content;
        if (!content) continue;
        text += content;
        pieces += 1;
      }
      return { text, pieces };
    },
    async merge() {
      const completion = await completions.stream(REQUEST, options).finalChatCompletion();
      return { text: completion.choices[0]?.message.content ?? '', pieces: 1 };
    },
    async listen() {
      let text = '';
      let pieces = 0;
      const stream = completions.stream(REQUEST, options);
      stream.on('content', (content) => {
        if (!content) return;
        text += content;
        pieces += 1;
      });
      await stream.finalChatCompletion();
      return { text, pieces };
    },
    async parse() {
      let text = '';
      let pieces = 0;
      const stream = completions.stream({ ...REQUEST, response_format: RESPONSE_FORMAT }, options);
      stream.on('content.delta', ({ delta, parsed }) => {
        text += delta;
        if (parsed !== null && parsed !== undefined) pieces += 1;
      });
      await stream.finalChatCompletion();
      return { text, pieces };
    },
  };
}
