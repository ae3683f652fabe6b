import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import { json, listen, onlyRequest, type Answer, type ReceivedRequest } from '../listen.ts';
import { TRANSPORTS } from './transports.ts';

/** A text with characters of one to four bytes. */
const TEXT = 'aß€🙂';

for (const { name, send } of TRANSPORTS) {
  const receive = async (t: TestContext, init?: RequestInit): Promise<ReceivedRequest> => {
    const server = await listen(t, json({}));
    await (await send(`${server.baseURL}/x?a=b%20c#part`, init)).text();
    return onlyRequest(server);
  };
  const get = async (t: TestContext, answer: Answer): Promise<Response> => {
    const { baseURL } = await listen(t, answer);
    return send(`${baseURL}/x?a=b#part`);
  };

  describe(`a request by ${name}`, () => {
    it('has its path and query, and the server’s name', async (t) => {
      const { method, url, headers, socket } = await receive(t);
      assert.deepEqual([method, url], ['GET', '/v1/x?a=b%20c']);
      assert.equal(headers.host, `127.0.0.1:${socket.localPort}`);
    });

    it('has a method in capitals', async (t) => {
      assert.equal((await receive(t, { method: 'delete' })).method, 'DELETE');
    });

    it('has headers in each form, names in any letters', async (t) => {
      const pairs: [string, string][] = [
        ['X-One', '1'],
        ['x-two', '2'],
      ];
      for (const headers of [pairs, Object.fromEntries(pairs), new Headers(pairs)]) {
        const received = (await receive(t, { headers })).headers;
        assert.deepEqual([received['x-one'], received['x-two']], ['1', '2']);
      }
    });

    it('says what it takes and who it is, unless the caller does', async (t) => {
      const { headers } = await receive(t);
      assert.deepEqual([headers.accept, headers['user-agent']], ['*/*', 'node']);
      assert.match(String(headers['accept-encoding']), /gzip/);
      const own = { accept: 'text/plain', 'user-agent': 'me', 'accept-encoding': 'identity' };
      const received = (await receive(t, { headers: own })).headers;
      for (const [header, value] of Object.entries(own)) assert.equal(received[header], value);
    });

    it('has its body, and the length of it in bytes', async (t) => {
      const bytes = new TextEncoder().encode(TEXT);
      for (const body of [TEXT, bytes, new Blob([bytes]), new URLSearchParams({ a: 'b' }), bytes.buffer]) {
        const { text, headers } = await receive(t, { method: 'POST', body });
        assert.equal(text, body instanceof URLSearchParams ? 'a=b' : TEXT);
        assert.equal(headers['content-length'], String(Buffer.byteLength(text)));
        assert.equal(headers['transfer-encoding'], undefined);
      }
    });

    it('has a body of many megabytes', async (t) => {
      const body = 'x'.repeat(8_000_000);
      assert.equal((await receive(t, { method: 'POST', body })).text.length, body.length);
    });

    it('says what kind of body it has if that can be told', async (t) => {
      const type = async (body: NonNullable<RequestInit['body']>, headers?: RequestInit['headers']) =>
        (await receive(t, { method: 'POST', body, ...(headers && { headers }) })).headers['content-type'];
      assert.equal(await type('text'), 'text/plain;charset=UTF-8');
      assert.equal(await type('{}', { 'Content-Type': 'application/json' }), 'application/json');
      assert.match(String(await type(new FormData())), /^multipart\/form-data; boundary=/);
      assert.equal(await type(new Uint8Array(1)), undefined);
    });

    it('without a body says so where one might be', async (t) => {
      assert.equal((await receive(t, { method: 'POST' })).headers['content-length'], '0');
      assert.equal((await receive(t, { method: 'DELETE' })).headers['content-length'], undefined);
    });

    it('may be a Request', async (t) => {
      const server = await listen(t, json({}));
      const headers = { 'x-one': '1' };
      await send(new Request(`${server.baseURL}/x`, { method: 'PUT', body: TEXT, headers }));
      const received = onlyRequest(server);
      assert.deepEqual([received.method, received.text, received.headers['x-one']], ['PUT', TEXT, '1']);
    });

    it('cannot be made of what is no request', async () => {
      const url = 'http://127.0.0.1:1/';
      for (const [input, init] of [
        ['no URL'],
        ['ftp://127.0.0.1/'],
        ['http://user:secret@127.0.0.1:1/'],
        [url, { body: 'x' }],
        [url, { method: 'HEAD', body: 'x' }],
        [url, { method: 'TWO WORDS' }],
        [url, { headers: { 'two words': 'x' } }],
        [url, { headers: { x: 'a\nb' } }],
      ] as [string, RequestInit?][]) {
        await assert.rejects(send(input, init), (error) => {
          assert.ok(error instanceof TypeError, String(error));
          assert.doesNotMatch(String(error.cause), /ECONNREFUSED/);
          return true;
        });
      }
    });
  });

  describe(`an answer to ${name}`, () => {
    it('is a Response with the head that came', async (t) => {
      const response = await get(t, (answer) => {
        answer.writeHead(418, 'Short and stout', { 'X-Name': 'b', 'Set-Cookie': ['a=1', 'b=2'] }).end();
      });
      assert.ok(response instanceof Response);
      const { status, statusText, ok, redirected, type, headers } = response;
      assert.deepEqual(
        [status, statusText, ok, redirected, type],
        [418, 'Short and stout', false, false, 'basic'],
      );
      assert.ok(headers instanceof Headers);
      assert.equal(headers.get('x-NAME'), 'b');
      assert.equal(headers.get('x-none'), null);
      assert.deepEqual([headers.has('X-Name'), headers.has('x-none')], [true, false]);
      assert.deepEqual(headers.getSetCookie(), ['a=1', 'b=2']);
      assert.equal(headers.get('set-cookie'), 'a=1, b=2');
    });

    it('knows its URL, without the part that is not sent', async (t) => {
      const { url } = await get(t, json({}));
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/v1\/x\?a=b$/);
    });

    it('has headers like any others', async (t) => {
      const { headers } = await get(t, json({}, 200, { 'x-b': '2', 'x-a': '1' }));
      const own = (pairs: Iterable<readonly string[]>) => [...pairs].filter(([key]) => key?.startsWith('x-'));
      const expected = [
        ['x-a', '1'],
        ['x-b', '2'],
      ];
      assert.deepEqual(own(headers), expected);
      assert.deepEqual(own(headers.entries()), expected);
      assert.deepEqual(own(new Headers(headers)), expected);
      assert.deepEqual(own(new Response('', { headers }).headers), expected);
      const seen: string[][] = [];
      headers.forEach((value, key, all) => seen.push([key, value, String(all === headers)]));
      assert.deepEqual(
        own(seen),
        expected.map((pair) => [...pair, 'true']),
      );
      assert.equal([...headers.keys()].includes('x-a'), true);
      assert.equal([...headers.values()].includes('2'), true);
    });

    const body = `{"text":"${TEXT}"}`;
    const readers: Record<string, (response: Response) => Promise<unknown>> = {
      text: (response) => response.text(),
      json: async (response) => JSON.stringify(await response.json()),
      arrayBuffer: async (response) => new TextDecoder().decode(await response.arrayBuffer()),
      bytes: async (response) => new TextDecoder().decode(await response.bytes()),
      blob: async (response) => (await response.blob()).text(),
      'a stream': (response) => new Response(response.body).text(),
      'the loop of a stream': async (response) => {
        const decoder = new TextDecoder();
        let text = '';
        for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true });
        return text;
      },
      'the stream with a buffer of its own': async (response) => {
        const reader = response.body?.getReader({ mode: 'byob' });
        const pieces: Uint8Array[] = [];
        for (;;) {
          const result = await reader?.read(new Uint8Array(3));
          if (result?.value !== undefined) pieces.push(result.value);
          if (result?.done !== false) return Buffer.concat(pieces).toString();
        }
      },
    };
    for (const [way, read] of Object.entries(readers)) {
      it(`is read by ${way}`, async (t) => {
        const response = await get(t, (answer) => answer.end(body));
        assert.equal(await read(response), body);
        assert.equal(response.bodyUsed, true);
      });

      it(`is read by ${way} when it comes in pieces`, async (t) => {
        const response = await get(t, async (answer) => {
          for (const byte of Buffer.from(body)) {
            await new Promise((resolve) => {
              answer.write(Buffer.of(byte), resolve);
            });
          }
          answer.end();
        });
        assert.equal(await read(response), body);
      });
    }

    it('is read once', async (t) => {
      for (const first of Object.values(readers)) {
        const response = await get(t, (answer) => answer.end(body));
        assert.equal(response.bodyUsed, false);
        await first(response);
        for (const method of ['text', 'json', 'arrayBuffer', 'blob', 'bytes'] as const) {
          await assert.rejects(response[method](), TypeError);
        }
        assert.throws(() => response.clone(), TypeError);
        assert.ok(response.body instanceof ReadableStream);
      }
    });

    it('cannot be read by two', async (t) => {
      const response = await get(t, (answer) => answer.end(body));
      const [first, second] = await Promise.allSettled([response.text(), response.text()]);
      assert.deepEqual([first.status, second.status], ['fulfilled', 'rejected']);
    });

    it('is read twice as a clone', async (t) => {
      const response = await get(t, json({ a: 1 }, 201));
      const clone = response.clone();
      assert.deepEqual([await clone.json(), await response.json()], [{ a: 1 }, { a: 1 }]);
      assert.deepEqual([clone.status, clone.url], [201, response.url]);
      assert.equal(clone.headers.get('content-type'), 'application/json');
    });

    it('has a form, if it says so', async (t) => {
      const type = 'application/x-www-form-urlencoded';
      const response = await get(t, (answer) => answer.setHeader('content-type', type).end('a=b'));
      assert.equal((await response.formData()).get('a'), 'b');
    });

    it('has a blob of its type', async (t) => {
      assert.equal((await (await get(t, json({}))).blob()).type, 'application/json');
    });

    it('loses a byte order mark', async (t) => {
      const response = await get(t, (answer) => answer.end('\u{feff}x\u{feff}'));
      assert.equal(await response.text(), 'x\u{feff}');
    });

    it('has a mark for each byte that is no UTF-8', async (t) => {
      const response = await get(t, (answer) => answer.end(Buffer.of(0x61, 0xff, 0xf0, 0x9f)));
      assert.equal(await response.text(), 'a��');
    });

    it('may be empty', async (t) => {
      assert.equal(await (await get(t, (answer) => answer.end())).text(), '');
      await assert.rejects((await get(t, (answer) => answer.end())).json(), SyntaxError);
    });

    it('may have no body at all', async (t) => {
      for (const status of [204, 205, 304]) {
        const response = await get(t, (answer) => answer.writeHead(status).end());
        assert.equal(response.status, status);
        assert.equal(response.body, null);
        assert.equal(await response.text(), '');
        assert.equal(response.bodyUsed, false);
        assert.equal(response.clone().body, null);
      }
      const { baseURL } = await listen(t, (answer) => answer.setHeader('content-length', '7').end());
      const response = await send(`${baseURL}/x`, { method: 'HEAD' });
      assert.equal(response.headers.get('content-length'), '7');
      assert.equal(await response.text(), '');
    });

    it('may be larger than any buffer', async (t) => {
      const response = await get(t, (answer) => answer.end('x'.repeat(8_000_000)));
      assert.equal((await response.text()).length, 8_000_000);
    });
  });
}
