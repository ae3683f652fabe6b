// `openai` and this client before the same answers: they differ where the migration page says so, and nowhere else.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import OfficialOpenAI from 'openai';

import { OpenAI } from '../../src/openai/index.ts';
import { compare, play, type Differing } from './compare.ts';
import { DIFFERENCES } from './differences.ts';
import type { Recording } from './recording.ts';
import { VIEWS } from './views.ts';

type ViewName = keyof typeof VIEWS;

for (const view of Object.keys(VIEWS) as ViewName[]) {
  describe(`An answer, ${view}, differs from that of \`openai\` only where it is listed:`, () => {
    const recordings: Readonly<Record<string, Recording>> = VIEWS[view].recordings;
    for (const [name, recording] of Object.entries(recordings)) {
      it(name, async (t) => {
        assert.deepEqual(await compare(t, view, recording), listedFor(view, name));
      });
    }
  });
}

function listedFor(view: ViewName, name: string): Differing {
  return Object.assign(
    {},
    ...DIFFERENCES.map(({ shownBy }) => {
      const shown: Readonly<Record<string, Differing | undefined>> = shownBy[view] ?? {};
      return shown[name];
    }),
  ) as Differing;
}

describe('A recording', () => {
  it('is really played', async (t) => {
    const recording = VIEWS.iterated.recordings['OpenAI: text, padding and usage'];
    for (const Client of [OfficialOpenAI as unknown as typeof OpenAI, OpenAI]) {
      const { 'chunk 3': last, error, requests } = await play(t, 'iterated', recording, Client);
      assert.deepEqual((last as { usage: object }).usage, {
        prompt_tokens: 8,
        completion_tokens: 1,
        total_tokens: 9,
      });
      assert.deepEqual([error, requests], [undefined, 1]);
    }
  });
});
