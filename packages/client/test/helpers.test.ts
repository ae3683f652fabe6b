import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { z } from 'zod';

import * as helpers from '../src/helpers.ts';
import * as core from '../src/index.ts';
import { delta, finish, sse } from './chunks.ts';
import { events, json, listen, onlyRequest } from './listen.ts';

const { Colloquy, standardFunction, standardResponseFormat } = helpers;
const MESSAGES = [{ role: 'user', content: 'Hello' } as const];

function completion(content: string): object {
  const message = { role: 'assistant', content, refusal: null };
  const choices = [{ index: 0, finish_reason: 'stop', logprobs: null, message }];
  return { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'small', choices };
}

describe('the client with helpers', () => {
  it('streams', async (t) => {
    const server = await listen(t, events(sse(delta({ content: 'Hi' }), finish())));
    const client = new Colloquy({ baseURL: server.baseURL, apiKey: 'secret' });
    const stream = client.chat.completions.stream(
      { model: 'small', messages: MESSAGES },
      { headers: { 'x-mine': '1' } },
    );
    assert.equal(await stream.finalContent(), 'Hi');
    const { headers } = onlyRequest(server);
    assert.deepEqual([headers.authorization, headers['x-mine']], ['Bearer secret', '1']);
  });

  it('parses', async (t) => {
    const { baseURL } = await listen(t, json(completion('{"n":1}')));
    const response_format = standardResponseFormat(z.object({ n: z.number() }), 'number');
    const { completions } = new Colloquy({ baseURL, apiKey: null }).chat;
    const { choices } = await completions.parse({ model: 'small', messages: MESSAGES, response_format });
    assert.equal(choices[0]?.message.parsed?.n, 1);
  });

  it('runs tools', async (t) => {
    const { baseURL } = await listen(t, json(completion('Done.')));
    const tools = [standardFunction({ name: 'f', parameters: z.object({}), function: () => 1 })];
    const { completions } = new Colloquy({ baseURL, apiKey: null }).chat;
    const runner = completions.runTools({ model: 'small', messages: MESSAGES, tools });
    assert.equal(await runner.finalContent(), 'Done.');
  });

  it('is the client without them otherwise, and makes its own kind', async (t) => {
    const server = await listen(t, json(completion('Hi')));
    const client = new Colloquy({ baseURL: server.baseURL, apiKey: null }).withOptions({
      defaultHeaders: { 'x-a': '1' },
    });
    assert.ok(client instanceof Colloquy && client instanceof core.Colloquy);
    await client.chat.completions.create({ model: 'small', messages: MESSAGES });
    assert.equal(onlyRequest(server).headers['x-a'], '1');
    assert.equal(typeof client.chat.completions.stream, 'function');
    assert.equal(typeof client.models.list, 'function');
  });

  it('has the names of the others', () => {
    assert.equal(helpers.default, Colloquy);
    assert.deepEqual(
      Object.keys(core).filter((name) => !(name in helpers)),
      [],
    );
  });
});
