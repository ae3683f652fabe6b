// The program on Node over node:http: given the base URL, it prints what the runtime calls itself.

import { nodeFetch } from '@colloquy/client/node';

import { program } from './program.ts';
import { userAgent } from './user-agent.ts';

await program(process.argv[2] ?? '', nodeFetch);
console.log(userAgent());
