import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { z } from 'zod';

import { ColloquyError, ContentFilterFinishReasonError, LengthFinishReasonError } from '../../src/errors.ts';
import { standardFunction, standardResponseFormat } from '../../src/schema/index.ts';
import { delta, finish, sse } from '../chunks.ts';
import { events, listen } from '../listen.ts';
import { ask } from './ask.ts';

const Place = z.object({ city: z.string(), people: z.array(z.number()) });
const response_format = standardResponseFormat(Place, 'place');
const words = (...pieces: string[]) => [...pieces.map((content) => delta({ content })), finish()];

describe('a structured stream', () => {
  it('is fresh at each delta, and checked at its end', async (t) => {
    const server = await listen(t, events(sse(...words('{"ci', 'ty":"Ro', 'me","people":[1', '2,', '3]}'))));
    const stream = ask<z.infer<typeof Place>>(server, { response_format });
    const fresh: unknown[] = [];
    stream.on('content.delta', ({ parsed }) => fresh.push(structuredClone(parsed)));
    const done = stream.emitted('content.done');
    assert.deepEqual((await stream.finalChatCompletion()).choices[0]?.message.parsed, {
      city: 'Rome',
      people: [12, 3],
    });
    assert.deepEqual((await done).parsed, { city: 'Rome', people: [12, 3] });
    assert.deepEqual(fresh, [
      {},
      { city: 'Ro' },
      { city: 'Rome', people: [1] },
      { city: 'Rome', people: [12] },
      { city: 'Rome', people: [12, 3] },
    ]);
  });

  it('gives the same live value at each delta', async (t) => {
    const stream = ask(await listen(t, events(sse(...words('{"city":"R', 'ome","people":[]}')))), {
      response_format,
    });
    const values = new Set<unknown>();
    stream.on('content.delta', ({ parsed }) => values.add(parsed));
    await stream.done();
    assert.deepEqual([...values], [{ city: 'Rome', people: [] }]);
  });

  it('is no value for words without a format', async (t) => {
    const stream = ask(await listen(t, events(sse(...words('{"a":', '1}')))));
    const values = new Set<unknown>();
    stream.on('content.delta', ({ parsed }) => values.add(parsed));
    assert.equal((await stream.finalChatCompletion()).choices[0]?.message.parsed, null);
    assert.deepEqual([...values], [undefined]);
  });

  it('reads the arguments of calls as they come', async (t) => {
    const tools = [standardFunction({ name: 'find', parameters: Place })];
    const call = (text: string, opening: object = {}) =>
      delta({ tool_calls: [{ index: 0, ...opening, function: { name: 'find', arguments: text } }] });
    const chunks = [
      call('{"city"', { id: 'c', type: 'function' }),
      call(':"Ro'),
      call('me","people":[]}'),
      finish(),
    ];
    const stream = ask(await listen(t, events(sse(...chunks))), { tools });
    const fresh: unknown[] = [];
    stream.on('tool_calls.function.arguments.delta', (event) =>
      fresh.push(structuredClone(event.parsed_arguments)),
    );
    const done = stream.emitted('tool_calls.function.arguments.done');
    const { tool_calls } = await stream.finalMessage();
    assert.deepEqual(fresh, [{}, { city: 'Ro' }, { city: 'Rome', people: [] }]);
    assert.deepEqual((await done).parsed_arguments, { city: 'Rome', people: [] });
    assert.ok(tool_calls?.[0]?.type === 'function');
    assert.deepEqual(tool_calls[0].function, {
      name: 'find',
      arguments: '{"city":"Rome","people":[]}',
      parsed_arguments: { city: 'Rome', people: [] },
    });
  });

  it('fails at its end if it does not fit, or is no JSON', async (t) => {
    for (const [pieces, message] of [
      [['{"city":"Rome"}'], /fit its schema: people/],
      [['Well, ', '{"city":1}'], /not JSON: Well, /],
    ] as const) {
      const stream = ask(await listen(t, events(sse(...words(...pieces)))), { response_format });
      let deltas = 0;
      stream.on('content.delta', () => (deltas += 1));
      await assert.rejects(
        stream.finalContent(),
        (error) => error instanceof ColloquyError && message.test(error.message),
      );
      assert.equal(deltas, pieces.length);
    }
  });

  it('fails if it was cut off', async (t) => {
    const cut = (reason: string) => events(sse(delta({ content: '{"city":' }), finish(reason)));
    const tooLong = ask(await listen(t, cut('length')), { response_format });
    await assert.rejects(tooLong.done(), (error) => {
      assert.ok(error instanceof LengthFinishReasonError);
      assert.equal(error.completion.choices[0]?.message.content, '{"city":');
      return true;
    });
    const filtered = ask(await listen(t, cut('content_filter')), { response_format });
    await assert.rejects(filtered.done(), ContentFilterFinishReasonError);
  });

  it('may be cut off if it has no structure', async (t) => {
    const stream = ask(await listen(t, events(sse(delta({ content: 'So' }), finish('length')))));
    assert.equal(await stream.finalContent(), 'So');
  });

  it('has nothing to read in a refusal', async (t) => {
    const chunks = [delta({ role: 'assistant', content: '' }), delta({ refusal: 'No.' }), finish()];
    const stream = ask(await listen(t, events(sse(...chunks))), { response_format });
    let isDone = false;
    stream.on('content.done', () => (isDone = true));
    const { parsed, refusal } = (await stream.finalChatCompletion()).choices[0]?.message ?? {};
    assert.deepEqual([parsed, refusal, isDone], [null, 'No.', false]);
  });
});
