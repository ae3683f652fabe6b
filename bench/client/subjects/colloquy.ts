import { ChatCompletionAccumulator, Colloquy } from '@colloquy/client';

// No door leads to the parser alone.
import { PartialJsonParser } from '../../../packages/client/dist/partial-json.js';
import { MESSAGES, MODEL, type Connection, type Subject } from './subject.ts';

const REQUEST = { model: MODEL, messages: MESSAGES };

export function open({ baseURL, fetch, signal }: Connection): Subject {
  const { completions } = new Colloquy({ baseURL, apiKey: 'none', fetch }).chat;
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
    async parse() {
      const parser = new PartialJsonParser();
      let text = '';
      let pieces = 0;
      for await (const chunk of await stream()) {
        const content = chunk.choices[0]?.delta.content;
        if (!content) continue;
        text += content;
        parser.push(content);
        if (parser.value !== undefined) pieces += 1;
      }
      return { text, pieces };
    },
  };
}
