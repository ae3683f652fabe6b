// Callers who leave, and streams that have nothing to say.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';

import type { Config } from '../../src/config/config.ts';
import { startServer, upstreamAt, type TestServer } from '../start-server.ts';
import { chunk, completion, event, startStream, startUpstream, type Answer } from '../start-upstream.ts';
import { listKept } from './list-kept.ts';

const ASK = { model: 'small', messages: [{ role: 'user', content: 'Hi' }] };
const DONE = event('[DONE]');
const PIECES = Array.from({ length: 6 }, (_, index) => chunk({ content: `${index}` }));

async function openPath(t: TestContext, answer: Answer, config: Partial<Config> = {}) {
  const upstream = await startUpstream(t, answer);
  const server = await startServer(t, { upstreams: [upstreamAt(upstream.baseURL)], ...config });
  return { server, upstream };
}

interface RawCaller {
  readonly socket: Socket;
  /** Resolves when this text has come. */
  reads(text: string | RegExp): Promise<void>;
  /** What has come. */
  readonly text: string;
}

/** A caller on a bare socket: it leaves, or does not read, exactly when it is told so. */
function call(t: TestContext, { url }: TestServer, body: object): RawCaller {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  t.after(() => socket.destroy());
  const json = JSON.stringify({ ...ASK, ...body });
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  );
  let text = '';
  socket.on('data', (bytes) => (text += bytes.toString())).on('error', () => undefined);
  return {
    socket,
    get text() {
      return text;
    },
    async reads(expected) {
      const hasCome = (): boolean =>
        typeof expected === 'string' ? text.includes(expected) : expected.test(text);
      while (!hasCome()) await once(socket, 'data');
    },
  };
}

const LEAVING = {
  'closes its connection': (socket: Socket) => socket.destroy(),
  'ends its side of the connection': (socket: Socket) => socket.end(),
  'resets its connection': (socket: Socket) => socket.resetAndDestroy(),
};

describe('A caller who leaves', () => {
  for (const [how, leave] of Object.entries(LEAVING)) {
    for (const stream of [false, true]) {
      it(`before the first byte and ${how}, ends the call to the upstream (stream: ${stream})`, async (t) => {
        const asked = Promise.withResolvers<void>();
        const closed = Promise.withResolvers<void>();
        const { server } = await openPath(t, (response) => {
          response.once('close', () => closed.resolve());
          asked.resolve();
        });
        const caller = call(t, server, { stream });
        await asked.promise;
        leave(caller.socket);
        await closed.promise;
        await server.context.gateway.settled();
      });
    }

    it(`after any chunk and ${how}, ends the call to the upstream`, async (t) => {
      for (let count = 1; count <= PIECES.length; count += 1) {
        const closed = Promise.withResolvers<void>();
        const { server } = await openPath(t, (response) => {
          response.once('close', () => closed.resolve());
          startStream(response);
          response.write(PIECES.slice(0, count).join(''));
        });
        const caller = call(t, server, { stream: true });
        await caller.reads(PIECES[count - 1] ?? '');
        leave(caller.socket);
        await closed.promise;
        await server.context.gateway.settled();
        assert.deepEqual(await listKept(server), []);
      }
    });
  }

  it('is gone for the upstream while it does not read, too', async (t) => {
    const closed = Promise.withResolvers<void>();
    const full = Promise.withResolvers<void>();
    const { server } = await openPath(t, (response) => {
      response.once('close', () => closed.resolve());
      startStream(response);
      const fill = (): void => {
        while (response.write(chunk({ content: 'x'.repeat(60_000) })));
        // Nobody takes more: every buffer on the way is full.
        const timer = setTimeout(() => full.resolve(), 200);
        response.once('drain', () => {
          clearTimeout(timer);
          fill();
        });
      };
      fill();
    });
    const caller = call(t, server, { stream: true });
    await caller.reads('x');
    caller.socket.pause();
    await full.promise;
    caller.socket.resetAndDestroy();
    await closed.promise;
  });

  it('has what is kept finished for it, whichever chunk it left at', async (t) => {
    for (let count = 1; count <= PIECES.length; count += 1) {
      const left = Promise.withResolvers<void>();
      const { server } = await openPath(t, async (response) => {
        startStream(response);
        response.write(PIECES.slice(0, count).join(''));
        await left.promise;
        response.end(`${PIECES.slice(count).join('')}${chunk({}, 'stop')}${DONE}`);
      });
      const caller = call(t, server, { stream: true, store: true });
      await caller.reads(`"${count - 1}"`);
      caller.socket.resetAndDestroy();
      left.resolve();
      await untilKept(server);
      assert.deepEqual(await listKept(server), [
        { status: 'completed', text: '012345', error: undefined, name: undefined },
      ]);
    }
  });

  it('has a plain answer finished for it', async (t) => {
    const asked = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const { server } = await openPath(t, async (response) => {
      asked.resolve();
      await left.promise;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(completion('Hello.')));
    });
    const caller = call(t, server, { store: true });
    await asked.promise;
    caller.socket.resetAndDestroy();
    left.resolve();
    await untilKept(server);
    assert.deepEqual(await listKept(server), [
      { status: 'completed', text: 'Hello.', error: undefined, name: undefined },
    ]);
  });

  it('has it ended where the configuration says so, and what arrived is kept', async (t) => {
    const closed = Promise.withResolvers<void>();
    const { server } = await openPath(
      t,
      (response, { text }) => {
        response.once('close', () => closed.resolve());
        if (!text.includes('"stream":true')) return;
        startStream(response);
        response.write(PIECES.slice(0, 3).join(''));
      },
      { onDisconnect: 'abort' },
    );
    const caller = call(t, server, { stream: true, store: true });
    await caller.reads('"2"');
    caller.socket.resetAndDestroy();
    await closed.promise;
    await untilKept(server);
    assert.deepEqual(await listKept(server), [
      { status: 'interrupted', text: '012', error: 'caller_left', name: undefined },
    ]);
  });

  it('has a plain answer ended where the configuration says so', async (t) => {
    const asked = Promise.withResolvers<void>();
    const { server } = await openPath(t, () => asked.resolve(), { onDisconnect: 'abort' });
    const caller = call(t, server, { store: true });
    await asked.promise;
    caller.socket.resetAndDestroy();
    await untilKept(server);
    assert.deepEqual(await listKept(server), [
      { status: 'failed', text: '', error: 'caller_left', name: undefined },
    ]);
  });

  for (const [bound, config] of Object.entries({
    time: { finishTimeoutMs: 20 },
    bytes: { finishMaxBytes: 10_000 },
  })) {
    it(`has no answer without end finished for it: bound of ${bound}`, async (t) => {
      const closed = Promise.withResolvers<void>();
      const { server } = await openPath(
        t,
        (response) => {
          startStream(response);
          response.write(PIECES[0]);
          const timer = setInterval(() => response.write(`: ${'x'.repeat(1000)}\n\n`), 1);
          response.once('close', () => {
            clearInterval(timer);
            closed.resolve();
          });
        },
        config,
      );
      const caller = call(t, server, { stream: true, store: true });
      await caller.reads('"0"');
      caller.socket.resetAndDestroy();
      await closed.promise;
      await untilKept(server);
      assert.deepEqual(await listKept(server), [
        { status: 'interrupted', text: '0', error: 'caller_left', name: undefined },
      ]);
    });
  }
});

/** The server may not have noticed yet that the caller left. */
async function untilKept(server: TestServer): Promise<void> {
  await server.context.gateway.settled();
  while ((await listKept(server)).length === 0) await server.context.gateway.settled();
}

describe('A stream that says nothing', () => {
  const config = { pingIntervalMs: 25 };

  for (const store of [false, true]) {
    it(`is kept open by comments, before its first event and between two (store: ${store})`, async (t) => {
      const go = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      const { server } = await openPath(
        t,
        async (response) => {
          startStream(response);
          response.flushHeaders();
          await go.promise;
          response.write(PIECES[0]);
          await goOn.promise;
          response.end(`${chunk({}, 'stop')}${DONE}`);
        },
        config,
      );
      const caller = call(t, server, { stream: true, store });
      await caller.reads(': ping\n\n');
      go.resolve();
      await caller.reads('"0"');
      await caller.reads(/"0"[^]*: ping\n\n/);
      goOn.resolve();
      await caller.reads(DONE);
    });
  }

  it('gets no comment within an event', async (t) => {
    const goOn = Promise.withResolvers<void>();
    const [first, second] = [chunk({ content: 'x'.repeat(100_000) }), chunk({ content: 'y' })];
    const quiet = 5 * config.pingIntervalMs;
    const { server } = await openPath(
      t,
      async (response) => {
        startStream(response);
        // A line that is too long to be held back; then one that is not, cut before its blank line.
        response.write(first.slice(0, 90_000));
        await new Promise((resolve) => setTimeout(resolve, quiet));
        response.write(`${first.slice(90_000)}${second.slice(0, -1)}`);
        await new Promise((resolve) => setTimeout(resolve, quiet));
        response.write('\n');
        await goOn.promise;
        response.end(DONE);
      },
      config,
    );
    const caller = call(t, server, { stream: true });
    await caller.reads(/"y"[^]*: ping\n\n/);
    const body = caller.text.replaceAll(/\r\n[0-9a-f]+\r\n/g, '');
    assert.ok(body.includes(`${first}${second}: ping\n\n`), body.slice(-300));
    goOn.resolve();
    await caller.reads(DONE);
  });

  it('gets no comment before its head, for which a status may still be needed', async (t) => {
    const { server } = await openPath(
      t,
      async (response) => {
        await new Promise((resolve) => setTimeout(resolve, 3 * config.pingIntervalMs));
        response.writeHead(429, { 'content-type': 'application/json' });
        response.end('{"error":{"message":"no","type":"t","param":null,"code":"c"}}');
      },
      config,
    );
    const caller = call(t, server, { stream: true });
    await caller.reads('"code":"c"');
    assert.match(caller.text, /^HTTP\/1\.1 429 /);
    assert.doesNotMatch(caller.text, /ping/);
  });

  it('gets none where they are turned off', async (t) => {
    const { server } = await openPath(
      t,
      async (response) => {
        startStream(response);
        response.write(PIECES[0]);
        await new Promise((resolve) => setTimeout(resolve, 3 * config.pingIntervalMs));
        response.end(DONE);
      },
      { pingIntervalMs: false },
    );
    const caller = call(t, server, { stream: true });
    await caller.reads(DONE);
    assert.doesNotMatch(caller.text, /ping/);
  });
});
