// A server that answers as recorded, and notes what it was asked.

import type { ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';

import { listen, type TestServer } from '../listen.ts';
import type { RecordedAnswer, Recording } from './recording.ts';

/** How often a server with nothing to say sends a comment, or waits in silence, before it closes the connection. */
const PATIENCE = 60;
/** How long it waits each time, in milliseconds. */
const WAIT_MS = 10;

export interface Replay extends TestServer {
  /** Resolves when all of the first answer has been sent. */
  readonly said: Promise<void>;
  /** How many chunks the caller has got; the caller counts. */
  taken: number;
  /** Whether the server lost its patience before the caller left. */
  hasGivenUp: boolean;
}

/** Plays the answers of the recording on a port of its own, until the end of `t`. */
export async function replay(t: TestContext, { answers }: Recording): Promise<Replay> {
  const said = Promise.withResolvers<void>();
  const server = await listen(t, async (response) => {
    const answer = answers[server.requests.length - 1] ?? answers.at(-1) ?? answers[0];
    if (answer.status !== undefined) response.writeHead(answer.status, answer.headers);
    for (const piece of answer.body ?? []) {
      response.write(piece);
      await setImmediate();
    }
    said.resolve();
    await finish(response, answer);
  });
  const state: Replay = { ...server, said: said.promise, taken: 0, hasGivenUp: false };
  return state;

  async function finish(
    response: ServerResponse,
    { end = 'whole', taken = 0 }: RecordedAnswer,
  ): Promise<void> {
    if (end === 'whole') {
      response.end();
      return;
    }
    while (state.taken < taken && !response.closed) await setTimeout(1);
    if (end === 'silence' || end === 'comments') {
      for (let i = 0; i < PATIENCE && !response.closed; i += 1) {
        if (end === 'comments') response.write(': keep-alive\n\n');
        await setTimeout(WAIT_MS);
      }
      state.hasGivenUp = !response.closed;
    }
    if (end === 'reset') response.socket?.resetAndDestroy();
    else response.socket?.destroy();
  }
}
