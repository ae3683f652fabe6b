// Whatever is sent: a 4xx in the shape of the API that names what is wrong, never a 500, never a stack.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';

import fc from 'fast-check';

import { send, startServer, type TestServer } from '../start-server.ts';

const CREATE = '/v1/chat/completions';
const ASK = { model: 'eliza', messages: [{ role: 'user', content: 'Hi' }] };
const JSON_TYPE = { 'content-type': 'application/json' };

interface Case {
  readonly method?: string;
  readonly path?: string;
  readonly body?: unknown;
  readonly text?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Record<string, string>;
  readonly status: number;
  readonly code?: string | null;
  readonly param?: string | null;
  readonly message?: RegExp;
}

const UNREADABLE = { status: 400, code: null, param: null } as const;
const WRONG = { status: 400, code: 'invalid_value' } as const;

const CASES: Record<string, Case> = {
  'an empty body': { text: '', ...WRONG, message: /^The body must be a JSON object\.$/ },
  'a body of white space': { text: ' \n', ...UNREADABLE },
  'JSON that is cut off': { text: '{"model":', ...UNREADABLE },
  'JSON with a comment': { text: '{/**/}', ...UNREADABLE },
  'two JSON values': { text: '{}{}', ...UNREADABLE },
  'a number': { text: '1', ...WRONG },
  'a list': { text: '[]', ...WRONG },
  null: { text: 'null', ...WRONG },
  'text that is no UTF-8': {
    text: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    ...UNREADABLE,
    message: /UTF-8/,
  },
  'UTF-16': { text: Buffer.from(JSON.stringify(ASK), 'utf16le'), ...UNREADABLE },
  'deep nesting of lists': {
    text: `{"model":"eliza","messages":[],"x":${'['.repeat(100_000)}`,
    ...UNREADABLE,
    message: /128 levels/,
  },
  'deep nesting of objects': {
    text: '{"a":'.repeat(5000) + '1' + '}'.repeat(5000),
    ...UNREADABLE,
    message: /128 levels/,
  },
  'deep nesting in a large body': {
    text: `{"model":"eliza","messages":[{"role":"user","content":"${'x'.repeat(20_000)}"}],"x":${'['.repeat(500)}`,
    ...UNREADABLE,
    message: /128 levels/,
  },
  'a large body that is cut off': {
    text: `{"model":"eliza","messages":[{"role":"user","content":"${'x'.repeat(20_000)}"}]`,
    ...UNREADABLE,
  },
  'a large body whose last message has no role': {
    body: { ...ASK, messages: [{ role: 'user', content: 'x'.repeat(20_000) }, { content: 'x'.repeat(100) }] },
    status: 400,
    code: 'missing_required_parameter',
    param: 'messages[1].role',
  },
  'a large body to keep, with an escape that JSON does not have': {
    text: `{"model":"eliza","store":true,"messages":[{"role":"user","content":"${'x'.repeat(20_000)}\\x"}]}`,
    status: 400,
    code: null,
    param: 'messages',
    message: /escape/,
  },
  'a member named __proto__': {
    text: '{"__proto__":{"store":true},"model":"eliza","messages":[{"role":"user"}]}',
    ...UNREADABLE,
  },
  'a __proto__ deep within': {
    text: '{"model":"eliza","messages":[{"role":"user","x":{"\\u005f_proto__":1}}]}',
    ...UNREADABLE,
  },
  'no model': {
    body: { messages: ASK.messages },
    status: 400,
    code: 'missing_required_parameter',
    param: 'model',
  },
  'no messages': {
    body: { model: 'eliza' },
    status: 400,
    code: 'missing_required_parameter',
    param: 'messages',
  },
  'an empty model': { body: { ...ASK, model: '' }, ...WRONG, param: 'model' },
  'a model that is a number': { body: { ...ASK, model: 1 }, ...WRONG, param: 'model', message: /string/ },
  'an unknown model': { body: { ...ASK, model: 'x' }, status: 404, code: 'model_not_found', param: 'model' },
  'no message': { body: { ...ASK, messages: [] }, ...WRONG, param: 'messages' },
  'messages that are text': { body: { ...ASK, messages: 'Hi' }, ...WRONG, param: 'messages' },
  'a message that is text': { body: { ...ASK, messages: ['Hi'] }, ...WRONG, param: 'messages[0]' },
  'a message without role': {
    body: { ...ASK, messages: [...ASK.messages, {}] },
    status: 400,
    code: 'missing_required_parameter',
    param: 'messages[1].role',
  },
  'a role that is a number': {
    body: { ...ASK, messages: [{ role: 1 }] },
    ...WRONG,
    param: 'messages[0].role',
  },
  'content that is a number': {
    body: { ...ASK, messages: [{ role: 'user', content: 1 }] },
    ...WRONG,
    param: 'messages[0].content',
  },
  'stream as text': { body: { ...ASK, stream: 'true' }, ...WRONG, param: 'stream' },
  'stream options as a list': {
    body: { ...ASK, stream: true, stream_options: [] },
    ...WRONG,
    param: 'stream_options',
  },
  'include_usage as a number': {
    body: { ...ASK, stream: true, stream_options: { include_usage: 1 } },
    ...WRONG,
    param: 'stream_options.include_usage',
  },
  'store as a number': { body: { ...ASK, store: 1 }, ...WRONG, param: 'store' },
  'metadata as text': { body: { ...ASK, store: true, metadata: 'a' }, ...WRONG, param: 'metadata' },
  'a value that is no text': {
    body: { ...ASK, store: true, metadata: { a: 1 } },
    ...WRONG,
    param: 'metadata.a',
  },
  '17 pairs': {
    body: { ...ASK, store: true, metadata: pairs(17) },
    ...WRONG,
    param: 'metadata',
    message: /16/,
  },
  'a key of 65 characters': {
    body: { ...ASK, store: true, metadata: { ['é'.repeat(65)]: '' } },
    status: 400,
    code: 'string_above_max_length',
    message: /key in 'metadata'.*64/,
  },
  'a value of 513 characters': {
    body: { ...ASK, store: true, metadata: { a: '🗼'.repeat(513) } },
    status: 400,
    code: 'string_above_max_length',
    param: 'metadata.a',
    message: /512/,
  },
  'another content type': {
    text: JSON.stringify(ASK),
    headers: { 'content-type': 'text/plain' },
    status: 415,
    code: 'unsupported_media_type',
    message: /application\/json/,
  },
  'a form': {
    text: 'model=eliza',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    status: 415,
  },
  'a content type that is none': { text: '{}', headers: { 'content-type': ';;' }, status: 415 },
  'another charset': {
    text: '{}',
    headers: { 'content-type': 'application/json; charset=utf-16' },
    status: 415,
    message: /utf-16/,
  },
  'a compressed body': {
    text: 'x',
    headers: { ...JSON_TYPE, 'content-encoding': 'gzip' },
    status: 415,
    message: /gzip/,
  },
  'an unknown URL': {
    path: '/v1/completions',
    status: 404,
    code: null,
    message: /^Invalid URL \(GET \/v1\/completions\)$/,
  },
  'a URL that cannot be decoded': { path: `${CREATE}/%`, status: 400, code: null },
  'a wrong method': { method: 'PUT', body: ASK, status: 405, code: 'method_not_supported' },
  'a wrong method on a completion': { method: 'PATCH', path: `${CREATE}/x`, body: {}, status: 405 },
  'a DELETE of everything': { method: 'DELETE', status: 405 },
  'a DELETE without id': { method: 'DELETE', path: `${CREATE}/`, status: 404, code: null },
  'a GET without id': { path: `${CREATE}/`, status: 404, code: null },
  'a POST without id': { path: `${CREATE}/`, body: { metadata: {} }, status: 404, code: null },
  'messages without id': { path: `${CREATE}//messages`, status: 404, code: null },
  'an unknown id': {
    path: `${CREATE}/chatcmpl-abc`,
    status: 404,
    code: null,
    param: null,
    message: /chatcmpl-abc/,
  },
  'an id with odd characters': {
    path: `${CREATE}/${encodeURIComponent("../'\0%<é🗼")}`,
    status: 404,
    code: null,
  },
  'an id of 10,000 characters': {
    path: `${CREATE}/${'x'.repeat(10_000)}`,
    status: 404,
    code: null,
    param: null,
  },
  'messages of an unknown id': { path: `${CREATE}/x/messages`, status: 404, code: null },
  'an unknown model to get': { path: '/v1/models/none/such', status: 404, code: 'model_not_found' },
  'a limit of 0': { path: `${CREATE}?limit=0`, status: 400, code: 'integer_below_min_value', param: 'limit' },
  'a negative limit': {
    path: `${CREATE}?limit=-1`,
    status: 400,
    code: 'integer_below_min_value',
    param: 'limit',
  },
  'a limit that is no number': { path: `${CREATE}?limit=ten`, ...WRONG, param: 'limit', message: /integer/ },
  'a fraction as limit': { path: `${CREATE}?limit=1.5`, ...WRONG, param: 'limit' },
  'an empty limit': { path: `${CREATE}?limit=`, ...WRONG, param: 'limit' },
  'an unknown order': { path: `${CREATE}?order=newest`, ...WRONG, param: 'order', message: /asc, desc/ },
  'an after that is no id': { path: `${CREATE}?after=chatcmpl-123`, status: 404, param: 'after' },
  'a key that comes twice': {
    path: `${CREATE}?limit=1&limit=2`,
    status: 400,
    code: 'duplicate_parameter',
    param: 'limit',
  },
  'a metadata key that comes twice': {
    path: `${CREATE}?metadata[a]=1&metadata[a]=2`,
    status: 400,
    code: 'duplicate_parameter',
    param: 'metadata[a]',
  },
  'metadata as text and as a map': {
    path: `${CREATE}?metadata=x&metadata[a]=1`,
    status: 400,
    code: 'duplicate_parameter',
    param: 'metadata',
  },
  'metadata as a map and as text': {
    path: `${CREATE}?metadata[a]=1&metadata=x`,
    status: 400,
    code: 'duplicate_parameter',
    param: 'metadata',
  },
  'metadata that is text in a query': { path: `${CREATE}?metadata=x`, ...WRONG, param: 'metadata' },
  'a model filter that is a map': { path: `${CREATE}?model[a]=1`, ...WRONG, param: 'model' },
  'a filter on __proto__': {
    path: `${CREATE}?metadata[__proto__]=x`,
    ...WRONG,
    param: 'metadata',
    message: /^Invalid key in 'metadata'/,
  },
  'an update without metadata': {
    path: `${CREATE}/x`,
    body: {},
    status: 400,
    code: 'missing_required_parameter',
    param: 'metadata',
  },
  'an update of something else': {
    path: `${CREATE}/x`,
    body: { metadata: {}, model: 'y' },
    status: 400,
    code: 'unknown_parameter',
    param: 'model',
  },
  'an update with metadata as text': {
    path: `${CREATE}/x`,
    body: { metadata: 'a' },
    ...WRONG,
    param: 'metadata',
  },
  'a foreign host': {
    path: '/v1/models',
    headers: { host: 'colloquy.example' },
    status: 403,
    message: /colloquy\.example/,
  },
  'a host that only looks like ours': {
    path: '/healthz',
    headers: { host: '127.0.0.1.example' },
    status: 403,
  },
  'a host with credentials': { path: '/healthz', headers: { host: 'a@localhost' }, status: 403 },
  'a host that ends elsewhere': {
    path: '/healthz',
    headers: { host: 'localhost#.example.com' },
    status: 403,
  },
  'a host that is a number': { path: '/healthz', headers: { host: '2130706433' }, status: 403 },
  'a host without end': { path: '/healthz', headers: { host: '[::1' }, status: 403 },
  'an empty host': { path: '/healthz', headers: { host: '' }, status: 403 },
  'a page that fetches without saying where from': {
    headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
    status: 403,
  },
  'a foreign origin': {
    body: ASK,
    headers: { origin: 'https://example.com' },
    status: 403,
    message: /example\.com/,
  },
  'the origin of a file': { body: ASK, headers: { origin: 'null' }, status: 403 },
};

function pairs(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, 'value']));
}

describe('Bad input', () => {
  let server: TestServer;
  let close: () => Promise<void>;

  before(async () => {
    server = await startServer({
      after: (cleanup) => {
        close = cleanup;
      },
    });
  });
  after(() => close());

  for (const [name, { path = CREATE, status, code, param, message, ...init }] of Object.entries(CASES)) {
    it(`is refused: ${name}`, async () => {
      const answer = await request(`${server.url}${path}`, init);
      assert.equal(answer.status, status, answer.text);
      const { error, ...rest } = JSON.parse(answer.text);
      assert.deepEqual(rest, {});
      assert.deepEqual(Object.keys(error), ['message', 'type', 'param', 'code']);
      assert.ok(error.message.length > 10);
      assert.doesNotMatch(answer.text, /node_modules|\.ts:|at async/);
      if (code !== undefined) assert.equal(error.code, code);
      if (param !== undefined) assert.equal(error.param, param);
      if (message !== undefined) assert.match(error.message, message);
    });
  }

  it('of 65 MB is refused by its declared length, before it is read', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write(
      `POST ${CREATE} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 68157440\r\n\r\n{`,
    );
    const [head] = (await once(socket, 'data')) as [Buffer];
    assert.match(head.toString(), /^HTTP\/1\.1 413 /);
    assert.match(head.toString(), /"request_too_large"/);
    socket.destroy();
  });

  for (const [name, bytes, status] of [
    ['what is no HTTP', 'HELLO\r\n\r\n', 400],
    [
      'a target that is meant for a proxy',
      'GET http://example.com/v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n',
      403,
    ],
    ['a request without host', 'GET /v1/models HTTP/1.1\r\n\r\n', 403],
    [
      'a foreign host with a URL that cannot be decoded',
      'GET /v1/%zz HTTP/1.1\r\nhost: example.com\r\n\r\n',
      403,
    ],
    ['headers without end', `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`, 431],
  ] as const) {
    it(`is refused in the same shape: ${name}`, async () => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(bytes);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      assert.match(answer.toString(), new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.match(
        answer.toString(),
        /\{"error":\{"message":"[^"]+","type":"(invalid_request_error|request_forbidden)"/,
      );
      socket.destroy();
    });
  }

  it('of any kind gets an answer below 500', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'DELETE', 'PUT'),
        fc.oneof(
          fc.webPath(),
          fc.constantFrom(CREATE, `${CREATE}/x`, `${CREATE}/x/messages`, '/v1/models/x'),
        ),
        fc.webQueryParameters(),
        fc.oneof(fc.json(), fc.string({ unit: 'binary' })),
        async (method, path, query, text) => {
          const answer = await server.app.inject({
            method: method as 'GET',
            url: `${path.startsWith('/') ? path : `/${path}`}?${query}`,
            headers: { host: 'localhost', ...JSON_TYPE },
            ...(method !== 'GET' && { payload: text }),
          });
          assert.ok(answer.statusCode < 500, answer.body);
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** `fetch` does not let a test choose the host. */
async function request(
  url: string,
  init: Parameters<typeof send>[1] = {},
): Promise<{ status: number; text: string }> {
  const { host, ...headers } = init.headers ?? {};
  if (host === undefined) return send(url, init);
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.end(`GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  const answer = Buffer.concat(await Array.fromAsync<Buffer>(socket)).toString();
  assert.deepEqual(headers, {});
  return { status: Number(answer.slice(9, 12)), text: answer.slice(answer.indexOf('\r\n\r\n') + 4) };
}
