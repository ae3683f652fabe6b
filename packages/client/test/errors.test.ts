import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';

import {
  APIConnectionError,
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  ColloquyError,
  ConflictError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  UnprocessableEntityError,
  toAPIError,
} from '../src/errors.ts';
import { getChatCompletion } from '../src/operations/get-chat-completion.ts';
import { json, listen, type Answer } from './listen.ts';

/** What a call throws that is answered so. */
async function fail(t: TestContext, answer: Answer): Promise<APIError> {
  const { baseURL } = await listen(t, answer);
  const error: unknown = await getChatCompletion({ baseURL, apiKey: null, maxRetries: 0 }, 'chatcmpl-1').then(
    () => assert.fail('The call succeeded'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof APIError, String(error));
  return error;
}

function page(status: number, text: string): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'text/html' });
    response.end(text);
  };
}

function read(status: number, body: unknown): APIError {
  return toAPIError(status, 'POST /chat/completions', JSON.stringify(body), new Headers());
}

const BODY = {
  error: {
    message: 'The model `gpt-9` does not exist.',
    type: 'invalid_request_error',
    param: 'model',
    code: 'model_not_found',
  },
};

const CLASSES = [
  [400, BadRequestError],
  [401, AuthenticationError],
  [403, PermissionDeniedError],
  [404, NotFoundError],
  [409, ConflictError],
  [422, UnprocessableEntityError],
  [429, RateLimitError],
  [500, InternalServerError],
  [502, InternalServerError],
  [503, InternalServerError],
  [529, InternalServerError],
  [402, APIError],
  [405, APIError],
  [413, APIError],
  [418, APIError],
  [499, APIError],
] as const;

describe('the class of an error', () => {
  for (const [status, ErrorClass] of CLASSES) {
    it(`is ${ErrorClass.name} for ${status}`, async (t) => {
      const error = await fail(t, json(BODY, status));
      assert.equal(error.constructor, ErrorClass);
      assert.equal(error.status, status);
    });
  }

  it('is an APIError, a ColloquyError and an Error', () => {
    const errors = [
      ...CLASSES.map(([status]) => read(status, BODY)),
      new APIConnectionError('no answer'),
      new APIUserAbortError(),
    ];
    for (const error of errors) {
      for (const Parent of [APIError, ColloquyError, Error]) assert.ok(error instanceof Parent);
    }
    assert.equal(new ColloquyError('x') instanceof APIError, false);
  });

  it('is its name, also in what is printed', () => {
    for (const [status, ErrorClass] of CLASSES) {
      const error = read(status, BODY);
      assert.equal(error.name, ErrorClass.name);
      assert.ok(String(error).startsWith(`${ErrorClass.name}: `));
    }
    assert.equal(new APIConnectionError('no answer').name, 'APIConnectionError');
    assert.equal(new APIUserAbortError().name, 'APIUserAbortError');
    assert.equal(new ColloquyError('x').name, 'ColloquyError');
  });
});

describe('the answer to a failed call', () => {
  it('is in the error: its error object, its headers, its request id', async (t) => {
    const error = await fail(t, json(BODY, 404, { 'x-request-id': 'req_1', 'retry-after': '7' }));
    const { type, param, code } = BODY.error;
    assert.deepEqual({ type: error.type, param: error.param, code: error.code }, { type, param, code });
    assert.deepEqual(error.error, BODY.error);
    assert.equal(error.requestID, 'req_1');
    assert.equal(error.headers?.get('retry-after'), '7');
  });

  it('is in the message, with method, path and status', async (t) => {
    const error = await fail(t, json(BODY, 404));
    assert.equal(error.message, 'GET /chat/completions/chatcmpl-1: 404 The model `gpt-9` does not exist.');
  });

  it('may have no request id', async (t) => {
    assert.equal((await fail(t, json(BODY, 404))).requestID, null);
  });

  it('may have null for param and code', async (t) => {
    const error = await fail(t, json({ error: { ...BODY.error, param: null, code: null } }, 401));
    assert.deepEqual([error.param, error.code], [null, null]);
  });

  it('may be a page: its beginning is in the message', async (t) => {
    const html = `<html><body><h1>502 Bad Gateway</h1>${'<hr>'.repeat(1_000)}</body></html>`;
    const error = await fail(t, page(502, html));
    assert.ok(error instanceof InternalServerError);
    assert.ok(
      error.message.startsWith('GET /chat/completions/chatcmpl-1: 502 <html><body><h1>502 Bad Gateway'),
    );
    assert.ok(error.message.length < 300);
    assert.deepEqual(
      [error.error, error.code, error.param, error.type],
      [undefined, undefined, undefined, undefined],
    );
  });

  it('may be empty', async (t) => {
    const error = await fail(t, page(503, ''));
    assert.equal(error.message, 'GET /chat/completions/chatcmpl-1: 503 no body');
    assert.equal(error.error, undefined);
  });

  it('may break off: what is known is thrown', async (t) => {
    const error = await fail(t, (response) => {
      response.writeHead(429, {
        'content-type': 'application/json',
        'content-length': '100',
        'x-request-id': 'req_1',
      });
      response.write('{"error":', () => response.destroy());
    });
    assert.ok(error instanceof RateLimitError);
    assert.equal(error.requestID, 'req_1');
    assert.equal(error.message, 'GET /chat/completions/chatcmpl-1: 429 no body');
  });

  it('may be kept from the caller by the caller’s own signal', async (t) => {
    const controller = new AbortController();
    const { baseURL } = await listen(t, (response) => {
      response.writeHead(429, { 'content-length': '100' });
      response.write('{');
    });
    const fetchHead: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      controller.abort();
      return response;
    };
    const { signal } = controller;
    const call = getChatCompletion({ baseURL, apiKey: null, fetch: fetchHead, maxRetries: 0 }, 'chatcmpl-1', {
      signal,
    });
    await assert.rejects(call, APIUserAbortError);
  });
});

describe('the bodies of other servers', () => {
  it('may be JSON of another shape, which is quoted', () => {
    const error = read(404, { detail: 'Not Found' });
    assert.equal(error.message, 'POST /chat/completions: 404 {"detail":"Not Found"}');
    assert.equal(error.error, undefined);
  });

  it('may be JSON, but no object', () => {
    for (const body of [null, 7, 'Not Found', [], [null], {}]) {
      const error = read(404, body);
      assert.equal(error.message, `POST /chat/completions: 404 ${JSON.stringify(body)}`);
      assert.equal(error.error, undefined);
    }
  });

  it('may wrap the envelope in a list, as Gemini does', () => {
    const error = read(400, [
      { error: { code: 400, message: 'Unknown name "store"', status: 'INVALID_ARGUMENT' } },
    ]);
    assert.equal(error.message, 'POST /chat/completions: 400 Unknown name "store"');
    assert.equal(error.code, '400');
  });

  it('may be without the envelope, as Mistral’s and older vLLM’s', () => {
    const error = read(400, {
      object: 'error',
      message: 'Bad.',
      type: 'invalid_model',
      param: null,
      code: '1500',
    });
    assert.equal(error.message, 'POST /chat/completions: 400 Bad.');
    assert.deepEqual([error.type, error.param, error.code], ['invalid_model', null, '1500']);
  });

  it('may have an object for the message, as Mistral’s', () => {
    const message = { detail: [{ type: 'extra_forbidden', loc: ['body', 'store'] }] };
    const error = read(422, { object: 'error', message, type: 'invalid_request_error', code: null });
    assert.equal(error.message, `POST /chat/completions: 422 ${JSON.stringify(message)}`);
  });

  it('may have a number for the code', () => {
    assert.equal(read(400, { error: { ...BODY.error, code: 400 } }).code, '400');
  });

  it('may have a text for the error', () => {
    const error = read(404, { error: 'model "x" not found' });
    assert.equal(error.message, 'POST /chat/completions: 404 model "x" not found');
  });

  it('may have the status for the error, and the text beside it, as Fastify’s', () => {
    const error = read(404, { message: 'Route GET:/v2 not found', error: 'Not Found', statusCode: 404 });
    assert.equal(error.message, 'POST /chat/completions: 404 Route GET:/v2 not found');
  });

  it('may have no message, or an empty one: then the body is quoted', () => {
    for (const error of [{ code: 'x' }, { message: '' }, { message: null }, {}]) {
      assert.equal(read(400, { error }).message, `POST /chat/completions: 400 ${JSON.stringify({ error })}`);
    }
  });
});

describe('a call that is not answered', () => {
  /** Where nobody listens: the port was free a moment ago. */
  async function findClosedPort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => {
      server.close(resolve);
    });
    return port;
  }

  it('throws APIConnectionError with its cause', async () => {
    const baseURL = `http://127.0.0.1:${await findClosedPort()}/v1`;
    await assert.rejects(
      getChatCompletion({ baseURL, apiKey: null, maxRetries: 0 }, 'chatcmpl-1'),
      (error) => {
        assert.ok(error instanceof APIConnectionError);
        assert.equal(error.message, `GET /chat/completions/chatcmpl-1: no answer from ${baseURL}`);
        assert.ok(error.cause instanceof Error);
        assert.equal((error.cause.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED');
        assert.deepEqual([error.status, error.headers, error.requestID], [undefined, undefined, undefined]);
        return true;
      },
    );
  });

  it('throws APIConnectionError when the server hangs up', async (t) => {
    const error = await fail(t, (response) => response.destroy());
    assert.ok(error instanceof APIConnectionError);
  });

  it('throws APIConnectionError when the body breaks off', async (t) => {
    const error = await fail(t, (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"id":', () => response.destroy());
    });
    assert.ok(error instanceof APIConnectionError);
    assert.match(error.message, /broke off/);
    assert.ok(error.cause instanceof Error);
  });
});
