import { nodeFetch } from '@colloquy/client/node';

import { open as openColloquy } from './colloquy.ts';
import type { Connection, Subject } from './subject.ts';

/** Over node:http; what is handed out from memory would not show it. */
export function open(connection: Connection): Subject {
  if (connection.fetch !== globalThis.fetch) return {};
  return openColloquy({ ...connection, fetch: nodeFetch });
}
