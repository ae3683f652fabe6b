// Both packages before the same recording, and where what they give is not the same.

import { getEventListeners } from 'node:events';
import type { TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';

import OfficialOpenAI from 'openai';

import { OpenAI, type APIError } from '../../src/openai/index.ts';
import type { Recording } from './recording.ts';
import { replay } from './replay.ts';
import { VIEWS, type Seen } from './views.ts';

/** What differs, by its name: what `openai` gives, and what we do. `undefined`: nothing, or null. */
export type Differing = Readonly<Record<string, readonly [openai: unknown, colloquy: unknown]>>;

export async function compare(
  t: TestContext,
  view: keyof typeof VIEWS,
  recording: Recording,
): Promise<Differing> {
  // Its types are others; that the names are the same is what is tried here.
  const Official = OfficialOpenAI as unknown as typeof OpenAI;
  const [theirs, ours] = await Promise.all([
    play(t, view, recording, Official),
    play(t, view, recording, OpenAI),
  ]);
  const differing: Record<string, [unknown, unknown]> = {};
  for (const name of Object.keys({ ...theirs, ...ours })) {
    const values: [unknown, unknown] = [theirs[name] ?? undefined, ours[name] ?? undefined];
    if (!isDeepStrictEqual(...values)) differing[name] = values;
  }
  return differing;
}

/** What a caller of one package sees of the recording. */
export async function play(
  t: TestContext,
  view: keyof typeof VIEWS,
  recording: Recording,
  Client: typeof OpenAI,
): Promise<Seen> {
  const server = await replay(t, recording);
  const controller = new AbortController();
  const { signal } = controller;
  const abort = (): void => controller.abort();
  if (recording.abort === 'before') abort();
  if (recording.abort === 'said') void server.said.then(abort);
  const seen: Seen = {};
  try {
    const { baseURL } = server;
    const client = new Client({
      baseURL,
      apiKey: 'any',
      maxRetries: 0,
      logLevel: 'off',
      ...recording.client,
    });
    await VIEWS[view].look(
      {
        completions: client.chat.completions,
        recording,
        server,
        params: { model: 'small', messages: [{ role: 'user', content: 'Hello' }], ...recording.params },
        options: { ...recording.options, signal },
        abort,
      },
      seen,
    );
  } catch (error) {
    Object.assign(seen, describeError(error, recording.says));
  }
  seen['requests'] = server.requests.length;
  if (server.hasGivenUp) seen['waits'] = 'until the server gives up';
  const listeners = getEventListeners(signal, 'abort').length;
  if (listeners > 0) seen['listeners left'] = listeners;
  return seen;
}

function describeError(thrown: unknown, says: string | undefined): Seen {
  if (!(thrown instanceof Error)) return { error: thrown };
  // Both packages call these so; other errors have none of them.
  const { status, code, type, param, requestID } = thrown as APIError;
  return {
    error: thrown.constructor.name,
    status,
    code,
    type,
    param,
    requestID,
    ...(says !== undefined && { says: thrown.message.includes(says) }),
  };
}
