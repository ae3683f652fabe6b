import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { mintCompletionId } from '../../src/completion-id.ts';
import { send, startServer } from '../start-server.ts';
import { createKept, makeForeignRecord } from './kept-completion.ts';

describe('getChatCompletion', () => {
  it('answers with the completion and the stored-only members', async (t) => {
    const { baseURL } = await startServer(t);
    const id = await createKept(baseURL, { metadata: { a: 'b' }, seed: 7 });
    const { status, headers, json } = await send(`${baseURL}/chat/completions/${id}`);
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'application/json');
    assert.equal(json.id, id);
    assert.equal(json.choices[0].message.refusal, null);
    assert.deepEqual([json.metadata, json.seed, json.tools], [{ a: 'b' }, 7, null]);
    assert.match(json.request_id, /^req_/);
  });

  it('answers a foreign id as it answers an unknown one', async (t) => {
    const { baseURL, context } = await startServer(t);
    const [foreign, unknown] = [mintCompletionId(), mintCompletionId()];
    await context.storage.insert(makeForeignRecord(foreign));
    const answers = await Promise.all(
      [foreign, unknown].map((id) => send(`${baseURL}/chat/completions/${id}`)),
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      [404, 404],
    );
    assert.equal(answers[0]?.text.replace(foreign, ''), answers[1]?.text.replace(unknown, ''));
  });
});
