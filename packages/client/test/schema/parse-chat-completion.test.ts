import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import { type } from 'arktype';
import OpenAI from 'openai';
import { zodResponseFormat as theirZodResponseFormat } from 'openai/helpers/zod';
import * as v from 'valibot';
import { z } from 'zod';

import { ColloquyError, ContentFilterFinishReasonError, LengthFinishReasonError } from '../../src/errors.ts';
import {
  parseChatCompletion,
  standardFunction,
  standardResponseFormat,
  zodFunction,
  zodResponseFormat,
  type ChatCompletionParseParams,
} from '../../src/schema/index.ts';
import { json, listen, onlyRequest } from '../listen.ts';

const Place = z.object({ city: z.string() });
const PLACE = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

function completion(message: object, finish_reason = 'stop'): object {
  const choice = {
    index: 0,
    finish_reason,
    logprobs: null,
    message: { role: 'assistant', refusal: null, ...message },
  };
  return { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'small', choices: [choice] };
}

function called(name: string, args: string): object {
  return {
    content: null,
    tool_calls: [{ id: 'call_1', type: 'function', function: { name, arguments: args } }],
  };
}

async function parse<Params extends Partial<ChatCompletionParseParams>>(
  t: TestContext,
  body: object,
  params: Params,
) {
  const { baseURL } = await listen(t, json(body));
  const request = { model: 'small', messages: [{ role: 'user', content: 'Where?' } as const], ...params };
  return parseChatCompletion({ baseURL, apiKey: null }, request);
}

describe('parseChatCompletion', () => {
  it('reads the words by their format, with Zod', async (t) => {
    const response_format = standardResponseFormat(Place, 'place');
    const { choices } = await parse(t, completion({ content: '{"city":"Rome","more":1}' }), {
      response_format,
    });
    assert.deepEqual(choices[0]?.message.parsed, { city: 'Rome' });
    assert.equal(choices[0]?.message.content, '{"city":"Rome","more":1}');
  });

  it('reads the words by their format, with ArkType', async (t) => {
    const response_format = standardResponseFormat(type({ city: 'string' }), 'place');
    const { choices } = await parse(t, completion({ content: '{"city":"Rome"}' }), { response_format });
    assert.equal(choices[0]?.message.parsed?.city, 'Rome');
  });

  it('reads the words by their format, with Valibot and a JSON Schema', async (t) => {
    const response_format = standardResponseFormat(v.object({ city: v.string() }), 'place', {
      schema: PLACE,
    });
    const { choices } = await parse(t, completion({ content: '{"city":"Rome"}' }), { response_format });
    assert.equal(choices[0]?.message.parsed?.city, 'Rome');
  });

  it('has the names that users of Zod know', async (t) => {
    const response_format = zodResponseFormat(Place, 'place');
    const tools = [zodFunction({ name: 'find', parameters: Place })];
    const { choices } = await parse(t, completion({ content: '{"city":"Rome"}' }), {
      response_format,
      tools,
    });
    assert.equal(choices[0]?.message.parsed?.city, 'Rome');
  });

  it('takes what the helpers of openai make, and they what ours make', async (t) => {
    const response_format = theirZodResponseFormat(Place, 'place');
    const { choices } = await parse(t, completion({ content: '{"city":"Rome"}' }), { response_format });
    assert.equal(choices[0]?.message.parsed?.city, 'Rome');

    const { baseURL } = await listen(t, json(completion({ content: '{"city":"Rome"}' })));
    const theirs = await new OpenAI({ baseURL, apiKey: 'none' }).chat.completions.parse({
      model: 'small',
      messages: [],
      // Their types leave out members that ours allow to be undefined.
      response_format: zodResponseFormat(Place, 'place') as unknown as typeof response_format,
    });
    assert.equal(theirs.choices[0]?.message.parsed?.city, 'Rome');
  });

  it('sends the schema and nothing of its own', async (t) => {
    const server = await listen(t, json(completion({ content: '{"city":"Rome"}' })));
    const params = {
      model: 'small',
      messages: [],
      response_format: standardResponseFormat(Place, 'place'),
      tools: [standardFunction({ name: 'find', parameters: Place, function: () => 1 })],
    };
    await parseChatCompletion({ baseURL: server.baseURL, apiKey: null }, params);
    const sent = JSON.parse(onlyRequest(server).text) as object;
    assert.deepEqual(Object.keys(sent), ['model', 'messages', 'response_format', 'tools']);
    assert.doesNotMatch(onlyRequest(server).text, /\$brand|\$parseRaw|\$callback|__/);
  });

  it('reads the arguments of calls', async (t) => {
    const tools = [standardFunction({ name: 'find', parameters: Place })];
    const { choices } = await parse(t, completion(called('find', '{"city":"Rome"}'), 'tool_calls'), {
      tools,
    });
    const [call] = choices[0]?.message.tool_calls ?? [];
    assert.ok(call?.type === 'function');
    assert.deepEqual(call.function.parsed_arguments, { city: 'Rome' });
    assert.equal(choices[0]?.message.parsed, null);
  });

  it('reads plain JSON schemas and strict tools as JSON, and leaves the rest as text', async (t) => {
    const response_format = { type: 'json_schema', json_schema: { name: 'any' } } as const;
    const words = await parse(t, completion({ content: '[1]' }), { response_format });
    assert.deepEqual(words.choices[0]?.message.parsed, [1]);

    const tool = (name: string, strict: boolean) =>
      ({ type: 'function', function: { name, strict } }) as const;
    const tools = [tool('strict', true), tool('loose', false)];
    for (const [name, parsed] of [
      ['strict', { a: 1 }],
      ['loose', null],
      ['unknown', null],
    ] as const) {
      const { choices } = await parse(t, completion(called(name, '{"a":1}')), { tools });
      const [call] = choices[0]?.message.tool_calls ?? [];
      assert.ok(call?.type === 'function');
      assert.deepEqual(call.function.parsed_arguments, parsed);
    }
    const { choices } = await parse(t, completion({ content: '[1]' }), {});
    assert.equal(choices[0]?.message.parsed, null);
  });

  it('has nothing to read in a refusal, or in empty words beside a call', async (t) => {
    const response_format = standardResponseFormat(Place, 'place');
    for (const message of [
      { content: '', refusal: 'No.' },
      { content: null },
      { ...called('find', '{}'), content: '' },
      { content: '', function_call: { name: 'find', arguments: '{}' } },
    ]) {
      const { choices } = await parse(t, completion(message), { response_format });
      assert.equal(choices[0]?.message.parsed, null);
    }
  });

  it('throws what does not fit, as its own error', async (t) => {
    const response_format = standardResponseFormat(Place, 'place');
    const tools = [standardFunction({ name: 'find', parameters: Place })];
    for (const [message, expected] of [
      [{ content: '{"city":1}' }, /fit its schema: city: /],
      [{ content: 'Rome.' }, /not JSON: Rome\./],
      [{ content: '' }, /not JSON: /],
      [called('find', '{"city":null}'), /fit its schema: city: /],
    ] as const) {
      await assert.rejects(parse(t, completion(message), { response_format, tools }), (error) => {
        assert.ok(error instanceof ColloquyError);
        assert.match(error.message, expected);
        return true;
      });
    }
  });

  it('throws if the answer was cut off, and gives what there is of it', async (t) => {
    const response_format = standardResponseFormat(Place, 'place');
    const cut = { content: '{"ci' };
    await assert.rejects(parse(t, completion(cut, 'length'), { response_format }), (error) => {
      assert.ok(error instanceof LengthFinishReasonError);
      assert.equal(error.completion.choices[0]?.message.content, '{"ci');
      return true;
    });
    await assert.rejects(
      parse(t, completion(cut, 'content_filter'), { response_format }),
      ContentFilterFinishReasonError,
    );
  });

  it('shows its response, and keeps the id of the request', async (t) => {
    const { baseURL } = await listen(
      t,
      json(completion({ content: '{"city":"Rome"}' }), 200, { 'x-request-id': 'r1' }),
    );
    const call = parseChatCompletion(
      { baseURL, apiKey: null },
      { model: 'small', messages: [], response_format: standardResponseFormat(Place, 'place') },
    );
    const { data, response, request_id } = await call.withResponse();
    assert.equal(data.choices[0]?.message.parsed?.city, 'Rome');
    const { _request_id: kept } = data as { _request_id?: string };
    assert.equal(kept, 'r1');
    assert.deepEqual([response.status, request_id], [200, 'r1']);
  });
});
