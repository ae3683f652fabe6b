import { AbortFlag } from '../../../src/abort-flag.ts';
import { createElizaUpstream } from '../../../src/upstream/eliza/eliza-upstream.ts';

export interface Received {
  readonly status: number;
  readonly contentType: unknown;
  /** As they arrived. */
  readonly pieces: readonly string[];
}

/** Sends a body, JSON unless it is text already, and reads the whole answer. */
export async function callEliza(body: unknown): Promise<Received> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await createElizaUpstream().createChatCompletion({
    body: new TextEncoder().encode(text),
    headers: {},
    abort: new AbortFlag(),
  });
  const pieces: string[] = [];
  await answer.body.deliver((bytes) => {
    pieces.push(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return undefined;
  });
  return { status: answer.status, contentType: answer.headers['content-type'], pieces };
}

/** What the user says, and nothing more. */
export function say(...turns: string[]) {
  return { model: 'eliza', messages: turns.map((content) => ({ role: 'user', content })) };
}
