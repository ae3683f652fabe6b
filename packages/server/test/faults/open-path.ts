import type { TestContext } from 'node:test';

import { startServer, upstreamAt } from '../start-server.ts';
import { startRawUpstream, type Play } from './raw-upstream.ts';

/** A server before an upstream that does no more than `play` says. */
export async function openPath(t: TestContext, play: Play) {
  const upstream = await startRawUpstream(t, play);
  const server = await startServer(t, { upstreams: [upstreamAt(upstream.baseURL)] });
  return { upstream, server, url: `${server.baseURL}/chat/completions` };
}
