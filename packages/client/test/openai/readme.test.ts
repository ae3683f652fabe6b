// The examples of openai's own README that concern chat, as they stand there, but for the import.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { json, listen } from '../listen.ts';

const DOOR = new URL('../../src/openai/index.ts', import.meta.url).href;
const README = fileURLToPath(new URL('README.md', import.meta.resolve('openai')));

/** What examples import that is not here: other packages, and ways to prove who one is to OpenAI. */
const NOT_HERE = /openai\/auth|@azure\/identity|my-fetch|npm:openai/;

const COMPLETION = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-5.5',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Arr.', refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
};

interface Example {
  name: string;
  code: string;
}

async function readExamples(): Promise<Example[]> {
  const text = await readFile(README, 'utf8');
  const examples: Example[] = [];
  let heading = '';
  for (const [, title, code] of text.matchAll(/^#+ ([^\n]+)$|^```(?:ts|js)\n(.*?)^```$/gms)) {
    if (title !== undefined) heading = title;
    else if (
      code !== undefined &&
      /chat\.completions|client\.post\(|pino/.test(code) &&
      !NOT_HERE.test(code)
    ) {
      examples.push({ name: `${heading}: ${code.split('\n')[0]}`, code });
    }
  }
  return examples;
}

const examples = await readExamples();

describe('an example of openai’s README', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'colloquy-readme-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('is found for each of these', () => {
    const headings = examples.map(({ name }) => name.split(':')[0]);
    assert.deepEqual(headings, [
      'Multi-turn conversations',
      'Retries',
      'Timeouts',
      'Custom logger',
      'Undocumented endpoints',
      'Undocumented request params',
    ]);
  });

  for (const [index, { name, code }] of examples.entries()) {
    it(`runs unchanged: ${name}`, async (t) => {
      const server = await listen(t, json(COMPLETION));
      process.env['OPENAI_BASE_URL'] = server.baseURL;
      process.env['OPENAI_API_KEY'] = 'sk-1';
      t.after(() => {
        delete process.env['OPENAI_BASE_URL'];
        delete process.env['OPENAI_API_KEY'];
      });
      const { fetch } = globalThis;
      const answers: Promise<string>[] = [];
      t.mock.method(globalThis, 'fetch', async (...call: Parameters<typeof fetch>) => {
        const response = fetch(...call);
        answers.push(response.then(async (answer) => answer.clone().text()));
        return response;
      });
      const logged: unknown[] = [];
      t.mock.method(console, 'log', (...line: unknown[]) => logged.push(...line));

      // What the README takes as known by then.
      const given = [
        /import OpenAI\b/.test(code) ? '' : "import OpenAI from 'openai';",
        /const client\b/.test(code) ? '' : 'const client = new OpenAI();',
      ];
      const pino = import.meta.resolve('pino');
      const whole = [...given, code]
        .join('\n')
        .replaceAll("from 'openai'", `from '${DOOR}'`)
        .replaceAll("from 'pino'", `from '${pino}'`);
      const file = join(folder, `${index}.mts`);
      await writeFile(file, whole);
      await import(pathToFileURL(file).href);
      // Not every example waits for its answer.
      await Promise.all(answers);

      if (name.startsWith('Multi-turn')) assert.deepEqual(logged, ['Arr.']);
      for (const { headers } of server.requests) assert.equal(headers.authorization, 'Bearer sk-1');
    });
  }
});
