import { generateText } from '@xsai/generate-text';
import { streamText } from '@xsai/stream-text';

import { MESSAGES, MODEL, type Connection, type Subject } from './subject.ts';

export function open({ baseURL, fetch, signal }: Connection): Subject {
  const request = {
    apiKey: 'none',
    // Without the slash, its last segment would be lost.
    baseURL: `${baseURL}/`,
    model: MODEL,
    messages: MESSAGES,
    fetch,
    ...(signal && { abortSignal: signal }),
  };
  return {
    async call() {
      const { text } = await generateText(request);
      return { text: text ?? '', pieces: 1 };
    },
    async iterate() {
      let text = '';
      let pieces = 0;
      for await (const content of streamText(request).textStream) {
        if (content === '') continue;
        text += content;
        pieces += 1;
      }
      return { text, pieces };
    },
    async merge() {
      const steps = await streamText(request).steps;
      return { text: steps.at(-1)?.text ?? '', pieces: 1 };
    },
  };
}
