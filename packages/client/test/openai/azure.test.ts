import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';

import { APIError, AzureOpenAI, OpenAI, OpenAIError } from '../../src/openai/index.ts';
import { json, listen, onlyRequest, type TestServer } from '../listen.ts';

const NAMES = ['AZURE_OPENAI_API_KEY', 'AZURE_OPENAI_ENDPOINT', 'OPENAI_API_VERSION'];
const HELLO = { model: 'gpt-5.5', messages: [{ role: 'user' as const, content: 'Hello' }] };
const GIVEN = { apiVersion: '2024-10-21', apiKey: 'azure-key' };

afterEach(() => {
  for (const name of NAMES) delete process.env[name];
});

function endpoint({ baseURL }: TestServer): string {
  return baseURL.slice(0, -'/v1'.length);
}

describe('AzureOpenAI', () => {
  it('asks the deployment that is named like the model, with Azure’s header and version', async (t) => {
    const server = await listen(t, json({ id: 'chatcmpl-1' }));
    const client = new AzureOpenAI({ ...GIVEN, endpoint: endpoint(server) });
    await client.chat.completions.create(HELLO);
    const { url, headers } = onlyRequest(server);
    assert.equal(url, '/openai/deployments/gpt-5.5/chat/completions?api-version=2024-10-21');
    assert.equal(headers['api-key'], 'azure-key');
    assert.equal(headers.authorization, undefined);
    assert.ok(client instanceof OpenAI);
  });

  it('asks the deployment that it is given, if one', async (t) => {
    const server = await listen(t, json({ id: 'chatcmpl-1' }));
    const options = { ...GIVEN, endpoint: `${endpoint(server)}/`, deployment: 'my deployment' };
    await new AzureOpenAI(options).chat.completions.create(HELLO);
    assert.match(onlyRequest(server).url, /^\/openai\/deployments\/my%20deployment\/chat\/completions\?/);
  });

  it('takes the base URL as it is, and asks for stored completions there', async (t) => {
    const server = await listen(t, json({ id: 'chatcmpl-1' }));
    const client = new AzureOpenAI({ ...GIVEN, baseURL: `${endpoint(server)}/openai/deployments/mine` });
    await client.chat.completions.create(HELLO);
    await client.chat.completions.update('chatcmpl-1', { metadata: {} });
    assert.deepEqual(
      server.requests.map(({ url }) => url.split('?')[0]),
      ['/openai/deployments/mine/chat/completions', '/openai/deployments/mine/chat/completions/chatcmpl-1'],
    );
  });

  it('asks for a token before each call', async (t) => {
    const server = await listen(t, json({ id: 'chatcmpl-1' }));
    let count = 0;
    const azureADTokenProvider = async (): Promise<string> => `token-${(count += 1)}`;
    const { apiVersion } = GIVEN;
    const client = new AzureOpenAI({ apiVersion, endpoint: endpoint(server), azureADTokenProvider });
    await client.chat.completions.create(HELLO);
    await client.chat.completions.create(HELLO);
    assert.deepEqual(
      server.requests.map(({ headers }) => [headers.authorization, headers['api-key']]),
      [
        ['Bearer token-1', undefined],
        ['Bearer token-2', undefined],
      ],
    );
  });

  it('reads the environment', async (t) => {
    const server = await listen(t, json({ id: 'chatcmpl-1' }));
    process.env['AZURE_OPENAI_API_KEY'] = 'key-of-environment';
    process.env['AZURE_OPENAI_ENDPOINT'] = endpoint(server);
    process.env['OPENAI_API_VERSION'] = '2025-01-01';
    await new AzureOpenAI().chat.completions.create(HELLO);
    const { url, headers } = onlyRequest(server);
    assert.match(url, /^\/openai\/deployments\/.*api-version=2025-01-01$/);
    assert.equal(headers['api-key'], 'key-of-environment');
  });

  it('keeps what it was given in a client made from it, and the caller’s headers', async (t) => {
    const server = await listen(t, json({ id: 'chatcmpl-1' }));
    const first = new AzureOpenAI({ ...GIVEN, endpoint: endpoint(server), defaultHeaders: { 'x-a': '1' } });
    const client = first.withOptions({ maxRetries: 0 });
    assert.ok(client instanceof AzureOpenAI);
    await client.chat.completions.create(HELLO);
    const { headers, url } = onlyRequest(server);
    assert.deepEqual([headers['x-a'], headers['api-key']], ['1', 'azure-key']);
    assert.match(url, /^\/openai\/deployments\/gpt-5.5\//);
  });

  it('does not follow a redirect with its key', async (t) => {
    const other = await listen(t, json({}));
    const server = await listen(t, json({}, 307, { location: `${other.baseURL}/chat/completions` }));
    const client = new AzureOpenAI({ ...GIVEN, endpoint: endpoint(server), maxRetries: 0 });
    await assert.rejects(client.chat.completions.create(HELLO), (error) => {
      return error instanceof APIError && error.status === 307;
    });
    assert.equal(other.requests.length, 0);
  });

  for (const [name, options] of [
    ['apiVersion', { apiKey: 'k', endpoint: 'https://x.openai.azure.com' }],
    ['apiKey', { apiVersion: '2024-10-21', endpoint: 'https://x.openai.azure.com' }],
    ['endpoint', GIVEN],
    ['apiKey', { ...GIVEN, endpoint: 'https://x.example', azureADTokenProvider: async () => 'token' }],
  ] as const) {
    it(`names what it needs: ${name} of ${Object.keys(options).join(', ')}`, () => {
      assert.throws(
        () => new AzureOpenAI(options),
        (error) => error instanceof OpenAIError && error.message.startsWith(`${name} `),
      );
    });
  }
});
