import { ChatCompletionAccumulator, Colloquy } from '@colloquy/client';
import { streamChatCompletion } from '@colloquy/client/stream';

import { JSON_FORMAT, MESSAGES, MODEL, type Connection, type Subject } from './subject.ts';

const REQUEST = { model: MODEL, messages: MESSAGES };

export function open({ baseURL, fetch, signal }: Connection): Subject {
  const clientOptions = { baseURL, apiKey: 'none', fetch };
  const { completions } = new Colloquy(clientOptions).chat;
  const options = signal && { signal };
  const stream = () => completions.create({ ...REQUEST, stream: true }, options);
  return {
    async call() {
      const completion = await completions.create(REQUEST, options);
      return { text: completion.choices[0]?.message.content ?? '', pieces: 1 };
    },
    async iterate() {
      let text = '';
      let pieces = 0;
      for await (const chunk of await stream()) {
        const content = chunk.choices[0]?.delta.content;
        if (!content) continue;
        text += content;
        pieces += 1;
      }
      return { text, pieces };
    },
    async merge() {
      const accumulator = new ChatCompletionAccumulator();
      for await (const chunk of await stream()) accumulator.add(chunk);
      return { text: accumulator.completion().choices[0]?.message.content ?? '', pieces: 1 };
    },
    async listen() {
      let text = '';
      let pieces = 0;
      const events = streamChatCompletion(clientOptions, REQUEST, options);
      events.on('content', (content) => {
        if (!content) return;
        text += content;
        pieces += 1;
      });
      await events.finalChatCompletion();
      return { text, pieces };
    },
    async parse() {
      let text = '';
      let pieces = 0;
      const params = { ...REQUEST, response_format: JSON_FORMAT };
      const events = streamChatCompletion(clientOptions, params, options);
      events.on('content.delta', ({ delta, parsed }) => {
        text += delta;
        if (parsed !== null && parsed !== undefined) pieces += 1;
      });
      await events.finalChatCompletion();
      return { text, pieces };
    },
  };
}
