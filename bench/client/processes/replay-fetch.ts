// A `fetch` that needs no network: what a read of its body brings is exactly what the shape says. Over a socket, the
// platform's own `fetch` joins the packets that are waiting.

import { toPackets, type StreamPlan } from '../streams.ts';

export function replayFetch(plan: StreamPlan): typeof fetch {
  const packets = toPackets(plan);
  return async () => {
    let next = 0;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        const packet = packets[next];
        next += 1;
        if (packet === undefined) controller.close();
        else controller.enqueue(packet as Uint8Array<ArrayBuffer>);
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
}
