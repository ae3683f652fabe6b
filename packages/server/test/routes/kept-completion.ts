import type { CompletionRecord } from '../../src/storage/storage.ts';
import { send } from '../start-server.ts';
import { makeRecord } from '../storage/make-record.ts';

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
  return makeRecord({ id, project: 'another', metadata: { owner: 'another' } });
}
