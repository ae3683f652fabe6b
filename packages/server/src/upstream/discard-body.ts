import type { AnswerBody } from './upstream.ts';

/** An error page is smaller, and comes at once; beyond these, a new connection is cheaper. */
const MAX_BYTES = 65_536;
const MAX_MS = 1000;

/** Reads what nobody wants to its end, so that its connection can serve the next call; gives up where that takes long. */
export function discardBody(body: AnswerBody): void {
  let length = 0;
  const timer = setTimeout(() => body.cancel(), MAX_MS).unref();
  const read = body.deliver((bytes) => {
    length += bytes.length;
    if (length > MAX_BYTES) body.cancel();
    return undefined;
  });
  read.catch(() => undefined).finally(() => clearTimeout(timer));
}
