// The server of the measurements, in a process of its own, so that its work is not counted: it writes prepared bytes.
// Sends its port to its parent.

import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

import { COMPLETION } from '../completion.ts';
import { findShape, toPackets, toPath, toPlan, type StreamPlan } from '../streams.ts';

const completion = JSON.stringify(COMPLETION);
const packetsByPath = new Map<string, Buffer[]>();

const server = createServer(async (request, response) => {
  request.resume();
  await once(request, 'end');
  const plan = toPlan(request.url ?? '');
  if (plan !== undefined) await stream(response, plan);
  else response.writeHead(200, { 'content-type': 'application/json' }).end(completion);
});
// Idle connections stay open while other clients have their turn.
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());

async function stream(response: ServerResponse, plan: StreamPlan): Promise<void> {
  const path = toPath(plan);
  let packets = packetsByPath.get(path);
  if (packets === undefined) packetsByPath.set(path, (packets = toPackets(plan)));
  const { pauseMs } = findShape(plan.shape);
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  for (const packet of packets) {
    if (!response.write(packet)) await once(response, 'drain');
    if (pauseMs !== undefined) await wait(pauseMs);
  }
  response.end();
}
