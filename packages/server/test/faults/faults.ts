// What upstreams do wrong on the wire, and what becomes of it.

import type { Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import type { UpstreamConfig } from '../../src/config/config.ts';
import { chunk, completion, event } from '../start-upstream.ts';
import { END, head, JSON_HEAD, piece, STREAM_HEAD } from './raw-upstream.ts';

export interface Fault {
  readonly stream: boolean;
  readonly play: (socket: Socket) => unknown;
  readonly sees: Sees;
  /** What a caller sees whose request is to be kept; default: the same. */
  readonly seesIfKept?: Sees;
  readonly keeps: 'completed' | 'interrupted' | 'failed';
  /** What is kept of the text. */
  readonly text?: string;
  /** How long the upstream may take. */
  readonly limits?: Partial<UpstreamConfig>;
}

export type Sees =
  /** An answer with an error in the shape of the API. */
  | { readonly status: number; readonly code: string | null; readonly retryAfter?: string }
  /** Bytes as they came. */
  | { readonly passes: string; readonly status?: number }
  /** A connection that is reset, so that nothing is taken for the whole. */
  | 'reset'
  /** A stream that ends with an error event of this code, behind these events, and without [DONE]. */
  | { readonly events: readonly string[]; readonly code: string | null };

/** Long for an upstream that answers at once, also on a machine that has much to do; in milliseconds. */
const LIMIT_MS = 500;

const TIMEOUT = { status: 504, code: 'upstream_timeout' };
const UNREACHABLE = { status: 502, code: 'upstream_unreachable' };
const INVALID = { status: 502, code: 'upstream_invalid_answer' };
const REFUSAL =
  '{"error":{"message":"slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}';

const COMPLETION = JSON.stringify(completion('Grüße'));
const FIRST = chunk({ role: 'assistant', content: 'Grü' });
const SECOND = Buffer.from(chunk({ content: 'ße 👋' }));
const STOP = chunk({}, 'stop');
const DONE = event('[DONE]');
/** Within the character that takes four bytes. */
const CUT_CHARACTER = SECOND.subarray(0, SECOND.indexOf('👋') + 2);

/** Gives what was written time to leave before the connection is reset. */
async function reset(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    socket.write('', () => resolve());
  });
  await setImmediate();
  await setImmediate();
  socket.resetAndDestroy();
}

function sends(...pieces: ReadonlyArray<string | Uint8Array>) {
  return (socket: Socket) => {
    for (const bytes of pieces) socket.write(bytes);
  };
}

function sendsAndResets(...pieces: ReadonlyArray<string | Uint8Array>) {
  return (socket: Socket) => {
    sends(...pieces)(socket);
    return reset(socket);
  };
}

function sendsAndCloses(...pieces: ReadonlyArray<string | Uint8Array>) {
  return (socket: Socket) => {
    sends(...pieces)(socket);
    socket.end();
  };
}

const GZIP_HEAD = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
const LONG = gzipSync(Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 251)));

export const FAULTS: Readonly<Record<string, Fault>> = {
  'a reset before the head': {
    stream: false,
    play: (socket) => socket.resetAndDestroy(),
    sees: UNREACHABLE,
    keeps: 'failed',
  },
  'a close before the head': {
    stream: false,
    play: (socket) => socket.end(),
    sees: UNREACHABLE,
    keeps: 'failed',
  },
  'a reset within the head': {
    stream: false,
    play: sendsAndResets('HTTP/1.1 200 OK\r\ncontent-ty'),
    sees: UNREACHABLE,
    keeps: 'failed',
  },
  'what is no HTTP': { stream: false, play: sends('HELLO\r\n\r\n'), sees: UNREACHABLE, keeps: 'failed' },
  'a head without end': {
    stream: false,
    play: sends(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(200_000)}`),
    sees: UNREACHABLE,
    keeps: 'failed',
  },
  'a reset after the head': {
    stream: false,
    play: sendsAndResets(JSON_HEAD),
    sees: UNREACHABLE,
    keeps: 'failed',
  },
  'a reset within the body': {
    stream: false,
    play: sendsAndResets(JSON_HEAD, piece('{"id":"x","cho')),
    sees: 'reset',
    seesIfKept: UNREACHABLE,
    keeps: 'failed',
  },
  'a body shorter than its content-length': {
    stream: false,
    play: sendsAndCloses(
      head(200, { 'content-type': 'application/json', 'content-length': 5000 }),
      COMPLETION,
    ),
    sees: 'reset',
    seesIfKept: UNREACHABLE,
    keeps: 'failed',
  },
  'a body longer than its content-length': {
    stream: false,
    play: sends(head(200, { 'content-type': 'application/json', 'content-length': 10 }), COMPLETION),
    sees: { passes: COMPLETION.slice(0, 10) },
    seesIfKept: INVALID,
    keeps: 'failed',
  },
  'bytes after the end of the body': {
    stream: false,
    play: sends(JSON_HEAD, piece(COMPLETION), END, 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"id":"y"}'),
    sees: { passes: COMPLETION },
    keeps: 'completed',
    text: 'Grüße',
  },
  'pieces that are not as long as they say': {
    stream: false,
    play: sends(JSON_HEAD, piece('{"id":'), 'zz\r\nnothing\r\n'),
    sees: 'reset',
    seesIfKept: UNREACHABLE,
    keeps: 'failed',
  },
  'JSON that was cut, in a body that was not': {
    stream: false,
    play: sends(JSON_HEAD, piece(COMPLETION.slice(0, 100)), END),
    sees: { passes: COMPLETION.slice(0, 100) },
    seesIfKept: INVALID,
    keeps: 'failed',
  },
  'a header that no HTTP server would send on': {
    stream: false,
    play: sends(
      head(200, {
        'content-type': 'application/json',
        'openai-organization': 'Mä→',
        'content-length': Buffer.byteLength(COMPLETION),
      }),
      COMPLETION,
    ),
    sees: { passes: COMPLETION },
    keeps: 'completed',
    text: 'Grüße',
  },
  'an empty body': {
    stream: false,
    play: sends(head(200, { 'content-type': 'application/json', 'content-length': 0 })),
    sees: { passes: '' },
    seesIfKept: INVALID,
    keeps: 'failed',
  },
  'no gzip, although it says so': {
    stream: false,
    play: sends(head(200, { ...GZIP_HEAD, 'content-length': COMPLETION.length }), COMPLETION),
    sees: UNREACHABLE,
    keeps: 'failed',
  },
  'gzip that ends too early': {
    stream: false,
    play: sends(head(200, { ...GZIP_HEAD, 'content-length': LONG.length - 100 }), LONG.subarray(0, -100)),
    sees: 'reset',
    seesIfKept: UNREACHABLE,
    keeps: 'failed',
  },
  'an error in a 200': {
    stream: false,
    play: sends(JSON_HEAD, piece(REFUSAL), END),
    sees: { passes: REFUSAL },
    seesIfKept: INVALID,
    keeps: 'failed',
  },
  'an error beside a completion': {
    stream: false,
    play: sends(JSON_HEAD, piece(`{"error":{"message":"late"},${COMPLETION.slice(1)}`), END),
    sees: { passes: `{"error":{"message":"late"},${COMPLETION.slice(1)}` },
    seesIfKept: INVALID,
    keeps: 'failed',
  },
  '429 with retry-after': {
    stream: false,
    play: sends(
      head(429, {
        'content-type': 'application/json',
        'retry-after': 7,
        'content-length': REFUSAL.length,
      }),
      REFUSAL,
    ),
    sees: { status: 429, code: 'rate_limit_exceeded', retryAfter: '7' },
    keeps: 'failed',
  },
  '429 without retry-after': {
    stream: true,
    play: sends(head(429, { 'content-type': 'application/json', 'content-length': REFUSAL.length }), REFUSAL),
    sees: { status: 429, code: 'rate_limit_exceeded' },
    keeps: 'failed',
  },
  '502 with a page': {
    stream: true,
    play: sends(head(502, { 'content-type': 'text/html', 'content-length': 13 }), '<h1>Busy</h1>'),
    sees: { status: 502, code: null },
    keeps: 'failed',
  },
  '500 whose body breaks off': {
    stream: false,
    play: sendsAndResets(
      head(500, { 'content-type': 'application/json', 'content-length': 99 }),
      '{"error":',
    ),
    sees: { status: 500, code: null },
    keeps: 'failed',
  },

  'a stream that is reset before its head': {
    stream: true,
    play: (socket) => socket.resetAndDestroy(),
    sees: UNREACHABLE,
    keeps: 'failed',
  },
  'a stream that is reset after its head': {
    stream: true,
    play: sendsAndResets(STREAM_HEAD),
    sees: { events: [], code: 'upstream_unreachable' },
    keeps: 'interrupted',
  },
  'a stream that is reset between two events': {
    stream: true,
    play: sendsAndResets(STREAM_HEAD, piece(FIRST)),
    sees: { events: [FIRST], code: 'upstream_unreachable' },
    keeps: 'interrupted',
    text: 'Grü',
  },
  'a stream that is reset within an event': {
    stream: true,
    play: sendsAndResets(STREAM_HEAD, piece(FIRST), piece(SECOND.subarray(0, 30))),
    sees: { events: [FIRST], code: 'upstream_unreachable' },
    keeps: 'interrupted',
    text: 'Grü',
  },
  'a stream that is reset within a character': {
    stream: true,
    play: sendsAndResets(STREAM_HEAD, piece(Buffer.concat([Buffer.from(FIRST), CUT_CHARACTER]))),
    sees: { events: [FIRST], code: 'upstream_unreachable' },
    keeps: 'interrupted',
    text: 'Grü',
  },
  'a stream that is reset before its blank line': {
    stream: true,
    play: sendsAndResets(STREAM_HEAD, piece(FIRST.slice(0, -1))),
    sees: { events: [FIRST], code: 'upstream_unreachable' },
    // Kept is what was complete; then the error follows at once.
    seesIfKept: { events: [], code: 'upstream_unreachable' },
    keeps: 'interrupted',
  },
  'a stream that ends before its completion': {
    stream: true,
    play: sends(STREAM_HEAD, piece(FIRST), END),
    sees: { passes: FIRST },
    seesIfKept: { events: [FIRST], code: 'upstream_unreachable' },
    keeps: 'interrupted',
    text: 'Grü',
  },
  'a stream that says [DONE] and nothing else': {
    stream: true,
    play: sends(STREAM_HEAD, piece(DONE), END),
    sees: { passes: DONE },
    seesIfKept: { events: [], code: 'upstream_unreachable' },
    keeps: 'interrupted',
  },
  'an event that is no JSON': {
    stream: true,
    play: sends(STREAM_HEAD, piece(`${FIRST}data: {"id":\n\n${STOP}${DONE}`), END),
    sees: { passes: `${FIRST}data: {"id":\n\n${STOP}${DONE}` },
    seesIfKept: { events: [FIRST], code: 'upstream_invalid_answer' },
    keeps: 'interrupted',
    text: 'Grü',
  },
  'an error in the stream': {
    stream: true,
    play: sends(STREAM_HEAD, piece(`${FIRST}data: ${REFUSAL}\n\n${DONE}`), END),
    sees: { passes: `${FIRST}data: ${REFUSAL}\n\n${DONE}` },
    seesIfKept: { events: [FIRST], code: 'rate_limit_exceeded' },
    keeps: 'interrupted',
    text: 'Grü',
  },
  'a stream in gzip that is none': {
    stream: true,
    play: sends(head(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' }), FIRST),
    sees: { events: [], code: 'upstream_unreachable' },
    keeps: 'interrupted',
  },

  'no answer at all': {
    stream: false,
    play: sends(),
    limits: { firstByteTimeoutMs: LIMIT_MS },
    sees: TIMEOUT,
    keeps: 'failed',
  },
  'a head that comes by the letter': {
    stream: true,
    play: async (socket) => {
      // It never ends: undici may look a second late.
      for (const letter of `HTTP/1.1 200 OK\r\nx-slow: ${'z'.repeat(10_000)}`) {
        if (socket.destroyed) return;
        socket.write(letter);
        await setTimeout(LIMIT_MS / 50);
      }
    },
    limits: { firstByteTimeoutMs: LIMIT_MS },
    sees: TIMEOUT,
    keeps: 'failed',
  },
  'silence after the head': {
    stream: false,
    play: sends(JSON_HEAD),
    limits: { idleTimeoutMs: LIMIT_MS },
    sees: TIMEOUT,
    keeps: 'failed',
  },
  'silence within the body': {
    stream: false,
    play: sends(JSON_HEAD, piece('{"id":"x","cho')),
    limits: { idleTimeoutMs: LIMIT_MS },
    sees: 'reset',
    seesIfKept: TIMEOUT,
    keeps: 'failed',
  },
  'silence within an error': {
    stream: true,
    play: sends(head(429, { 'content-type': 'application/json', 'content-length': 99 }), '{"error":'),
    limits: { idleTimeoutMs: LIMIT_MS },
    sees: { status: 429, code: null },
    keeps: 'failed',
  },
  'a stream that is silent after its head': {
    stream: true,
    play: sends(STREAM_HEAD),
    limits: { idleTimeoutMs: LIMIT_MS },
    sees: { events: [], code: 'upstream_timeout' },
    keeps: 'interrupted',
  },
  'a stream that is silent between two events': {
    stream: true,
    play: sends(STREAM_HEAD, piece(FIRST)),
    limits: { idleTimeoutMs: LIMIT_MS },
    sees: { events: [FIRST], code: 'upstream_timeout' },
    keeps: 'interrupted',
    text: 'Grü',
  },
  'a stream that is silent within a character': {
    stream: true,
    play: sends(STREAM_HEAD, piece(FIRST), piece(CUT_CHARACTER)),
    limits: { idleTimeoutMs: LIMIT_MS },
    sees: { events: [FIRST], code: 'upstream_timeout' },
    keeps: 'interrupted',
    text: 'Grü',
  },
  'a stream that does not end in time': {
    stream: true,
    play: async (socket) => {
      socket.write(STREAM_HEAD);
      socket.write(piece(FIRST));
      while (!socket.destroyed) {
        await setTimeout(LIMIT_MS / 10);
        socket.write(piece('\n'));
      }
    },
    limits: { totalTimeoutMs: LIMIT_MS },
    sees: { events: [FIRST], code: 'upstream_timeout' },
    keeps: 'interrupted',
    text: 'Grü',
  },
};
