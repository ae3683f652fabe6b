import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Ajv2020 } from 'ajv/dist/2020.js';

import { send, startServer } from '../start-server.ts';

const OPERATIONS = {
  createChatCompletion: ['post', '/v1/chat/completions'],
  listChatCompletions: ['get', '/v1/chat/completions'],
  getChatCompletion: ['get', '/v1/chat/completions/{completion_id}'],
  getChatCompletionMessages: ['get', '/v1/chat/completions/{completion_id}/messages'],
  updateChatCompletion: ['post', '/v1/chat/completions/{completion_id}'],
  deleteChatCompletion: ['delete', '/v1/chat/completions/{completion_id}'],
  listModels: ['get', '/v1/models'],
  retrieveModel: ['get', '/v1/models/{model}'],
} as const;

describe('/openapi.json', () => {
  it('names every operation at its place, and nothing else', async (t) => {
    const { url } = await startServer(t);
    const { json } = await send(`${url}/openapi.json`);
    assert.equal(json.openapi, '3.1.0');
    const found = Object.entries<Record<string, { operationId: string }>>(json.paths).flatMap(
      ([path, methods]) =>
        Object.entries(methods).map(([method, { operationId }]) => [operationId, [method, path]]),
    );
    assert.deepEqual(Object.fromEntries(found), OPERATIONS);
  });

  it('describes what the server really answers', async (t) => {
    const { url, baseURL } = await startServer(t);
    const { json: api } = await send(`${url}/openapi.json`);
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const check = (operation: keyof typeof OPERATIONS, status: '200' | 'default', answer: unknown): void => {
      const [method, path] = OPERATIONS[operation];
      const schema = api.paths[path][method].responses[status].content['application/json'].schema;
      assert.ok(ajv.validate(schema, answer), `${operation}: ${ajv.errorsText()}`);
    };
    const completions = `${baseURL}/chat/completions`;
    const ask = { model: 'eliza', messages: [{ role: 'user', content: 'Hi' }], store: true };
    const { json: created } = await send(completions, { body: ask });

    check('createChatCompletion', '200', created);
    check('listChatCompletions', '200', (await send(completions)).json);
    check('getChatCompletion', '200', (await send(`${completions}/${created.id}`)).json);
    check('getChatCompletionMessages', '200', (await send(`${completions}/${created.id}/messages`)).json);
    const update = { body: { metadata: { a: 'b' } } };
    check('updateChatCompletion', '200', (await send(`${completions}/${created.id}`, update)).json);
    check(
      'deleteChatCompletion',
      '200',
      (await send(`${completions}/${created.id}`, { method: 'DELETE' })).json,
    );
    check('listModels', '200', (await send(`${baseURL}/models`)).json);
    check('retrieveModel', '200', (await send(`${baseURL}/models/eliza`)).json);
    check('getChatCompletion', 'default', (await send(`${completions}/x`)).json);
  });
});
