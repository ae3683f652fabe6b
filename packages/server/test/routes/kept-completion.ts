import type { CompletionRecord } from '../../src/storage/storage.ts';
import { send } from '../start-server.ts';

/** Has the demo answer, and the answer kept. Returns its id. */
export async function createKept(baseURL: string, members: object = {}): Promise<string> {
  const body = {
    model: 'eliza',
    messages: [{ role: 'user', content: 'I am sad.' }],
    store: true,
    ...members,
  };
  const { json, text } = await send(`${baseURL}/chat/completions`, { body });
  if (typeof json.id !== 'string') throw new Error(text);
  return json.id;
}

/** A record of another project, which nobody here may learn of. */
export function makeForeignRecord(id: string): CompletionRecord {
  return {
    project: 'another',
    id,
    status: 'completed',
    requestedModel: 'eliza',
    model: 'eliza',
    upstream: 'eliza',
    upstreamId: null,
    requestId: 'req_1',
    metadata: { owner: 'another' },
    parameters: Buffer.from('{}'),
    request: Buffer.from('{"model":"eliza","messages":[]}'),
    response: Buffer.from('{"id":"x","choices":[]}'),
    usage: { promptTokens: null, completionTokens: null, cachedTokens: null, reasoningTokens: null },
    firstByteMs: null,
    totalMs: 1,
  };
}
