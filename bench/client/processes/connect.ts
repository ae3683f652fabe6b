// How a subject reaches what it shall get: a stream or a plain answer, over a socket or from memory.

import { findShape, toPath, type StreamPlan } from '../streams.ts';
import type { Connection } from '../subjects/subject.ts';
import { replayFetch } from './replay-fetch.ts';

/** Without a stream, a plain call. */
export function connect(origin: string, stream?: StreamPlan, signal?: AbortSignal): Connection {
  const isReplayed = stream !== undefined && findShape(stream.shape).from === 'memory';
  return {
    baseURL: `${origin}/${stream === undefined ? 'v1' : toPath(stream)}`,
    fetch: isReplayed ? replayFetch(stream) : globalThis.fetch,
    signal,
  };
}
