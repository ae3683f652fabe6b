// Where the helpers of the npm package do otherwise: the rows of the migration page about helpers, in their order.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import Official from 'openai';

import { OpenAI } from '../../src/openai/index.ts';
import { delta, finish, sse } from '../chunks.ts';
import { events, listen, type Answer } from '../listen.ts';

const PAGE = join(import.meta.dirname, '../../../../docs/migration.md');
const messages = [{ role: 'user', content: 'Hello' } as const];
const request = { model: 'small', messages };
const START = delta({ role: 'assistant', content: null });

type Client = Official | OpenAI;

/** What both make of the same answer, ours first; an error by its name and message. */
async function both(
  t: TestContext,
  answer: Answer,
  ask: (client: OpenAI) => Promise<unknown>,
): Promise<unknown[]> {
  const { baseURL } = await listen(t, answer);
  const options = { baseURL, apiKey: 'any', maxRetries: 0 };
  const clients: Client[] = [new OpenAI(options), new Official(options)];
  const outcome = async (client: Client): Promise<unknown> => {
    try {
      // What is asked for here, both have.
      return await ask(client as OpenAI);
    } catch (error) {
      return `${(error as Error).constructor.name}: ${(error as Error).message}`;
    }
  };
  return Promise.all(clients.map(outcome));
}

function call(index: number | undefined, text: string, name?: string): object {
  const opening = name === undefined ? {} : { id: `call_${name}`, type: 'function' };
  return delta({ tool_calls: [{ index, ...opening, function: { name, arguments: text } }] });
}

/** Answers each request with the next of these. */
function inTurn(...answers: readonly Answer[]): Answer {
  const asked = new Map<string, number>();
  return (response, received) => {
    // Both clients ask, each for itself.
    const key = String(received.headers['user-agent']);
    const turn = asked.get(key) ?? 0;
    asked.set(key, turn + 1);
    return answers[turn]?.(response, received);
  };
}

const rows: Record<string, (t: TestContext) => Promise<void>> = {
  'A loop over a stream is slower than it by 4,096 chunks': async (t) => {
    const chunks = [START, ...Array.from({ length: 10_000 }, () => delta({ content: 'x' })), finish()];
    const [ours, theirs] = await both(t, events(sse(...chunks)), async (client) => {
      let count = 0;
      for await (const chunk of client.chat.completions.stream(request)) {
        count += Number(chunk.object === 'chat.completion.chunk');
        if (count === 1) for (let turn = 0; turn < 2000; turn += 1) await setImmediate();
      }
      return count;
    });
    assert.equal(ours, 10_002);
    assert.match(String(theirs), /buffer/i);
  },
  'A structured answer is longer than a kilobyte': async (t) => {
    const pieces = ['{"a":"', ...Array.from({ length: 400 }, () => 'some words '), '"}'];
    const chunks = [START, ...pieces.map((content) => delta({ content })), finish()];
    const [ours, theirs] = await both(t, events(sse(...chunks)), async (client) => {
      const response_format = { type: 'json_schema', json_schema: { name: 'x' } } as const;
      const stream = client.chat.completions.stream({ ...request, response_format });
      let stale = 0;
      stream.on('content.delta', ({ parsed }) => (stale += Number(parsed === null)));
      await stream.done();
      return stale;
    });
    assert.equal(ours, 0);
    assert.ok(Number(theirs) > 100);
  },
  'Calls come in turns': async (t) => {
    const chunks = [START, call(0, '{"a"', 'f'), call(1, '{}', 'g'), call(0, ':1}'), finish('tool_calls')];
    const [ours, theirs] = await both(t, events(sse(...chunks)), async (client) => {
      const stream = client.chat.completions.stream(request);
      const done: string[] = [];
      stream.on('tool_calls.function.arguments.done', ({ name, arguments: args }) =>
        done.push(`${name}(${args})`),
      );
      await stream.done();
      return done;
    });
    assert.deepEqual(ours, ['g({})', 'f({"a":1})']);
    assert.deepEqual(theirs, ['f({"a")', 'g({})', 'f({"a":1})']);
  },
  'A call comes without its index': async (t) => {
    const chunks = [START, call(undefined, '{}', 'f'), finish('tool_calls')];
    const [ours, theirs] = await both(
      t,
      events(sse(...chunks)),
      async (client) => (await client.chat.completions.stream(request).finalFunctionToolCall())?.name,
    );
    assert.equal(ours, 'f');
    assert.match(String(theirs), /invalid tool call index/);
  },
  'A choice ends without `finish_reason`, before `[DONE]`': async (t) => {
    const [ours, theirs] = await both(
      t,
      events(sse(delta({ role: 'assistant', content: 'Hi' }))),
      async (client) => client.chat.completions.stream(request).finalContent(),
    );
    assert.equal(ours, 'Hi');
    assert.match(String(theirs), /missing finish_reason/);
  },
  'Nothing says that the model speaks: `role` is missing': async (t) => {
    const [ours, theirs] = await both(t, events(sse(delta({ content: 'Hi' }), finish())), async (client) =>
      client.chat.completions.stream(request).finalContent(),
    );
    assert.equal(ours, 'Hi');
    assert.match(String(theirs), /missing role/);
  },
  'In a run of streams, the arguments of a strict function are no JSON': async (t) => {
    const answer = inTurn(
      events(sse(START, call(0, 'oops', 'f'), finish('tool_calls'))),
      events(sse(START, delta({ content: 'Sorry.' }), finish())),
    );
    const f = {
      name: 'f',
      description: '',
      strict: true,
      parameters: {},
      parse: JSON.parse,
      function: () => 1,
    };
    const tools = [{ type: 'function', function: f } as const];
    const [ours, theirs] = await both(t, answer, async (client) =>
      client.chat.completions.runTools({ ...request, stream: true, tools }).finalContent(),
    );
    assert.equal(ours, 'Sorry.');
    assert.match(String(theirs), /JSON/);
  },
  'A run goes on after an answer with members that `openai` does not know, such as `reasoning_content`':
    async (t) => {
      const sent = new Map<boolean, unknown>();
      const answer: Answer = (response, received) => {
        const { messages: said } = JSON.parse(received.text) as {
          messages: { reasoning_content?: string }[];
        };
        const isOurs = !String(received.headers['user-agent']).startsWith('OpenAI');
        const isFirst = said.length === 1;
        if (!isFirst) sent.set(isOurs, said[1]?.reasoning_content);
        const first = [delta({ role: 'assistant', reasoning_content: 'Hm.' }), call(0, '{}', 'f')];
        const chunks = isFirst
          ? [...first, finish('tool_calls')]
          : [START, delta({ content: 'Done.' }), finish()];
        return events(sse(...chunks))(response, received);
      };
      const f = { name: 'f', description: '', parameters: {}, function: () => 1 };
      const tools = [{ type: 'function', function: f } as const];
      const outcomes = await both(t, answer, async (client) =>
        client.chat.completions.runTools({ ...request, stream: true, tools }).finalContent(),
      );
      assert.deepEqual(outcomes, ['Done.', 'Done.']);
      assert.deepEqual([sent.get(true), sent.get(false)], ['Hm.', undefined]);
    },
};

describe('The helpers', () => {
  for (const [when, check] of Object.entries(rows)) it(`do otherwise: ${when}`, check);

  it('are described on the migration page', async () => {
    const page = await readFile(PAGE, 'utf8');
    const section =
      page.split(/^## /m).find((text) => text.startsWith('What the helpers do otherwise\n')) ?? '';
    const [, , ...lines] = section.split('\n').filter((line) => line.startsWith('|'));
    assert.deepEqual(
      lines.map((line) => line.slice(1).split(' |')[0]?.trim()),
      Object.keys(rows),
    );
  });
});
