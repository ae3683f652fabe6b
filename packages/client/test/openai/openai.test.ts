import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';

import DefaultExport, * as door from '../../src/openai/index.ts';
import { OpenAI, OpenAIError } from '../../src/openai/index.ts';
import { events, json, listen, onlyRequest } from '../listen.ts';

const HELLO = { model: 'small', messages: [{ role: 'user' as const, content: 'Hello' }] };

afterEach(() => {
  delete process.env['OPENAI_LOG'];
});

describe('OpenAI', () => {
  it('is the default export, by its own name', () => {
    assert.equal(DefaultExport, OpenAI);
    assert.equal(DefaultExport.name, 'OpenAI');
    assert.equal(OpenAI.OpenAI, OpenAI);
    assert.equal(OpenAI.DEFAULT_TIMEOUT, 600_000);
  });

  it('has openai’s errors, on itself and beside it', async (t) => {
    const { OpenAI: official } = await import('openai');
    const names = Object.keys(official).filter((name) => name.endsWith('Error'));
    const known = names.filter((name) => name in OpenAI);
    assert.deepEqual(
      names.filter((name) => !known.includes(name)),
      ['InvalidWebhookSignatureError', 'OAuthError', 'SubjectTokenProviderError'].filter((name) =>
        names.includes(name),
      ),
    );
    for (const name of known) {
      assert.equal(Reflect.get(OpenAI, name), Reflect.get(door, name), name);
    }
    const server = await listen(t, json({ error: { message: 'No.' } }, 400, { 'x-request-id': 'req_1' }));
    const client = new OpenAI({ baseURL: server.baseURL, apiKey: 'sk-1' });
    const error: unknown = await client.chat.completions.create(HELLO).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof OpenAI.APIError);
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.ok(error instanceof OpenAIError);
    assert.deepEqual([error.status, error.requestID], [400, 'req_1']);
    assert.equal(error.headers?.get('x-request-id'), 'req_1');
  });

  it('calls an endpoint that has no method of its own', async (t) => {
    const server = await listen(t, json({ done: true }));
    const client = new OpenAI({ baseURL: server.baseURL, apiKey: 'sk-1' });
    for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
      const body = method === 'get' ? undefined : { some: 'thing' };
      const options = { query: { a: 'b' }, headers: { 'x-test': '1' }, body };
      assert.deepEqual({ ...(await client[method]<object>('/some/path', options)) }, { done: true });
      const request = server.requests.at(-1);
      assert.equal(request?.method, method.toUpperCase());
      assert.equal(request?.url, '/v1/some/path?a=b');
      assert.equal(request?.headers['x-test'], '1');
      assert.equal(request?.text, body ? JSON.stringify(body) : '');
    }
  });

  it('logs as it is told, and once, whatever client it was made from', async (t) => {
    const lines: string[] = [];
    const write = (line: string): void => void lines.push(line);
    const logger = { error: write, warn: write, info: write, debug: write };
    const server = await listen(t, json({ id: 'chatcmpl-1' }));
    const client = new OpenAI({ baseURL: server.baseURL, logger, logLevel: 'info' });
    await client.chat.completions.create(HELLO);
    assert.equal(lines.length, 1);
    await client.withOptions({ timeout: 1000 }).chat.completions.create(HELLO);
    assert.equal(lines.length, 2);
    await client.withOptions({ logLevel: 'off' }).chat.completions.create(HELLO);
    assert.equal(lines.length, 2);
  });

  it('takes the level from OPENAI_LOG, and says if there is no such level', async (t) => {
    const lines: string[] = [];
    const write = (line: string): void => void lines.push(line);
    const logger = { error: write, warn: write, info: write, debug: write };
    const server = await listen(t, json({ id: 'chatcmpl-1' }));
    process.env['OPENAI_LOG'] = 'info';
    await new OpenAI({ baseURL: server.baseURL, logger }).chat.completions.create(HELLO);
    assert.equal(lines.length, 1);
    process.env['OPENAI_LOG'] = 'loud';
    await new OpenAI({ baseURL: server.baseURL, logger }).chat.completions.create(HELLO);
    assert.deepEqual(lines.slice(1), ['OPENAI_LOG: "loud" is no level of the log']);
  });

  it('streams', async (t) => {
    const chunk = { choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] };
    const server = await listen(t, events(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`));
    const stream = await new OpenAI({ baseURL: server.baseURL }).chat.completions.create({
      ...HELLO,
      stream: true,
    });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const piece of stream) chunks.push(piece);
    assert.deepEqual(chunks, [chunk]);
    assert.equal(onlyRequest(server).url, '/v1/chat/completions');
  });
});
