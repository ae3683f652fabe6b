// What both must do alike: the runtime's fetch is the measure of the one on node:http.

import { nodeFetch } from '../../src/node/index.ts';

export const TRANSPORTS: readonly { name: string; send: typeof globalThis.fetch }[] = [
  { name: 'fetch', send: globalThis.fetch },
  { name: 'nodeFetch', send: nodeFetch },
];
