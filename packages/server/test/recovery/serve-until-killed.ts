// Serves until it is killed, and prints its URL. Arguments: the store, a folder or the URL of a database; the upstream; how
// long a tick of the journal is.

import { startServer, upstreamAt } from '../start-server.ts';

const [place = '', upstream = '', tickMs] = process.argv.slice(2);
const store = place.startsWith('postgres:') ? { storeUrl: place, dataDir: '' } : { dataDir: place };
const forEver = { after: () => undefined };
const { url } = await startServer(
  forEver,
  { ...store, upstreams: [upstreamAt(upstream)] },
  { tickMs: Number(tickMs) },
);
process.stdout.write(`${url}\n`);
