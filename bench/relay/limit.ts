// L, the limit for Node: what any relay does, and nothing else. It looks into nothing, checks nothing, logs nothing.

import { createBareServer } from './bare-server.ts';
import { listen } from './listen.ts';
import { passOn } from './pass-on.ts';

listen(createBareServer(passOn));
