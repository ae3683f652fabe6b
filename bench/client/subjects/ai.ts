import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, jsonSchema, Output, streamText } from 'ai';

import { JSON_SCHEMA, MODEL, PROMPT, SYSTEM, type Connection, type Subject } from './subject.ts';

export function open({ baseURL, fetch, signal }: Connection): Subject {
  const provider = createOpenAICompatible({
    name: 'bench',
    baseURL,
    apiKey: 'none',
    fetch,
    supportsStructuredOutputs: true,
  });
  const request = {
    model: provider(MODEL),
    instructions: SYSTEM,
    prompt: PROMPT,
    ...(signal && { abortSignal: signal }),
  };
  return {
    async call() {
      const { text } = await generateText(request);
      return { text, pieces: 1 };
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
      const text = await streamText(request).text;
      return { text, pieces: 1 };
    },
    async parse() {
      let pieces = 0;
      const output = Output.object({ schema: jsonSchema(JSON_SCHEMA) });
      const result = streamText({ ...request, output });
      for await (const value of result.partialOutputStream) {
        if (value !== undefined) pieces += 1;
      }
      return { text: await result.text, pieces };
    },
  };
}
