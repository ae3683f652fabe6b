import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import { Colloquy } from '../src/client.ts';
import { APIError, ColloquyError } from '../src/errors.ts';
import { logRequests, type Logger, type LogLevel } from '../src/log.ts';
import type { ClientOptions } from '../src/options.ts';
import { json, listen, type Answer } from './listen.ts';

const ANSWER = json({ id: 'chatcmpl-1' }, 200, { 'set-cookie': 'session=abc', 'x-request-id': 'req_1' });

/** What one call logs, a line for each message, details as JSON. */
async function log(
  t: TestContext,
  level: LogLevel | undefined,
  answer: Answer = ANSWER,
  options: ClientOptions = {},
): Promise<string[]> {
  const lines: string[] = [];
  const write =
    (name: string) =>
    (message: string, ...details: unknown[]): void =>
      void lines.push([name, message, ...details.map((detail) => JSON.stringify(detail))].join(' '));
  const logger: Logger = {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
  };
  const { baseURL } = await listen(t, answer);
  const fetch = logRequests({ level, logger });
  const client = new Colloquy({ baseURL, apiKey: 'sk-secret', maxRetries: 0, ...options, fetch });
  await client.chat.completions
    .create({ model: 'small', messages: [{ role: 'user', content: 'Hello' }] })
    .catch((error: unknown) => assert.ok(error instanceof APIError));
  return lines.map((line) => line.replaceAll(baseURL, 'BASE').replaceAll(/\b\d+ ms/g, 'TIME'));
}

const broken: Answer = (response) => void response.socket?.destroy();

describe('logRequests', () => {
  it('says nothing of an answer, unless asked for more', async (t) => {
    for (const level of [undefined, 'off', 'error', 'warn'] as const) {
      assert.deepEqual(await log(t, level), []);
    }
  });

  it('says at info what was asked, and what was answered', async (t) => {
    assert.deepEqual(await log(t, 'info'), ['info [1] POST BASE/chat/completions: 200 after TIME']);
  });

  it('shows headers and bodies at debug', async (t) => {
    const [sent, info, answered, ...others] = await log(t, 'debug');
    assert.deepEqual(others, []);
    assert.match(
      sent ?? '',
      /^debug \[1\] POST BASE\/chat\/completions: sent .*"content-type":"application\/json"/,
    );
    assert.match(sent ?? '', /\\"content\\":\\"Hello\\"/);
    assert.match(info ?? '', /^info /);
    assert.match(answered ?? '', /^debug \[1\] .*: answered .*"x-request-id":"req_1"/);
  });

  it('hides keys, cookies and what a URL holds of them', async (t) => {
    const options = {
      defaultHeaders: { 'api-key': 'hide-1', 'X-Auth-Token': 'hide-2', 'x-color': 'red' },
      defaultQuery: { api_key: 'hide-3', 'api-version': '2026-01-01', sig: 'hide-4', access_token: 'hide-5' },
    };
    const text = (await log(t, 'debug', ANSWER, options)).join('\n');
    assert.doesNotMatch(text, /sk-secret|hide-\d|session=abc/);
    assert.match(text, /"authorization":"\*\*\*"/);
    assert.match(text, /"x-color":"red"/);
    assert.match(text, /api-version=2026-01-01/);
  });

  it('warns of a request without an answer', async (t) => {
    for (const level of [undefined, 'warn', 'info'] as const) {
      const lines = await log(t, level, broken);
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', /^warn \[1\] POST BASE\/chat\/completions: no answer after TIME: /);
    }
    assert.deepEqual(await log(t, 'error', broken), []);
  });

  it('counts the requests, so that each attempt has its own number', async (t) => {
    const lines = await log(t, 'info', json({}, 500, { 'retry-after-ms': '0' }), { maxRetries: 2 });
    assert.deepEqual(
      lines.map((line) => line.slice(0, 'info [1]'.length)),
      ['info [1]', 'info [2]', 'info [3]'],
    );
  });

  it('refuses a level that there is not', () => {
    const level = 'trace' as LogLevel;
    assert.throws(
      () => logRequests({ level }),
      (error) =>
        error instanceof ColloquyError && /logLevel: "trace" is none of off, error, warn/.test(error.message),
    );
  });
});
