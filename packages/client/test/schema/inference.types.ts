// What the compiler knows of structured answers and tools, and what it refuses.

import { type } from 'arktype';
import type * as theirs from 'openai/resources/chat/completions';
import * as v from 'valibot';
import { z } from 'zod';

import type { APIPromise } from '../../src/api-promise.ts';
import { Colloquy } from '../../src/helpers.ts';
import {
  parseChatCompletion,
  standardFunction,
  standardResponseFormat,
  type AutoParseableResponseFormat,
  type AutoParseableTool,
  type ParsedChatCompletion,
  type ParsedChatCompletionMessage,
  type ParsedChoice,
  type ParsedFunctionToolCall,
} from '../../src/schema/index.ts';
import type { ChatCompletionStream } from '../../src/streaming/index.ts';
import {
  runTools,
  type ChatCompletionRunner,
  type ChatCompletionStreamingRunner,
} from '../../src/tools/index.ts';
import { takes, type Assert, type Covers } from '../contract/type-assertions.ts';

type IsSame<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const messages = [{ role: 'user', content: 'Where?' } as const];
const params = { model: 'small', messages };
const format = standardResponseFormat(z.object({ city: z.string() }), 'place');
const client = new Colloquy();

export type Names = [
  Assert<Covers<ParsedChatCompletion<string>, theirs.ParsedChatCompletion<string>>>,
  Assert<Covers<ParsedChoice<string>, theirs.ParsedChoice<string>>>,
  Assert<Covers<ParsedChatCompletionMessage<string>, theirs.ParsedChatCompletionMessage<string>>>,
  Assert<Covers<ParsedFunctionToolCall, theirs.ParsedFunctionToolCall>>,
];

export function inferSchemas(): void {
  const valibot = standardResponseFormat(v.object({ n: v.number() }), 'x', { schema: {} });
  const arktype = standardResponseFormat(type({ n: 'number' }), 'x');
  const changed = standardResponseFormat(z.object({ n: z.string().transform(Number) }), 'x');
  const tool = standardFunction({ name: 'f', parameters: z.object({ n: z.number() }) });
  const run = standardFunction({
    name: 'f',
    parameters: z.object({ n: z.number() }),
    function: ({ n }) => takes<number>(n),
  });
  type Format = AutoParseableResponseFormat<{ n: number }>;
  takes<Assert<IsSame<typeof valibot, Format>>>(true);
  takes<Assert<IsSame<typeof arktype, Format>>>(true);
  takes<Assert<IsSame<typeof changed, Format>>>(true);
  takes<Assert<IsSame<typeof tool, AutoParseableTool<{ n: number }, false>>>>(true);
  takes<Assert<IsSame<typeof run, AutoParseableTool<{ n: number }, true>>>>(true);

  // @ts-expect-error -- no schema
  standardResponseFormat({ type: 'object' }, 'x');
  // @ts-expect-error -- no name
  standardResponseFormat(z.object({}));
  const wrong = {
    name: 'f',
    parameters: z.object({ n: z.number() }),
    function: (args: { n: string }) => args,
  };
  // @ts-expect-error -- the function takes something else
  standardFunction(wrong);
}

export function inferAnswers(): void {
  const parsed = parseChatCompletion({}, { ...params, response_format: format });
  const bound = client.chat.completions.parse({ ...params, response_format: format });
  const stream = client.chat.completions.stream({ ...params, response_format: format });
  const plain = client.chat.completions.parse(params);
  const json = client.chat.completions.parse({
    ...params,
    response_format: { type: 'json_schema', json_schema: { name: 'any' } },
  });
  type Place = { city: string };
  takes<Assert<IsSame<typeof parsed, APIPromise<ParsedChatCompletion<Place>>>>>(true);
  takes<Assert<IsSame<typeof bound, APIPromise<ParsedChatCompletion<Place>>>>>(true);
  takes<Assert<IsSame<typeof stream, ChatCompletionStream<Place>>>>(true);
  takes<Assert<IsSame<typeof plain, APIPromise<ParsedChatCompletion<null>>>>>(true);
  takes<Assert<IsSame<typeof json, APIPromise<ParsedChatCompletion<unknown>>>>>(true);

  stream.on('content.done', (event) => takes<Place | null>(event.parsed));
  // @ts-expect-error -- there is no such event
  stream.on('contents', () => undefined);
  // @ts-expect-error -- this event has something else
  stream.on('content', (delta: number) => delta);
  // @ts-expect-error -- it is streamed anyway
  client.chat.completions.stream({ ...params, stream: false });
  // @ts-expect-error -- whole answers are no streams
  client.chat.completions.parse({ ...params, stream: true });
}

export function inferEvents(stream: ChatCompletionStream<string>): void {
  takes<Promise<[delta: string, snapshot: string]>>(stream.emitted('content'));
  takes<Promise<void>>(stream.emitted('connect'));
  takes<Promise<{ parsed: string | null }>>(stream.emitted('content.done'));
  takes<AsyncIterable<[delta: string, snapshot: string]>>(stream.events('content'));
}

export function inferRuns(): void {
  const tool = standardFunction({
    name: 'f',
    parameters: z.object({ n: z.number() }),
    function: ({ n }) => n,
  });
  const idle = standardFunction({ name: 'f', parameters: z.object({ n: z.number() }) });
  const plain = runTools({}, { ...params, tools: [tool] });
  const bound = client.chat.completions.runTools({ ...params, tools: [tool], response_format: format });
  const stream = client.chat.completions.runTools({ ...params, tools: [tool], stream: true });
  takes<Assert<IsSame<typeof plain, ChatCompletionRunner>>>(true);
  takes<Assert<IsSame<typeof bound, ChatCompletionRunner<{ city: string }>>>>(true);
  takes<Assert<IsSame<typeof stream, ChatCompletionStreamingRunner>>>(true);
  bound.on('content', (content) => takes<string>(content));
  // @ts-expect-error -- without streams there are no chunks
  bound.on('chunk', () => undefined);
  // @ts-expect-error -- it has no function
  runTools({}, { ...params, tools: [idle] });
  // @ts-expect-error -- a run needs tools
  runTools({}, params);
}

export function inferTools(): void {
  const parameters = { type: 'object', properties: {} } as const;
  const parse = (): { city: string } => ({ city: 'Rome' });
  runTools(
    {},
    {
      ...params,
      tools: [
        { type: 'function', function: { parameters, function: (args: string) => args } },
        { type: 'function', function: { parameters, parse, function: (args: { city: string }) => args } },
        {
          type: 'function',
          function: { parameters, parse: JSON.parse, function: (args: { any: 1 }) => args },
        },
        { type: 'custom', custom: { name: 'own' } },
      ],
    },
  );
  const parsed = { parameters, parse, function: (args: number) => args };
  // @ts-expect-error -- what is parsed is not what the function takes
  runTools({}, { ...params, tools: [{ type: 'function', function: parsed }] });
  const unparsed = { parameters, function: (args: { a: 1 }) => args };
  // @ts-expect-error -- nothing parses the arguments
  runTools({}, { ...params, tools: [{ type: 'function', function: unparsed }] });
}

export function inferContext(): void {
  const user = (args: string, _runner: unknown, context: { user: string }): string => args + context.user;
  const tools = [{ type: 'function', function: { parameters: {}, function: user } }] as const;
  runTools({}, { ...params, tools, toolContext: { user: 'me' } });
  client.chat.completions.runTools({ ...params, tools, toolContext: { user: 'me' }, stream: true });
  // @ts-expect-error -- the function needs it
  runTools({}, { ...params, tools });
  // @ts-expect-error -- the function needs another one
  client.chat.completions.runTools({ ...params, tools, toolContext: { user: 1 } });
}
