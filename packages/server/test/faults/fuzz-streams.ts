// Streams that were damaged at random, by a seed: they cost the server nothing but the stream.

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import { SseDecoder } from '@colloquy/client';

import type { Recording } from '../../../client/test/differential/recording.ts';
import { FRAMING } from '../../../client/test/differential/recordings/framing.ts';
import { SERVERS } from '../../../client/test/differential/recordings/servers.ts';
import { createRandom, type Random } from '../random.ts';
import { startServer, upstreamAt } from '../start-server.ts';
import { listKept } from './list-kept.ts';
import { END, piece, startRawUpstream, STREAM_HEAD } from './raw-upstream.ts';

const CALLERS = 16;

/** What upstreams send when all is well, in their several ways. */
const SOUND = Object.values<Recording>({ ...SERVERS, ...FRAMING }).map(({ answers: [{ body = [] }] }) =>
  Buffer.concat(body.map((bytes) => Buffer.from(bytes))),
);
/** What is put into them: it ends, begins or breaks something. */
const INSERTIONS = [
  '\n', '\n\n', '\r', '\r\n', 'data: ', 'data: [DONE]\n\n', ': x\n', 'event: error\n', 'data: {"error":{"message":"x"}}\n\n',
  '"', '\\', '{', '}', '[', ']', 'null', '\u0000', '\uFEFF', '👋', 'x'.repeat(70_000), '"__proto__":{"x":1},', '1e999', '-1',
].map((text) => Buffer.from(text)); // oxfmt-ignore

interface Sample {
  readonly pieces: readonly Buffer[];
  /** Without the end that HTTP asks for. */
  readonly isCut: boolean;
  readonly isKept: boolean;
}

/** Runs `count` streams; the same `seed` gives the same ones. */
export async function fuzzStreams(t: TestContext, seed: number, count: number): Promise<void> {
  const random = createRandom(seed);
  const samples = Array.from({ length: count }, (): Sample => {
    const bytes = mutate(SOUND[random(SOUND.length)] ?? Buffer.alloc(0), random);
    return { pieces: split(bytes, random), isCut: random(5) === 0, isKept: random(2) === 0 };
  });
  const upstream = await startRawUpstream(t, async (socket, request) => {
    const sample = samples[Number(/"model":"sample-(\d+)"/.exec(request)?.[1])];
    if (sample !== undefined) await play(socket, sample);
  });
  const server = await startServer(t, { upstreams: [upstreamAt(upstream.baseURL)] });
  const endings = new Map<string, boolean>();

  async function ask(index: number, { pieces, isCut, isKept }: Sample): Promise<void> {
    const name = `sample-${index}`;
    const label = `sample ${index} of seed ${seed}`;
    const response = await fetch(`${server.baseURL}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: name,
        messages: [{ role: 'user', content: 'Hi' }],
        stream: true,
        ...(isKept && { store: true, metadata: { name } }),
      }),
    });
    assert.equal(response.status, 200, label);
    const received = Buffer.from(await response.arrayBuffer());
    if (isKept) endings.set(name, assertEnded(received, label));
    else assertRelayed(received, Buffer.concat(pieces), isCut, label);
  }

  const queue = samples.entries();
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      for (const [index, sample] of queue) await ask(index, sample);
    }),
  );
  await server.context.gateway.settled();
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200);

  const kept = new Map((await listKept(server)).map(({ name, status }) => [name, status]));
  assert.equal((await listKept(server)).length, endings.size);
  for (const [name, isWhole] of endings) {
    assert.equal(kept.get(name), isWhole ? 'completed' : 'interrupted', `${name} of seed ${seed}`);
  }
}

async function play(socket: Socket, { pieces, isCut }: Sample): Promise<void> {
  socket.write(STREAM_HEAD);
  for (const [index, bytes] of pieces.entries()) {
    if (bytes.length > 0) socket.write(piece(bytes));
    // So that some of them arrive apart.
    if (index % 3 === 0) await setImmediate();
  }
  if (isCut) socket.destroy();
  else socket.write(END);
}

/** To the byte; of what broke off, the beginning, and then an error. */
function assertRelayed(received: Buffer, sent: Buffer, isCut: boolean, label: string): void {
  if (!isCut) {
    assert.ok(received.equals(sent), label);
    return;
  }
  const at = received.lastIndexOf('\n\ndata: {"error":{"message":"The upstream failed: ');
  assert.ok(at !== -1 && sent.subarray(0, at).equals(received.subarray(0, at)), label);
  assertEnded(received, label);
}

/** Returns whether the stream says that it is whole; otherwise, it ends with an error. */
function assertEnded(received: Buffer, label: string): boolean {
  const last = new SseDecoder().push(received).at(-1)?.data ?? '';
  if (last === '[DONE]') return true;
  assert.equal(typeof JSON.parse(last).error, 'object', label);
  return false;
}

function mutate(bytes: Buffer, random: Random): Buffer {
  let mutated: Buffer = Buffer.from(bytes);
  for (let count = random(4); count > 0; count -= 1) mutated = mutateOnce(mutated, random);
  return mutated;
}

function mutateOnce(bytes: Buffer, random: Random): Buffer {
  const at = random(bytes.length + 1);
  const to = at + random(Math.min(200, bytes.length - at + 1));
  const [before, between, after] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)];
  switch (random(6)) {
    case 0:
      return Buffer.concat([before, Buffer.from([random(256)]), bytes.subarray(at + 1)]);
    case 1:
      return before;
    case 2:
      return Buffer.concat([before, INSERTIONS[random(INSERTIONS.length)] ?? before, between, after]);
    case 3:
      return Buffer.concat([before, between, between, after]);
    case 4:
      return Buffer.concat([before, after]);
    default:
      return Buffer.concat([between, before, after]);
  }
}

function split(bytes: Buffer, random: Random): Buffer[] {
  const pieces: Buffer[] = [];
  const longest = 1 + random(bytes.length);
  for (let at = 0; at < bytes.length;) {
    const length = 1 + random(longest);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}
