import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import * as zlib from 'node:zlib';

import { Colloquy } from '../../src/client.ts';
import { nodeFetch } from '../../src/node/index.ts';
import { delta, finish } from '../chunks.ts';
import { listen } from '../listen.ts';
import { TRANSPORTS } from './transports.ts';

const TEXT = 'Grüße 🙂 '.repeat(10_000);
const ENCODED: Record<string, Buffer> = {
  gzip: zlib.gzipSync(TEXT),
  'X-GZip': zlib.gzipSync(TEXT),
  deflate: zlib.deflateSync(TEXT),
  br: zlib.brotliCompressSync(TEXT),
  'gzip, br': zlib.brotliCompressSync(zlib.gzipSync(TEXT)),
};

for (const { name, send } of TRANSPORTS) {
  describe(`${name} and an encoded answer`, () => {
    for (const [encoding, bytes] of Object.entries(ENCODED)) {
      it(`in ${encoding} gives what was encoded`, async (t) => {
        const { baseURL } = await listen(t, (response) => {
          response.writeHead(200, { 'content-encoding': encoding }).end(bytes);
        });
        assert.equal(await (await send(baseURL)).text(), TEXT);
        assert.equal(await new Response((await send(baseURL)).body).text(), TEXT);
      });
    }

    it('gives bytes as they are if it does not know their encoding', async (t) => {
      for (const encoding of ['other', 'gzip, other', 'identity']) {
        const { baseURL } = await listen(t, (response) => {
          response.writeHead(200, { 'content-encoding': encoding }).end('bytes');
        });
        assert.equal(await (await send(baseURL)).text(), 'bytes');
      }
    });

    it('does not decode what is not there', async (t) => {
      const { baseURL } = await listen(t, (response) => {
        response.writeHead(204, { 'content-encoding': 'gzip' }).end();
      });
      assert.equal(await (await send(baseURL)).text(), '');
    });

    it('fails on what is not in the encoding', async (t) => {
      const { baseURL } = await listen(t, (response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(TEXT);
      });
      await assert.rejects(async () => (await send(baseURL)).text(), TypeError);
    });

    it('undoes no more than five encodings', async (t) => {
      const { baseURL } = await listen(t, (response) => {
        response.writeHead(200, { 'content-encoding': 'gzip,'.repeat(5) + 'gzip' }).end('bytes');
      });
      await assert.rejects(async () => (await send(baseURL)).text(), TypeError);
    });
  });
}

describe('nodeFetch and an encoded answer', () => {
  const cut = { gzip: ENCODED['gzip'], deflate: ENCODED['deflate'], br: ENCODED['br'] };
  for (const [encoding, bytes = Buffer.of()] of Object.entries(cut)) {
    it(`in ${encoding} that is cut short fails, where fetch takes it for whole`, async (t) => {
      const { baseURL } = await listen(t, (response) => {
        response.writeHead(200, { 'content-encoding': encoding }).end(bytes.subarray(0, -10));
      });
      await assert.rejects(
        async () => (await nodeFetch(baseURL)).text(),
        (error) => {
          assert.ok(error instanceof TypeError);
          assert.ok(error.cause instanceof Error);
          return true;
        },
      );
    });
  }

  it('in zstd gives what was encoded', { skip: !('zstdCompressSync' in zlib) }, async (t) => {
    const { baseURL, requests } = await listen(t, (response) => {
      response.writeHead(200, { 'content-encoding': 'zstd' }).end(zlib.zstdCompressSync(TEXT));
    });
    assert.equal(await (await nodeFetch(baseURL)).text(), TEXT);
    assert.equal(requests[0]?.headers['accept-encoding'], 'gzip, br, zstd');
  });

  it('that breaks off says so', async (t) => {
    const { baseURL } = await listen(t, (response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.write(ENCODED['gzip']?.subarray(0, 50), () => response.destroy());
    });
    await assert.rejects(async () => (await nodeFetch(baseURL)).text(), {
      name: 'TypeError',
      message: 'terminated',
    });
  });

  it('may be many megabytes', async (t) => {
    const { baseURL } = await listen(t, (response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      const gzip = zlib.createGzip();
      gzip.pipe(response);
      gzip.end(randomBytes(20_000_000).toString('hex'));
    });
    const reader = (await nodeFetch(baseURL)).body?.getReader();
    let length = 0;
    for (let result = await reader?.read(); result?.done === false; result = await reader?.read()) {
      length += result.value.length;
    }
    assert.equal(length, 40_000_000);
  });

  it('gives each event of a stream when it has come', async (t) => {
    const chunks = [delta({ role: 'assistant', content: '' }), delta({ content: 'Hello.' }), finish()];
    const sent = new Set<unknown>();
    const seen = new Map<number, () => void>();
    const { baseURL } = await listen(t, async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
      const gzip = zlib.createGzip();
      gzip.pipe(response);
      for (const [index, chunk] of chunks.entries()) {
        gzip.write(`data: ${JSON.stringify(chunk)}\n\n`);
        gzip.flush();
        sent.add(index);
        // The next one waits until this one was seen.
        await new Promise<void>((resolve) => {
          seen.set(index, resolve);
        });
      }
      gzip.end('data: [DONE]\n\n');
    });
    const client = new Colloquy({ baseURL, apiKey: null, fetch: nodeFetch });
    let count = 0;
    for await (const chunk of await client.chat.completions.create({
      model: 'm',
      messages: [],
      stream: true,
    })) {
      assert.deepEqual(chunk, chunks[count]);
      assert.equal(sent.size, count + 1);
      seen.get(count)?.();
      count += 1;
    }
    assert.equal(count, 3);
  });
});
