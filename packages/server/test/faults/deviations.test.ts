// Upstreams that do otherwise than OpenAI: what they send passes to the byte, and is kept as OpenAI would have said it.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import type { RecordedAnswer, Recording } from '../../../client/test/differential/recording.ts';
import { ANSWERS } from '../../../client/test/differential/recordings/answers.ts';
import { ENDINGS } from '../../../client/test/differential/recordings/endings.ts';
import { FRAMING } from '../../../client/test/differential/recordings/framing.ts';
import { SERVERS } from '../../../client/test/differential/recordings/servers.ts';
import { send, startServer, upstreamAt, type TestServer } from '../start-server.ts';
import { startUpstream } from '../start-upstream.ts';
import { listKept } from './list-kept.ts';

/** What the upstream answers, by the model that is asked for: one server for all of it, since each takes its time. */
const asked: RecordedAnswer[] = [];
const cleanups: Array<() => unknown> = [];
let server: TestServer;
let url: string;

before(async () => {
  const t = { after: (cleanup: () => unknown) => void cleanups.push(cleanup) };
  const upstream = await startUpstream(t, (response, { text }) => {
    const { model } = JSON.parse(text) as { model: string };
    const answer = asked[Number(model)];
    response.writeHead(answer?.status ?? 200, answer?.headers);
    for (const piece of answer?.body ?? []) response.write(piece);
    response.end();
  });
  server = await startServer(t, { upstreams: [upstreamAt(upstream.baseURL)] });
  url = `${server.baseURL}/chat/completions`;
});
after(async () => {
  for (const cleanup of cleanups) await cleanup();
});

/** A request that is answered by this recording. */
function asking({ answers: [answer] }: Recording): { model: string; messages: object[] } {
  asked.push(answer);
  return { model: String(asked.length - 1), messages: [{ role: 'user', content: 'Hi' }] };
}

/** The same, to be kept. */
function keeping(recording: Recording) {
  const ask = asking(recording);
  return { ...ask, store: true, metadata: { name: ask.model } };
}

async function statusesOf({ model }: { model: string }): Promise<string[]> {
  return (await listKept(server)).filter(({ name }) => name === model).map(({ status }) => status);
}

function bytesOf({ body = [] }: RecordedAnswer): Buffer {
  return Buffer.concat(body.map((piece) => Buffer.from(piece)));
}

function isWhole({ status, end }: RecordedAnswer): boolean {
  return status !== undefined && (end === undefined || end === 'whole');
}

const RECORDINGS = Object.entries<Recording>({ ...SERVERS, ...FRAMING, ...ENDINGS, ...ANSWERS }).filter(
  ([, { answers }]) => isWhole(answers[0]),
);

describe('What is not kept reaches the caller as it came:', () => {
  for (const [name, recording] of RECORDINGS.filter(([, { answers }]) => (answers[0].status ?? 0) < 300)) {
    const [answer] = recording.answers;
    for (const stream of [true, false]) {
      it(`${name} (stream: ${stream})`, async () => {
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ ...asking(recording), stream }),
        });
        assert.equal(response.status, answer.status);
        assert.equal(response.headers.get('content-type'), answer.headers?.['content-type'] ?? null);
        const bytes = Buffer.from(await response.arrayBuffer());
        assert.equal(bytes.toString('latin1'), bytesOf(answer).toString('latin1'));
      });
    }
  }
});

describe('An error of an upstream has the shape of the API:', () => {
  for (const [name, recording] of RECORDINGS.filter(([, { answers }]) => (answers[0].status ?? 0) >= 400)) {
    it(name, async () => {
      const body = keeping(recording);
      const { status, json } = await send(url, { body });
      assert.equal(status, recording.answers[0].status);
      assert.equal(typeof json.error, 'object');
      assert.ok(JSON.stringify(json).includes(JSON.stringify(recording.says ?? '').slice(1, -1)));
      assert.deepEqual(await statusesOf(body), ['failed']);
    });
  }
});

interface Said {
  readonly text?: string | null;
  readonly calls?: ReadonlyArray<readonly [name: string, json: string]>;
  readonly reason?: string;
  readonly tokens?: number;
}

/** What each server has said, in the words of OpenAI. */
const SAID: Readonly<Record<keyof typeof SERVERS, Said>> = {
  'OpenAI: text, padding and usage': { text: 'Hello', tokens: 9 },
  'OpenAI: a refusal': { text: null },
  'OpenAI: two tool calls, a piece at a time': {
    text: null,
    calls: [
      ['weather', '{"in":"Rome"}'],
      ['time', '{}'],
    ],
    reason: 'tool_calls',
  },
  'OpenAI: two choices, interleaved, with log probabilities': { text: 'a' },
  'OpenAI: a seed and ids beyond 2^53': { text: 'a' },
  'OpenAI: a spoken answer, whose last piece has no `finish_reason`': { text: null },
  'OpenRouter: comments, the role in every delta, reasoning, usage beside a choice': {
    text: 'Hello',
    tokens: 11,
  },
  'OpenRouter: a tool call without arguments': { text: null, calls: [['time', '']], reason: 'tool_calls' },
  'OpenRouter: no reason for the end': { text: 'Hello' },
  'DeepSeek: comments, reasoning, usage beside the end, a reason of its own': {
    text: 'Hello',
    reason: 'length',
    tokens: 10,
  },
  'vLLM: reasoning': { text: 'Hello' },
  'llama.cpp: null before the text, timings, no blank line after [DONE]': { text: 'Hello' },
  'Ollama: parallel tool calls, all with index 0': {
    text: null,
    calls: [
      ['weather', '{}'],
      ['time', '{}'],
    ],
    reason: 'tool_calls',
  },
  'Ollama, older: a tool call without index, and `stop`': { text: null, calls: [['weather', '{}']] },
  'Gemini: a tool call without index, signed, usage beside it, and `stop`': {
    text: null,
    calls: [['time', '{}']],
    tokens: 12,
  },
  'Mistral: content in parts, a name of no letters': {
    calls: [['time', '{}']],
    reason: 'tool_calls',
    tokens: 12,
  },
  'Groq: `created` changes, usage comes twice': { text: null, tokens: 9 },
  'xAI: no `finish_reason` before the end, a total that counts reasoning apart': {
    text: 'Hello',
    tokens: 109,
  },
  'Together: `eos`, and text beside the delta': { text: 'Hello', tokens: 10 },
  'Azure: an opening without choices, filter results without a delta': { text: 'Hello' },
  'several: a reason for the end, and no [DONE]': { text: 'Hello' },
};

describe('What is kept is what OpenAI would have said:', () => {
  for (const [name, said] of Object.entries<Said>(SAID)) {
    const recording: Recording = SERVERS[name as keyof typeof SERVERS];
    for (const stream of [true, false]) {
      it(`${name} (stream: ${stream})`, async () => {
        const body = keeping(recording);
        const { text } = await send(url, { body: { ...body, stream } });
        assert.match(text, /data: \[DONE\]\n\n$/);
        const { json: list } = await send(`${url}?metadata[name]=${body.model}`);
        assertSaid(list.data, said);
        const [kept] = list.data;
        // Every chunk that the caller saw names the same completion.
        const ids = [...text.matchAll(/"id":"(chatcmpl-\w{29})"/g)].map(([, id]) => id);
        assert.deepEqual([...new Set(ids)], [kept.id]);
      });
    }
  }
});

function assertSaid(list: any[], { text, calls = [], reason = 'stop', tokens }: Said): void {
  assert.equal(list.length, 1);
  const [completion] = list;
  assert.equal(completion.object, 'chat.completion');
  assert.ok(Number.isInteger(completion.created) && completion.created > 0);
  const [{ index, message, finish_reason: given }] = completion.choices;
  assert.deepEqual([index, message.role, given], [0, 'assistant', reason]);
  if (text !== undefined) assert.equal(message.content, text);
  assert.deepEqual(
    (message.tool_calls ?? []).map(({ id, type, function: { name, arguments: json }, ...others }: any) => {
      assert.ok(typeof id === 'string' && id !== '');
      assert.equal(type, 'function');
      assert.equal('index' in others, false);
      return [name, json];
    }),
    calls,
  );
  assert.equal(completion.usage?.total_tokens, tokens);
}

describe('A kept answer of the other kind', () => {
  it('is a completion where a stream was asked for', async () => {
    const body = keeping(ANSWERS['DeepSeek: blank lines before the body']);
    const { headers, json } = await send(url, { body: { ...body, stream: true } });
    assert.equal(headers.get('content-type'), 'application/json');
    assert.equal((await send(`${url}/${json.id}`)).json.choices[0].message.content, 'Grüße');
  });
});

describe('A kept stream with an error in it', () => {
  const recordings = Object.entries<Recording>(ENDINGS).filter(
    ([, { answers, says }]) =>
      says !== undefined &&
      isWhole(answers[0]) &&
      answers[0].headers?.['content-type']?.includes('event-stream'),
  );
  for (const [name, recording] of recordings) {
    it(`ends with it, in the shape of the API: ${name}`, async () => {
      const body = keeping(recording);
      const { text } = await send(url, { body: { ...body, stream: true } });
      assert.doesNotMatch(text, /\[DONE\]/);
      const last = text.trim().split('\n\n').at(-1) ?? '';
      const { error } = JSON.parse(last.slice(last.indexOf('{')));
      assert.equal(typeof error, 'object');
      assert.ok(error.message.includes(recording.says));
      assert.deepEqual(await statusesOf(body), ['interrupted']);
    });
  }
});

describe('A kept answer that is an error with status 200', () => {
  for (const name of [
    'llama.cpp: an error in a 200',
    'Gemini: an error in a list, in a 200',
    'a page',
    'words',
    'an empty body',
    'no content',
    'broken JSON',
  ] as const) {
    it(`is an error: ${name}`, async () => {
      const body = keeping(ANSWERS[name]);
      const { status, json } = await send(url, { body });
      assert.deepEqual([status, json.error.code], [502, 'upstream_invalid_answer']);
      assert.deepEqual(await statusesOf(body), ['failed']);
    });
  }
});
